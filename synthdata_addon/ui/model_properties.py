# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the diffusion model, as the panel shows them, and their way to the job and back. Enums: append only."""

from __future__ import annotations

from typing import Any, Final

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
from ..core.controls import KINDS, RECOMMENDED, ControlSpec
from ..core.errors import SpecError
from ..core.families import FACTS
from ..core.model_spec import IPAdapterSpec, LoraSpec, ModelSpec, SpeedSpec
from .numbers import short

STRENGTH: Final = ("scale", "start", "end")
PLAIN: Final = ("family", "precision", "source", "few_steps", "scheduler")
SPEED: Final = ("batch", "compile", "offload")
_ADAPTER = IPAdapterSpec()
_FAMILIES = [
    ("auto", "Automatic", "What the model's files say", 0),
    *((name, facts.label, "", number + 1) for number, (name, facts) in enumerate(FACTS.items())),
]


class SynthDataControl(bpy.types.PropertyGroup):
    """One ControlNet of a diffusion model."""

    enabled: BoolProperty(
        name="Enabled", description="Steer the pictures by this control image", default=True
    )
    model: StringProperty(
        name="ControlNet",
        description="Folder or hub id of the ControlNet. Kinds that a union ControlNet reads name the same one; FLUX.1 "
        "Control reads the image itself and is named here once more",
    )
    scale: FloatProperty(
        name="Scale",
        description="How strongly it steers; -1: as recommended for the model's family",
        default=RECOMMENDED,
        min=RECOMMENDED,
        max=10.0,
        soft_max=2.0,
    )
    start: FloatProperty(
        name="Start",
        description="Share of the steps after which it begins to steer; -1: as recommended",
        default=RECOMMENDED,
        min=RECOMMENDED,
        max=1.0,
    )
    end: FloatProperty(
        name="End",
        description="Share of the steps after which it ends to steer; -1: as recommended",
        default=RECOMMENDED,
        min=RECOMMENDED,
        max=1.0,
    )
    show: BoolProperty(name="Show", description="Show the settings of this ControlNet")


class SynthDataLora(bpy.types.PropertyGroup):
    """One LoRA."""

    enabled: BoolProperty(name="Enabled", description="Use this LoRA", default=True)
    path: StringProperty(
        name="LoRA",
        description="A .safetensors file, a folder, or a hub id such as org/name or org/name/file.safetensors",
        subtype="FILE_PATH",
        options=PATH_OPTIONS,
    )
    weight: FloatProperty(
        name="Weight",
        description="How strongly it works",
        default=1.0,
        soft_min=0.0,
        soft_max=2.0,
        min=-10.0,
        max=10.0,
    )
    style: StringProperty(name="Style", description="The only style it works in; empty: in every style")


class SynthDataReference(bpy.types.PropertyGroup):
    """A reference picture."""

    path: StringProperty(
        name="IP-Adapter",
        description="The adapter's .safetensors file with the folder image_encoder beside it, or such a file on the "
        "hub: h94/IP-Adapter/models/ip-adapter_sd15.safetensors",
        subtype="FILE_PATH",
        options=PATH_OPTIONS,
    )
    image: StringProperty(
        name="Picture",
        description="The picture that all pictures take after",
        subtype="FILE_PATH",
        options=PATH_OPTIONS,
    )
    scale: FloatProperty(
        name="Scale",
        description="How strongly they do",
        default=_ADAPTER.scale,
        min=0.0,
        max=2.0,
        soft_max=1.0,
    )


