# SPDX-License-Identifier: GPL-3.0-or-later
"""``validate`` and ``export`` as commands, and both after a real run of the worker."""

from __future__ import annotations

import json
import sys

import pytest

from synthdata_addon.__main__ import main
from synthdata_addon.core import protocol
from synthdata_addon.core.errors import RunnerError
from synthdata_addon.core.protocol import Done
from synthdata_addon.core.spec import JobSpec, LabelsSpec, PassesSpec
from synthdata_addon.exports.registry import export_folder
from synthdata_addon.runner.client import run_command
from synthdata_addon.runner.validation.check import validate
from tests.exports.scene import make_scene
from tests.runner_runs import of, run_here
from tests.synthetic_dataset import make_dataset

YOLO = ("YOLO_DETECT", "YOLO_SEGMENT")


@pytest.fixture
def dataset(tmp_path):
    scene = make_scene(tmp_path / "dataset")
    scene.finish()
    return scene.folder


def test_validate_says_what_is_wrong_and_ends_with_1(dataset, capsys):
    assert main(["validate", str(dataset.root)]) == 0
    assert capsys.readouterr().out.endswith("6 COCO files: no fault.\n")
    dataset.full("masks/instance/000000.png").unlink()
    assert main(["validate", str(dataset.root)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "masks/instance/000000.png: The file is not there. [file.missing]"
    assert out[-1].endswith(": 1 fault.")


def test_export_adds_formats_to_a_dataset_that_asked_for_none(dataset, capsys):
    assert main(["export", str(dataset.root), "bop", "imagefolder", "BOP"]) == 0
    assert capsys.readouterr().out.count("11 pictures in ") == 2
    assert export_folder(dataset, "BOP").is_dir()
    assert not export_folder(dataset, "YOLO_DETECT").exists()
    assert main(["validate", str(dataset.root)]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "DATASET", "voc"], "There is no export called 'voc'. Known are: yolo_detect"),
        (["export", "DATASET/none", "bop"], "has no job.json"),
    ],
)
def test_what_export_cannot_do_is_one_sentence(dataset, capsys, arguments, words):
    assert main([text.replace("DATASET", str(dataset.root)) for text in arguments]) == 1
    assert words in capsys.readouterr().err


def test_the_commands_run_in_the_runners_python(dataset, capfd):
    assert run_command(sys.executable, ["validate", str(dataset.root)]) == 0
    assert "no fault" in capfd.readouterr().out
    assert run_command(sys.executable, ["export", str(dataset.root), "bap"]) == 1
    assert run_command(sys.executable, ["validate", "--help"]) == 0
    with pytest.raises(RunnerError, match="cannot be started"):
        run_command("no-such-python", ["validate", str(dataset.root)])


def test_the_worker_ends_with_the_exports_and_a_dataset_without_fault(tmp_path):
    labels = LabelsSpec(polygons=True, panoptic=True, captions=True)
    spec = JobSpec(seed=1, width=64, height=48, passes=PassesSpec(keep=True), labels=labels, exports=YOLO)
    folder = make_dataset(tmp_path / "dataset", spec, 5)
    said = run_here(folder)
    assert of(protocol.Warning, said) == []
    assert of(Done, said)[0].labelled == 5
    found = validate(folder.root)
    assert found.lines() == [
        "Checked 5 views, 15 annotations, 25 pictures, 5 pass files, 6 COCO files, 2 exports: no fault.",
    ]
    folder.full("passes/000003.exr").write_bytes(folder.full("passes/000003.exr").read_bytes()[:5000])
    folder.full("passes/000002.exr").unlink()
    assert validate(folder.root).counts == {"file.unreadable": 1, "file.missing": 1}


def test_a_picture_that_is_gone_is_a_warning_at_the_end_of_a_run(tmp_path):
    folder = make_dataset(tmp_path / "dataset", JobSpec(seed=1, width=64, height=48), 2)
    run_here(folder)
    job = json.loads(folder.job_file.read_text(encoding="utf-8"))
    job["job"]["exports"] = ["YOLO_DETECT"]
    folder.job_file.write_text(json.dumps(job), encoding="utf-8")
    folder.full("control/depth/000001.png").unlink()
    notes = [
        message.message
        for message in of(protocol.Warning, run_here(folder))
        if message.code == "exports.left_out"
    ]
    assert notes == ["The export yolo_detect leaves out pictures whose file is gone (1)."]
