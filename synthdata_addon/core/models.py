# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be known of a diffusion model from its folder: no torch here, so that Blender asks before the first render.

A model is a folder in diffusers' layout, a hub id ("org/name") or a single ``.safetensors`` file. A folder may hold a
``synthdata.json`` with what its makers recommend; the embedded model of this package has one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from .controls import ALWAYS, KINDS, RECOMMENDED, ControlKind, ControlSpec, recommended
from .decode import from_json, parse_json
from .errors import ModelError, SpecError, cause
from .families import FACTS, Family
from .few_steps import preset
from .model_files import base_family, control_facts
from .model_spec import STRENGTHS, ModelSpec
from .single_file import completing, holds_all
from .spec import JobSpec
from .style_spec import StyleSpec

EMBEDDED: Final = "quick_look"
"""What journals call the model of this package."""
DEFAULTS_FILE: Final = "synthdata.json"
CANNY_GUIDANCE: Final = 30.0
"""What the makers of FLUX.1-Canny-dev recommend; FLUX.1-Depth-dev has 10."""
PIECE: Final = 1 << 16


@dataclass(frozen=True)
class ModelDefaults:
    """What a model folder's ``synthdata.json`` recommends; control models are absolute paths.

    0 sizes mean any; 0 steps and guidance below 0 leave it to the family.
    """

    controls: tuple[ControlSpec, ...] = ()
    steps: int = 0
    guidance_scale: float = -1.0
    width: int = 0
    height: int = 0
    styles: tuple[StyleSpec, ...] = ()


FIELDS: Final = tuple(field.name for field in fields(ModelDefaults))


def embedded_path() -> Path:
    """Return the folder of the model that comes with this package."""
    return Path(__file__).resolve().parent.parent / "models" / EMBEDDED


def read_defaults(folder: Path) -> ModelDefaults:
    """Read a model folder's recommendations; a folder without them gives the usual ones of Stable Diffusion.

    Raises:
        ModelError: ``model.bad_defaults``: the file is spoilt.
    """
    file = folder / DEFAULTS_FILE
    if not file.is_file():
        return ModelDefaults()
    try:
        data = parse_json(file.read_text(encoding="utf-8"), DEFAULTS_FILE)
        # A maker may keep more in this file than is read here.
        known = {name: data[name] for name in FIELDS if name in data} if isinstance(data, dict) else data
        defaults = from_json(ModelDefaults, known, DEFAULTS_FILE)
    except (OSError, UnicodeDecodeError, SpecError) as error:
        raise ModelError(
            "model.bad_defaults", f"'{file}' cannot be read ({cause(error)}).", "Mend or remove the file."
        ) from error
    controls = tuple(_absolute(control, folder) for control in defaults.controls)
    return replace(defaults, controls=controls)


def resolve(model: ModelSpec) -> ModelSpec:
    """Fill in what the request leaves to the model: path, ControlNets and their strength, steps and guidance.

    Raises:
        ModelError: ``model.not_found`` (the package has no embedded model), ``model.bad_defaults``, or
            ``model.not_a_pipeline`` (its model_index.json cannot be read).
    """
    folder = Path(model.path).expanduser() if model.path else embedded_path()
    if not model.path and not (folder / "model_index.json").is_file():
        raise ModelError(
            "model.not_found",
            f"The quick-look model is not in this package (no '{folder / 'model_index.json'}').",
            "Name a Stable Diffusion model and its ControlNets.",
        )
    defaults = read_defaults(folder)
    model = replace(
        model,
        path=str(folder) if not model.path or folder.exists() else model.path,
        controls=model.controls or defaults.controls,
    )
    of = family(model) or "sd15"
    few = preset(model.few_steps, of)
    steps = model.steps or (few.steps if few else 0) or defaults.steps or FACTS[of].steps
    wanted = (
        model.guidance_scale,
        few.guidance_scale if few else -1.0,
        defaults.guidance_scale,
        _guidance(of, model),
    )
    return replace(
        model,
        controls=tuple(recommended(control, of) for control in model.controls),
        steps=steps,
        guidance_scale=next(value for value in wanted if value >= 0.0),
        strength=STRENGTHS[model.source] if model.strength == RECOMMENDED else model.strength,
        scheduler=few.scheduler if few and model.scheduler == "AUTO" else model.scheduler,
    )


def family(model: ModelSpec) -> Family | None:
    """Return what a model is: what the request says, else what the files of base model and ControlNets say.

    None is a model that cannot be asked from here (a hub id that was never fetched), or one of no family here.
    """
    if model.family != "auto":
        return model.family
    found = base_family(model.path or str(embedded_path()))
    if found == "sdxl":
        union = FACTS["sdxl_union"].controlnets
        kinds = {control_facts(control.model).kind for control in model.controls}
        return "sdxl_union" if kinds & set(union) else "sdxl"
    return found


def _guidance(of: Family, model: ModelSpec) -> float:
    if of == "flux_control" and any(control.kind == "canny" for control in model.controls):
        return CANNY_GUIDANCE
    return FACTS[of].guidance_scale


def control_kinds(job: JobSpec) -> tuple[ControlKind, ...]:
    """Return the control images of each view: depth, normal, what the job asks for, what its model reads."""
    wanted = {*ALWAYS, *job.control_images.kinds}
    if any(style.kind == "DIFFUSION" for style in job.styles):
        try:
            controls = resolve(job.model).controls
        except ModelError:
            controls = job.model.controls  # a model that is not there is reported where it is loaded
        wanted |= {control.kind for control in controls}
    return tuple(kind for kind in KINDS if kind in wanted)


def revision(model: ModelSpec) -> str:
    """Return 12 letters that change when a file of the model or of a ControlNet does.

    Of weights only the size and three pieces are read, so that gigabytes take no time. A hub id stands for itself.
    """
    model = resolve(model)
    digest = hashlib.sha256()
    names = [model.path, *(control.model for control in model.controls), *(lora.path for lora in model.loras)]
    if model.ip_adapter.path:
        names += [model.ip_adapter.path, model.ip_adapter.image]
    names += _completing(model)
    for name in names:
        path = Path(name).expanduser()
        if not path.exists():
            digest.update(name.encode())
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in (file for file in files if file.is_file()):
            digest.update(f"{file.relative_to(path) if path.is_dir() else file.name}".encode())
            _digest_file(digest, file)
    return digest.hexdigest()[:12]


def _completing(model: ModelSpec) -> list[str]:
    """Return the folder that text encoders and autoencoder of a single file come from."""
    path, of = Path(model.path).expanduser(), family(model)
    folder = completing(path, of) if path.is_file() and of is not None and not holds_all(of) else None
    return [] if folder is None else [str(folder)]


def _digest_file(digest: Any, file: Path) -> None:
    size = file.stat().st_size
    digest.update(str(size).encode())
    with file.open("rb") as stream:
        for offset in sorted({0, max(0, size // 2 - PIECE // 2), max(0, size - PIECE)}):
            stream.seek(offset)
            digest.update(stream.read(PIECE))


def _absolute(control: ControlSpec, folder: Path) -> ControlSpec:
    inside = folder / control.model
    return replace(control, model=str(inside)) if inside.exists() else control
