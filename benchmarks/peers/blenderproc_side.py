# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison's BlenderProc: a script as its documentation has them, in Blender as a Python module.

BlenderProc 2.8 expects to be started by its own command inside of a Blender that it downloaded. Here it finds what it
looks for in a folder laid out like one, with its packages installed at the versions it asks for; nothing of it is
changed but for one line of ``init`` that sets a language, which the module has not. The request comes on stdin.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.peers.process import leave, say

PINNED = ("pyyaml", "imageio", "gitpython", "scikit-image", "pypng", "scipy", "matplotlib", "pytz", "h5py")
PINNED += (
    "pillow",
    "opencv-contrib-python",
    "scikit-learn",
    "python-dateutil",
    "rich",
    "trimesh",
    "pyrender",
)


def import_blenderproc(scratch: Path) -> Any:
    """Return the ``blenderproc`` module, imported as inside of its own Blender."""
    from importlib.metadata import version

    packages = Path(sysconfig.get_paths()["purelib"])
    custom = scratch / "blender" / "custom-python-packages"
    site = custom / "lib" / "python3.11" / "site-packages"
    site.parent.mkdir(parents=True)
    site.symlink_to(packages, target_is_directory=True)
    # It keeps a list of what it has installed; "wheel" is only needed to install the others.
    installed = {name: version(name) for name in PINNED} | {"wheel": "0"}
    (custom / "installed_packages_cache_v2.json").write_text(json.dumps(installed), encoding="utf-8")
    executable, arguments = sys.executable, sys.argv
    sys.executable = str(scratch / "blender" / "4.2" / "python" / "bin" / "python3.11")
    sys.argv = ["blender", "--background", "--", __file__, str(scratch / "temp")]
    os.environ["INSIDE_OF_THE_INTERNAL_BLENDER_PYTHON_ENVIRONMENT"] = "1"
    sys.path.append(str(packages))  # it takes the first mention of this folder away
    try:
        import blenderproc
    finally:
        sys.executable, sys.argv = executable, arguments
    return blenderproc


def init(bproc: Any, *, clean: bool) -> None:
    """Do what ``bproc.init`` does, but for the language."""
    from blenderproc.python.renderer import RendererUtility
    from blenderproc.python.utility.Initializer import _Initializer

    if clean:
        bproc.clean_up(clean_up_camera=True)
    bpy.context.scene.render.engine = "CYCLES"
    RendererUtility.set_render_devices()
    _Initializer.set_default_parameters()


def open_room(bproc: Any, file: Path, poses: list[Any], lens: float) -> None:
    """Load the benchmark's scene by BlenderProc's loader, and give it the camera poses."""
    init(bproc, clean=True)
    bproc.loader.load_blend(str(file), obj_types=["mesh", "light"])
    bproc.camera.set_intrinsics_from_blender_params(lens=lens, lens_unit="MILLIMETERS", clip_start=0.1)
    for pose in poses:
        bproc.camera.add_camera_pose(pose)


def open_truth(bproc: Any, file: Path) -> None:
    """Keep the truth scene whole, which shows more than the loader would bring: copies, curves, its camera."""
    bpy.ops.wm.open_mainfile(filepath=str(file), load_ui=False)
    camera = bpy.context.scene.camera.data
    scale = camera.ortho_scale
    init(bproc, clean=False)
    camera.type, camera.ortho_scale = "ORTHO", scale
    bpy.context.scene.frame_start = bpy.context.scene.frame_end = 0
    bproc.camera.add_camera_pose(bpy.context.scene.camera.matrix_world.copy())


def set_cost(bproc: Any, samples: int) -> None:
    """Set what a picture costs; 0 samples: as little as the renderer can do when only labels are wanted."""
    bproc.renderer.set_denoiser(None)
    bproc.renderer.set_max_amount_of_samples(max(1, samples))
    if samples == 0:
        bproc.renderer.set_light_bounces(0, 0, 0, 0, 0, 8, 0)


def enable_outputs(bproc: Any, *, everything: bool) -> None:
    """Ask for what is compared: depth, normals, instance and class masks; on the truth scene only the masks."""
    if everything:
        bproc.renderer.enable_depth_output(activate_antialiasing=False)
        bproc.renderer.enable_normals_output()
    bproc.renderer.enable_segmentation_output(
        map_by=["category_id", "instance", "name"], default_values={"category_id": 0}
    )


def render(bproc: Any) -> dict[str, Any]:
    """Render all views; marks at each and at the last, then BlenderProc reads all its files."""
    handlers = bpy.app.handlers
    handlers.render_post.append(lambda *_: say("view"))
    handlers.render_complete.append(lambda *_: say("rendered"))
    try:
        return bproc.renderer.render()
    finally:
        # One that is left over keeps the module from ending.
        handlers.render_post.clear()
        handlers.render_complete.clear()


def run(asked: dict[str, Any], scratch: Path) -> None:
    """Import, load, render, write; a mark after each."""
    output = Path(asked["output"])
    output.mkdir(parents=True)
    bproc = import_blenderproc(scratch)
    say("imported")
    if asked["poses"]:
        open_room(bproc, Path(asked["scene"]), asked["poses"], asked["lens"])
    else:
        open_truth(bproc, Path(asked["scene"]))
    bproc.camera.set_resolution(*asked["size"])
    set_cost(bproc, asked["samples"])
    enable_outputs(bproc, everything=bool(asked["poses"]))
    say("ready")
    data = render(bproc)
    say("loaded")
    if asked["poses"]:
        bproc.writer.write_hdf5(str(output / "hdf5"), data)
    say("written")
    bproc.writer.write_coco_annotations(
        str(output / "coco"),
        instance_segmaps=data["instance_segmaps"],
        instance_attribute_maps=data["instance_attribute_maps"],
        colors=data["colors"],
    )
    say("done")


if __name__ == "__main__":
    request = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(dir=Path(request["output"]).parent) as folder:
        run(request, Path(folder))
    leave()
