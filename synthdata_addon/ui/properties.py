# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that live in the .blend: the scene's job, and what goes onto Blender's types. Enum numbers: append only."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..blender.compat import PATH_OPTIONS
from ..core.controls import OTHERS
from ..core.spec import JobSpec
from ..core.sweep_spec import SweepSpec
from . import (
    label_properties,
    model_properties,
    populate_properties,
    style_properties,
    sweep_properties,
    variation_properties,
)
from .label_properties import (
    SynthDataCollection,
    SynthDataInfo,
    SynthDataLabels,
    SynthDataMaterial,
    SynthDataObject,
)
from .model_properties import SynthDataControl, SynthDataDiffusion
from .populate_properties import SynthDataPopulate
from .style_properties import SynthDataFidelity, SynthDataPrompts
from .sweep_properties import KINDS, SynthDataSweep
from .units import DISTANCE, FOCAL_LENGTH, angle
from .variation_properties import SynthDataVariation

_DEFAULT = JobSpec()
_SWEEP = SweepSpec()
_KINDS = {
    "segmentation": ("Segmentation", "What each thing is, in the colors of ADE20K"),
    "canny": ("Canny", "White lines one pixel wide on black"),
    "softedge": ("Soft Edge", "White soft edges on black, as HED and PiDiNet draw them"),
    "lineart": ("Line Art", "White lines on black, as a pen draws them"),
    "instances": ("Instances", "A color for each instance, as masks of Segment Anything have it"),
    "depth_zoe": ("Depth (Zoe)", "Linear depth, stretched for each view as ZoeDepth's is"),
    "depth_leres": ("Depth (LeReS)", "Linear depth over the range of the sweep, as LeReS's is"),
}
# Not in the property: Blender evaluates that line where a comprehension sees no names of this file.
_KIND_ITEMS = [(kind, *_KINDS[kind], 1 << number) for number, kind in enumerate(OTHERS)]


class SynthDataStyle(bpy.types.PropertyGroup):
    """One look that every view is pictured in."""

    name: StringProperty(name="Name", description="Name of the style; it becomes part of the file names")
    enabled: BoolProperty(name="Enabled", description="Make pictures in this style", default=True)
    prompt: StringProperty(name="Prompt", description="What the picture should look like")
    negative_prompt: StringProperty(
        name="Negative Prompt", description="What the picture should not look like"
    )
    kind: EnumProperty(
        name="Made By",
        description="What makes the pictures of this style",
        items=[
            ("DIFFUSION", "Diffusion", "The model, from the prompt", 0),
            ("RENDER", "Finished Render", "The finished render as it is, to compare with. Needs Beauty", 1),
            (
                "PASTE",
                "Cut and Paste",
                "Labelled things cut out of the finished render, on another background. Needs Beauty",
                2,
            ),
        ],
    )
    background: StringProperty(
        name="Background",
        description="What is pasted onto: the name of a style above this one, or a folder of pictures",
    )


