# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a model without loading it: bad ones are refused before the first render."""

from __future__ import annotations

import json
import math

import pytest

from synthdata_addon.core import models
from synthdata_addon.core.controls import ControlSpec
from synthdata_addon.core.errors import ModelError
from synthdata_addon.core.model_check import check_model
from synthdata_addon.core.spec import ModelSpec


def weights(shapes):
    """A .safetensors file of zeros."""
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(end)


def make_pipeline(folder, width=768):
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    (folder / "unet" / "config.json").write_text(json.dumps({"cross_attention_dim": width}))
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(weights({"a": [75_000]}))
    return folder


def make_control(folder, width=768, kind="ControlNetModel"):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"_class_name": kind, "cross_attention_dim": width}))
    return folder


def spec(base, control=None, **more):
    controls = () if control is None else (ControlSpec("depth", str(control)),)
    return ModelSpec(path=str(base), controls=controls, **more)


def refused(model):
    with pytest.raises(ModelError) as caught:
        check_model(model)
    assert caught.value.hint
    return caught.value


def test_a_matching_pair_is_fine(tmp_path):
    check_model(spec(make_pipeline(tmp_path / "sd"), make_control(tmp_path / "depth")))


@pytest.mark.parametrize("name", ["extra_conditioning_channels", "extra_condition_channels"])
def test_a_controlnet_for_inpainting_reads_no_control_image(name, tmp_path):
    net = make_control(tmp_path / "depth")
    config = json.loads((net / "config.json").read_text())
    (net / "config.json").write_text(json.dumps({**config, name: 0}))
    check_model(spec(make_pipeline(tmp_path / "sd"), net))
    (net / "config.json").write_text(json.dumps({**config, name: 1}))
    error = refused(spec(tmp_path / "sd", net))
    assert (error.code, "for inpainting" in error.message) == ("model.not_a_controlnet", True)


def test_hub_ids_are_let_through():
    check_model(spec("stable-diffusion-v1-5/stable-diffusion-v1-5", "lllyasviel/control_v11f1p_sd15_depth"))


def test_a_single_file_is_fine_when_it_exists(tmp_path):
    file = tmp_path / "photo real v2.safetensors"
    assert refused(spec(file, "org/name")).code == "model.not_found"
    file.write_bytes(b"x")
    assert refused(spec(file, "org/name")).code == "model.spoilt"
    file.write_bytes(weights({"model.diffusion_model.input_blocks.0.0.weight": [4, 4, 3, 3]}))
    check_model(spec(file, "org/name"))


def test_a_folder_that_is_not_a_pipeline(tmp_path):
    error = refused(spec(tmp_path, "org/name"))
    assert error.code == "model.not_a_pipeline"
    assert str(tmp_path) in error.message


@pytest.mark.parametrize(
    "name", ["/no/such/folder", "models/gone/deep", "C:\\models\\sd15", "sd15.ckpt", "./here", "one"]
)
def test_a_path_that_is_not_there(name):
    error = refused(spec(name, "org/name"))
    assert error.code == "model.not_found"
    assert name in error.message


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "sd.ckpt").write_bytes(b"x")
    assert refused(spec(tmp_path / "sd.ckpt", "org/name")).code == "model.not_a_pipeline"


def test_a_control_folder_without_a_config(tmp_path):
    base = make_pipeline(tmp_path / "sd")
    (tmp_path / "empty").mkdir()
    error = refused(spec(base, tmp_path / "empty"))
    assert (error.code, "no config.json" in error.message) == ("model.not_a_controlnet", True)


def test_a_control_folder_of_another_class(tmp_path):
    base = make_pipeline(tmp_path / "sd")
    error = refused(spec(base, make_control(tmp_path / "t2i", kind="T2IAdapter")))
    assert (error.code, "T2IAdapter" in error.message) == ("model.not_a_controlnet", True)


def test_a_controlnet_of_another_family(tmp_path):
    error = refused(spec(make_pipeline(tmp_path / "sd"), make_control(tmp_path / "sd2", width=1024)))
    assert error.code == "model.control_mismatch"
    assert "1024" in error.message
    assert "768" in error.message


def test_a_spoilt_config(tmp_path):
    base = make_pipeline(tmp_path / "sd")
    (base / "unet" / "config.json").write_text("{")
    assert refused(spec(base, "org/name")).code == "model.not_a_pipeline"


def test_a_model_without_controlnets(tmp_path):
    assert refused(spec(make_pipeline(tmp_path / "sd"))).code == "model.no_control"


def test_a_folders_recommendations_fill_in_what_the_request_leaves_open(tmp_path):
    base = make_pipeline(tmp_path / "sd")
    make_control(base / "controlnet" / "depth")
    recommended = {
        "controls": [{"kind": "depth", "model": "controlnet/depth", "scale": 0.9}],
        "steps": 8,
        "guidance_scale": 1.5,
        "width": 256,
        "height": 256,
        "styles": [{"name": "Snow", "prompt": "snow"}],
        "trained": "a key of the maker's own",
    }
    (base / "synthdata.json").write_text(json.dumps(recommended))
    model = models.resolve(ModelSpec(path=str(base)))
    assert model.controls == (ControlSpec("depth", str(base / "controlnet" / "depth"), 0.9, 0.0, 1.0),)
    assert (model.steps, model.guidance_scale) == (8, 1.5)
    check_model(ModelSpec(path=str(base)))
    assert models.read_defaults(base).styles[0].prompt == "snow"
    own = models.resolve(
        ModelSpec(path=str(base), steps=30, guidance_scale=0.0, controls=(ControlSpec("normal", "a/b"),))
    )
    assert (own.steps, own.guidance_scale, own.controls[0].model) == (30, 0.0, "a/b")
    assert models.resolve(own) == own