class SynthDataDiffusion(bpy.types.PropertyGroup):
    """What can be said of a diffusion model beside its path, ControlNets, steps and guidance."""

    family: EnumProperty(
        name="Family", description="What the model is, where its files cannot tell", items=_FAMILIES
    )
    precision: EnumProperty(
        name="Precision",
        description="How exactly the model computes",
        items=[
            ("auto", "Automatic", "Half on a GPU, full elsewhere", 0),
            ("float32", "Full", "32 bits", 1),
            ("float16", "Half", "16 bits", 2),
            ("bfloat16", "Brain Half", "16 bits with the range of 32", 3),
        ],
    )
    source: EnumProperty(
        name="Start From",
        description="What pictures begin with. All but noise need Beauty",
        items=[
            ("TEXT", "Noise", "Pictures are free but for the ControlNets", 0),
            ("RENDER", "Finished Picture", "The finished picture, with noise over it (image to image)", 1),
            ("KEEP_OBJECTS", "Keep Objects", "Labelled things stay as rendered, the rest is repainted", 2),
            ("KEEP_BACKGROUND", "Keep Background", "Only labelled things are repainted", 3),
        ],
    )
    strength: FloatProperty(
        name="Strength",
        description="How much noise the picture gets to begin with: 0 keeps it, 1 forgets it; -1: as recommended",
        default=RECOMMENDED,
        min=RECOMMENDED,
        max=1.0,
    )
    few_steps: EnumProperty(
        name="Few Steps",
        description="What the model, or a LoRA of yours, was distilled to. Sets steps, guidance and scheduler, which "
        "can still be chosen",
        items=[
            ("NONE", "No", "A model of the usual number of steps", 0),
            ("LCM", "LCM", "Latent consistency: 4 steps", 1),
            ("TURBO", "Turbo", "SD, SDXL, SD 3.5 and Z-Image Turbo: 4 to 9 steps", 2),
            ("LIGHTNING", "Lightning", "SDXL and Qwen-Image Lightning: 4 to 8 steps", 3),
            ("HYPER", "Hyper", "Hyper-SD, also for FLUX.1: 8 steps", 4),
        ],
    )
    scheduler: EnumProperty(
        name="Scheduler",
        description="How noise is taken away, step by step; Stable Diffusion 1.5 and XL only",
        items=[
            ("AUTO", "The Model's", "As the model comes", 0),
            ("DDIM", "DDIM", "", 1),
            ("EULER", "Euler", "", 2),
            ("EULER_A", "Euler a", "Adds new noise at every step", 3),
            ("DPMPP_2M", "DPM++ 2M", "", 4),
            ("DPMPP_2M_KARRAS", "DPM++ 2M Karras", "", 5),
            ("UNIPC", "UniPC", "", 6),
            ("LCM", "LCM", "For LCM models and LoRAs", 7),
            ("TCD", "TCD", "For TCD models and LoRAs", 8),
        ],
    )
    loras: CollectionProperty(name="LoRAs", description="What changes the model", type=SynthDataLora)
    reference: PointerProperty(name="Reference", type=SynthDataReference)
    batch: IntProperty(
        name="At Once", description="Pictures that a GPU makes at once; 0: as memory allows", min=0, max=256
    )
    compile: EnumProperty(
        name="Compile",
        description="Compile the model's repeated blocks for a GPU: a minute's wait, then faster",
        items=[
            ("AUTO", "If It Pays", "For jobs of many pictures", 0),
            ("OFF", "Never", "", 1),
            ("ON", "Always", "", 2),
        ],
    )
    offload: EnumProperty(
        name="Offload",
        description="Keep parts of the model off a GPU that is too small for it",
        items=[
            ("NONE", "No", "All of it is on the GPU", 0),
            ("MODEL", "Part by Part", "Each part comes when it is needed", 1),
            ("SEQUENTIAL", "Layer by Layer", "For very small cards; very slow", 2),
        ],
    )


def model_from_scene(settings: Any) -> ModelSpec:
    """Return the model that the panel shows.

    Raises:
        SpecError: ``spec.model``: no base model is chosen.
    """
    more = settings.diffusion
    common: dict[str, Any] = {
        "steps": settings.steps,
        "guidance_scale": short(settings.guidance_scale),
        "device": settings.device,
        **{name: getattr(more, name) for name in PLAIN},
        "strength": short(more.strength),
        "loras": tuple(_lora(item) for item in more.loras if item.enabled),
        "ip_adapter": IPAdapterSpec(
            bpy.path.abspath(more.reference.path),
            bpy.path.abspath(more.reference.image),
            short(more.reference.scale),
        ),
        "speed": SpeedSpec(**{name: getattr(more, name) for name in SPEED}),
    }
    if settings.model == "EMBEDDED":
        return ModelSpec(**common)
    groups = [(kind, getattr(settings, f"control_{kind}")) for kind in KINDS]
    controls = tuple(
        ControlSpec(
            kind=kind,
            model=bpy.path.abspath(group.model),
            **{name: short(getattr(group, name)) for name in STRENGTH},
        )
        for kind, group in groups
        if group.enabled and group.model
    )
    path = bpy.path.abspath(settings.model_path)
    if not path:
        raise SpecError(
            "spec.model", "No base model is chosen.", "Name a folder, a hub id or a .safetensors file."
        )
    return ModelSpec(path=path, controls=controls, **common)


def _lora(item: Any) -> LoraSpec:
    return LoraSpec(bpy.path.abspath(item.path), short(item.weight), item.style.strip())


def apply_model(model: ModelSpec, settings: Any) -> None:
    """Show a model in the panel: the inverse of :func:`model_from_scene`."""
    settings.model = "CUSTOM" if model.path else "EMBEDDED"
    settings.model_path = model.path
    settings.steps, settings.guidance_scale, settings.device = model.steps, model.guidance_scale, model.device
    more = settings.diffusion
    for name in (*PLAIN, "strength"):
        setattr(more, name, getattr(model, name))
    for name in SPEED:
        setattr(more, name, getattr(model.speed, name))
    for name in ("path", "image", "scale"):
        setattr(more.reference, name, getattr(model.ip_adapter, name))
    more.loras.clear()
    for lora in model.loras:
        item = more.loras.add()
        item.path, item.weight, item.style = lora.path, lora.weight, lora.style
    by_kind = {control.kind: control for control in model.controls}
    for kind in KINDS:
        group, control = getattr(settings, f"control_{kind}"), by_kind.get(kind)
        group.enabled = control is not None or not model.path
        if control is not None:
            group.model = control.model
            for name in STRENGTH:
                setattr(group, name, getattr(control, name))


CLASSES = (SynthDataControl, SynthDataLora, SynthDataReference, SynthDataDiffusion)