class SynthDataScene(bpy.types.PropertyGroup):
    """The job as the panel shows it; ``ui.settings`` turns it into a ``JobSpec`` and back."""

    output: StringProperty(
        name="Output",
        description="The dataset's folder",
        default="//dataset",
        subtype="DIR_PATH",
        options=PATH_OPTIONS,
    )
    seed: StringProperty(
        name="Seed", description="Whole number that decides every random choice", default=str(_DEFAULT.seed)
    )
    width: IntProperty(
        name="Resolution X",
        description="Number of horizontal pixels in the pictures",
        default=_DEFAULT.width,
        min=16,
        max=16384,
        step=8,
        subtype="PIXEL",
    )
    height: IntProperty(
        name="Resolution Y",
        description="Number of vertical pixels in the pictures",
        default=_DEFAULT.height,
        min=16,
        max=16384,
        step=8,
        subtype="PIXEL",
    )
    val_fraction: FloatProperty(
        name="Validation",
        description="Share of the views that goes to the validation split, with all their styles",
        default=_DEFAULT.val_fraction,
        min=0.0,
        max=0.5,
        subtype="FACTOR",
    )
    depth_near: FloatProperty(
        name="Depth Near",
        description="Distance shown white in depth images; 0: measured",
        min=0.0,
        **DISTANCE,
    )
    depth_far: FloatProperty(
        name="Depth Far",
        description="Distance shown black in depth images; 0: measured",
        min=0.0,
        **DISTANCE,
    )
    sweep: EnumProperty(
        name="Sweep",
        description="Where the views are taken from",
        items=KINDS,
        default=_SWEEP.kind,
    )
    views: IntProperty(
        name="Views", description="Number of views", default=_SWEEP.views, min=1, max=1_000_000
    )
    target: PointerProperty(
        name="Target",
        description="Object to look at; empty: the middle of all labelled objects",
        type=bpy.types.Object,
    )
    radius: FloatProperty(
        name="Radius",
        description="Distance of the cameras from the target; 0: fits the target",
        min=0.0,
        **DISTANCE,
    )
    elevation: angle("Elevation", "Angle of the orbit above the horizon", _SWEEP.elevation, -90.0, 90.0)
    elevation_min: angle("Elevation Min", "Lowest elevation of the dome", _SWEEP.elevation_min, -90.0, 90.0)
    elevation_max: angle("Elevation Max", "Highest elevation of the dome", _SWEEP.elevation_max, -90.0, 90.0)
    azimuth_start: angle(
        "Start Angle", "Direction of the first camera, counted from +X towards +Y", _SWEEP.azimuth_start
    )
    azimuth_range: angle("Arc", "How far round the orbit goes", _SWEEP.azimuth_range, 0.0, 360.0)
    units: IntProperty(
        name="Units",
        description="1 if angles are kept in radians; files of the first builds have degrees",
        options={"HIDDEN"},
    )
    jitter: FloatProperty(
        name="Jitter",
        description="How far cameras stray from their even places",
        default=_SWEEP.jitter,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    lens: FloatProperty(
        name="Focal Length",
        description="Focal length of the cameras, on a sensor 36 mm wide",
        default=_SWEEP.lens,
        min=1.0,
        max=5000.0,
        soft_max=200.0,
        **FOCAL_LENGTH,
    )
    use_scene_frames: BoolProperty(
        name="Scene's Frame Range", description="Take the frame range of the scene", default=True
    )
    frame_start: IntProperty(
        name="Start Frame", description="Frame of the first view", default=_SWEEP.frame_start, subtype="TIME"
    )
    frame_end: IntProperty(
        name="End Frame",
        description="Frame that no view lies behind",
        default=_SWEEP.frame_end,
        subtype="TIME",
    )
    frame_step: IntProperty(
        name="Frame Step",
        description="Take every n-th frame",
        default=_SWEEP.frame_step,
        min=1,
        subtype="TIME",
    )
    beauty: BoolProperty(
        name="Beauty",
        description="Also render the finished picture by the scene's own engine. Costs some hundred times more than "
        "the labels",
    )
    beauty_samples: IntProperty(
        name="Samples",
        description="Samples of the finished picture",
        default=_DEFAULT.passes.beauty_samples,
        min=1,
        max=65536,
    )
    cryptomatte: BoolProperty(name="Cryptomatte", description="Also write Cryptomatte object passes")
    extend: BoolProperty(
        name="Extend",
        description="Make the dataset in the folder larger: more views (new ones go between those that are there), "
        "styles at the end of the list, more exports. What is there stays as it is",
        options={"SKIP_SAVE"},
    )
    keep_passes: BoolProperty(
        name="Keep EXR Files",
        description="Keep every view's multilayer EXR after it is labelled: depth, normals, ids",
        default=_DEFAULT.passes.keep,
    )
    control_kinds: EnumProperty(
        name="Control Images",
        description="Control images that every view gets, whether or not a ControlNet of this job reads them",
        options={"ENUM_FLAG"},
        items=_KIND_ITEMS,
    )
    canny_from: EnumProperty(
        name="Canny From",
        description="What Canny edges are drawn from",
        items=[
            ("GEOMETRY", "Geometry", "Outlines and edges of the surface, without shadows and textures", 0),
            ("BEAUTY", "Finished Picture", "Whatever the finished picture shows. Needs Beauty", 1),
        ],
        default=_DEFAULT.control_images.canny_from,
    )
    segmentation: StringProperty(
        name="ADE20K Classes",
        description="What categories are in segmentation images, such as: mug: glass, teddy: plaything. "
        "Common words are known already",
    )
    unlabelled: StringProperty(
        name="Rest Is",
        description="ADE20K class of all other pixels in segmentation images, such as wall; empty: black",
    )
    labels: PointerProperty(name="Labels", type=SynthDataLabels)
    sweep_settings: PointerProperty(name="Sweep Settings", type=SynthDataSweep)
    variation: PointerProperty(name="Variation", type=SynthDataVariation)
    populate: PointerProperty(name="Populate", type=SynthDataPopulate)
    exports: EnumProperty(
        name="Exports",
        description="Formats that are written beside COCO",
        options={"ENUM_FLAG"},
        items=[
            ("YOLO_DETECT", "YOLO Boxes", "YOLO's text files with boxes", 1),
            ("YOLO_SEGMENT", "YOLO Outlines", "YOLO's text files with outlines", 2),
            ("BOP", "BOP Poses", "BOP's folders with poses, masks and visible shares", 4),
            ("IMAGEFOLDER", "Image Folder", "Metadata that Hugging Face's imagefolder reads", 8),
        ],
    )
    info: PointerProperty(name="Info", type=SynthDataInfo)
    use_styles: BoolProperty(
        name="Stylize", description="Make pictures with a diffusion model and ControlNets", default=True
    )
    styles: CollectionProperty(
        name="Styles", description="Looks that every view is pictured in", type=SynthDataStyle
    )
    active_style: IntProperty(name="Active Style", description="The style that is shown below the list")
    prompts: PointerProperty(name="Prompts", type=SynthDataPrompts)
    fidelity: PointerProperty(name="Fidelity", type=SynthDataFidelity)
    model: EnumProperty(
        name="Model",
        description="What makes the pictures",
        items=[
            (
                "EMBEDDED",
                "Embedded",
                "The small model that comes with SynthData, for a quick look",
                0,
            ),
            ("CUSTOM", "Own Model", "A diffusion model with ControlNets of your own choice", 1),
        ],
    )
    model_path: StringProperty(
        name="Base Model",
        description="Folder, hub id or .safetensors file of a model: Stable Diffusion 1.5, XL or 3.5, FLUX.1, "
        "Qwen-Image or Z-Image",
    )
    control_depth: PointerProperty(name="Depth", type=SynthDataControl)
    control_normal: PointerProperty(name="Normal", type=SynthDataControl)
    control_segmentation: PointerProperty(name="Segmentation", type=SynthDataControl)
    control_canny: PointerProperty(name="Canny", type=SynthDataControl)
    control_softedge: PointerProperty(name="Soft Edge", type=SynthDataControl)
    control_lineart: PointerProperty(name="Line Art", type=SynthDataControl)
    control_instances: PointerProperty(name="Instances", type=SynthDataControl)
    control_depth_zoe: PointerProperty(name="Depth (Zoe)", type=SynthDataControl)
    control_depth_leres: PointerProperty(name="Depth (LeReS)", type=SynthDataControl)
    diffusion: PointerProperty(name="Diffusion", type=SynthDataDiffusion)
    steps: IntProperty(
        name="Steps", description="Diffusion steps; 0: as the model recommends", min=0, max=1000
    )
    guidance_scale: FloatProperty(
        name="Guidance",
        description="How strictly the prompt is followed; -1: as the model recommends",
        default=-1.0,
        min=-1.0,
        max=100.0,
    )
    device: EnumProperty(
        name="Device",
        description="Where diffusion runs",
        items=[
            ("auto", "Automatic", "The GPU if there is one", 0),
            ("cpu", "CPU", "The processor", 1),
            ("cuda", "CUDA", "An NVIDIA or AMD GPU", 2),
            ("mps", "Metal", "An Apple GPU", 3),
        ],
    )


CLASSES = (
    *label_properties.CLASSES,
    *model_properties.CLASSES,
    *style_properties.CLASSES,
    *sweep_properties.CLASSES,
    *variation_properties.CLASSES,
    *populate_properties.CLASSES,
    SynthDataStyle,
    SynthDataScene,
)


def attach() -> None:
    """Put the settings on Blender's types."""
    bpy.types.Object.synthdata = PointerProperty(type=SynthDataObject)
    bpy.types.Collection.synthdata = PointerProperty(type=SynthDataCollection)
    bpy.types.Material.synthdata = PointerProperty(type=SynthDataMaterial)
    bpy.types.Scene.synthdata = PointerProperty(type=SynthDataScene)


def detach() -> None:
    """Take the settings off Blender's types; the data stays in the file for when the add-on is enabled again."""
    del bpy.types.Scene.synthdata
    del bpy.types.Material.synthdata
    del bpy.types.Collection.synthdata
    del bpy.types.Object.synthdata