def test_without_recommendations_stable_diffusions_usual_values_hold(tmp_path):
    model = models.resolve(spec(make_pipeline(tmp_path / "sd"), "org/name"))
    assert (model.steps, model.guidance_scale) == (20, 7.5)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"steps": "many"}', '{"controls": [{"kind": "pose", "model": "x"}]}']
)
def test_spoilt_recommendations(tmp_path, text):
    base = make_pipeline(tmp_path / "sd")
    (base / "synthdata.json").write_text(text)
    assert refused(spec(base, "org/name")).code == "model.bad_defaults"


def test_a_package_without_the_embedded_model_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "embedded_path", lambda: tmp_path / "none")
    error = refused(ModelSpec())
    assert error.code == "model.not_found"
    assert "quick-look" in error.message


def test_an_empty_path_is_the_embedded_model(tmp_path, monkeypatch):
    base = make_pipeline(tmp_path / "quick_look")
    monkeypatch.setattr(models, "embedded_path", lambda: base)
    assert models.resolve(ModelSpec()).path == str(base)


def test_the_revision_changes_with_the_files_and_only_with_them(tmp_path):
    base, control = make_pipeline(tmp_path / "sd"), make_control(tmp_path / "depth")
    model = spec(base, control)
    first = models.revision(model)
    assert len(first) == 12
    assert models.revision(model) == first
    weights = base / "unet" / "diffusion_pytorch_model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[150_000] = 1
    weights.write_bytes(changed)
    second = models.revision(model)
    (control / "config.json").write_text((control / "config.json").read_text() + "\n")
    assert len({first, second, models.revision(model)}) == 3
    assert models.revision(spec("org/a", "org/b")) != models.revision(spec("org/a", "org/c"))


UNET = "model.diffusion_model.input_blocks.0.0.weight"
DEEP = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
FLUX = "double_blocks.0.img_attn.norm.key_norm.scale"
HEADERS = [
    ("sd15", {UNET: [320, 4, 3, 3], DEEP: [640, 768]}),
    ("sd15", {UNET: [320, 4, 3, 3], DEEP: [640, 1024]}),
    ("sdxl", {UNET: [320, 4, 3, 3], DEEP: [640, 2048]}),
    ("sdxl", {UNET: [320, 4, 3, 3], "conditioner.embedders.1.model.ln_final.weight": [8]}),
    ("sd3", {"model.diffusion_model.joint_blocks.0.context_block.adaLN_modulation.1.bias": [8]}),
    ("flux", {FLUX: [128], "img_in.weight": [3072, 64]}),
    ("flux", {f"model.diffusion_model.{FLUX}": [128], "model.diffusion_model.img_in.weight": [3072, 64]}),
    ("flux_control", {FLUX: [128], "img_in.weight": [3072, 128]}),
    ("zimage", {"layers.0.adaLN_modulation.0.weight": [8, 8], "cap_embedder.1.weight": [8, 8]}),
    ("flux", {"single_transformer_blocks.0.proj_mlp.weight": [8, 8], "x_embedder.weight": [8, 64]}),
    ("flux_control", {"single_transformer_blocks.0.proj_mlp.weight": [8, 8], "x_embedder.weight": [8, 128]}),
    ("qwen", {"txt_norm.weight": [8], "img_in.weight": [8, 64]}),
    (None, {"blocks.0.weight": [8]}),
]


@pytest.mark.parametrize(("family", "shapes"), HEADERS)
def test_a_single_files_family_is_read_from_the_names_of_its_weights(family, shapes, tmp_path):
    file = tmp_path / "model.safetensors"
    small = {
        name: shape if name.endswith(("to_k.weight", "img_in.weight", "x_embedder.weight")) else [1]
        for name, shape in shapes.items()
    }
    file.write_bytes(weights(small))
    assert models.family(spec(file, "org/name")) == family
    if family is None:
        assert refused(spec(file, "org/name")).code == "model.unknown_family"
        check_model(spec(file, "org/name", family="sd15"))


@pytest.mark.parametrize(
    ("pipeline", "family"),
    [
        ("StableDiffusionPipeline", "sd15"),
        ("StableDiffusionXLPipeline", "sdxl"),
        ("StableDiffusionXLControlNetImg2ImgPipeline", "sdxl"),
        ("StableDiffusion3Pipeline", "sd3"),
        ("FluxPipeline", "flux"),
        ("FluxControlNetPipeline", "flux"),
        ("FluxControlPipeline", "flux_control"),
        ("QwenImagePipeline", "qwen"),
        ("ZImagePipeline", "zimage"),
        ("AuraFlowPipeline", None),
        ("Flux2Pipeline", None),
    ],
)
def test_a_folders_family_is_the_pipeline_it_names(pipeline, family, tmp_path):
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    assert models.family(spec(tmp_path)) == family
    if family is None:
        error = refused(spec(tmp_path, "org/name"))
        assert (error.code, pipeline in error.message) == ("model.unknown_family", True)


def test_a_union_controlnet_makes_xl_a_family_of_its_own(tmp_path):
    base = tmp_path / "xl"
    base.mkdir()
    (base / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    for kind, family in (("ControlNetModel", "sdxl"), ("ControlNetUnionModel", "sdxl_union")):
        assert models.family(spec(base, make_control(tmp_path / kind, kind=kind))) == family
