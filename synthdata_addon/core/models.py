# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be known of a diffusion model from its folder: no torch here, so that Blender asks before the first render.

A model is a folder in diffusers' layout, a hub id ("org/name") or a single ``.safetensors`` file. A folder may hold a
``synthdata.json`` with what its makers recommend; the embedded model of this package has one.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from .controls import ALWAYS, KINDS, ControlKind, ControlSpec, Family, recommended
from .decode import from_json, parse_json
from .errors import ModelError, SpecError
from .spec import JobSpec, ModelSpec, StyleSpec

EMBEDDED: Final = "quick_look"
"""What journals call the model of this package."""
DEFAULTS_FILE: Final = "synthdata.json"
DEFAULT_STEPS: Final = 20
DEFAULT_GUIDANCE: Final = 7.5
HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
PIECE: Final = 1 << 16


@dataclass(frozen=True)
class ModelDefaults:
    """What a model folder's ``synthdata.json`` recommends; control models are absolute paths. 0 sizes mean any."""

    controls: tuple[ControlSpec, ...] = ()
    steps: int = DEFAULT_STEPS
    guidance_scale: float = DEFAULT_GUIDANCE
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
            "model.bad_defaults", f"'{file}' cannot be read ({error}).", "Mend or remove the file."
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
    of = family(str(folder))
    return replace(
        model,
        path=str(folder) if not model.path or folder.exists() else model.path,
        controls=tuple(recommended(control, of) for control in model.controls or defaults.controls),
        steps=model.steps or defaults.steps,
        guidance_scale=model.guidance_scale if model.guidance_scale >= 0.0 else defaults.guidance_scale,
    )


def family(name: str) -> Family:
    """Return the family of a base model, by the pipeline that its folder names; "sd15" where that cannot be known."""
    index = Path(name).expanduser() / "model_index.json"
    kind = str(_read_config(index).get("_class_name", "")) if index.is_file() else ""
    return "sdxl" if kind.startswith("StableDiffusionXL") else "sd15"


def control_kinds(job: JobSpec) -> tuple[ControlKind, ...]:
    """Return the control images of each view: depth, normal, what the job asks for, what its model reads."""
    wanted = {*ALWAYS, *job.control_images.kinds}
    if job.styles:
        try:
            controls = resolve(job.model).controls
        except ModelError:
            controls = job.model.controls  # a model that is not there is reported where it is loaded
        wanted |= {control.kind for control in controls}
    return tuple(kind for kind in KINDS if kind in wanted)


def check_model(model: ModelSpec) -> None:
    """Prove what can be proved without loading: that the parts exist, are what they should be, and fit together.

    Raises:
        ModelError: ``model.not_found``, ``model.not_a_pipeline``, ``model.not_a_controlnet``, ``model.no_control`` or
            ``model.control_mismatch``.
    """
    model = resolve(model)
    base = _check_base(model.path)
    if not model.controls:
        raise ModelError(
            "model.no_control",
            f"The model '{model.path}' comes with no ControlNet, so that its pictures would not follow the labels.",
            "Add a depth or a normal ControlNet.",
        )
    for control in model.controls:
        width = _check_control(control)
        if base is not None and width is not None and base != width:
            raise ModelError(
                "model.control_mismatch",
                f"The {control.kind} ControlNet '{control.model}' reads text {width} wide, '{model.path}' {base} wide.",
                "Take a ControlNet made for this model's family (768 is Stable Diffusion 1.x, 1024 is 2.x).",
            )


def revision(model: ModelSpec) -> str:
    """Return 12 letters that change when a file of the model or of a ControlNet does.

    Of weights only the size and three pieces are read, so that gigabytes take no time. A hub id stands for itself.
    """
    model = resolve(model)
    digest = hashlib.sha256()
    for name in (model.path, *(control.model for control in model.controls)):
        path = Path(name).expanduser()
        if not path.exists():
            digest.update(name.encode())
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in (file for file in files if file.is_file()):
            digest.update(f"{file.relative_to(path) if path.is_dir() else file.name}".encode())
            _digest_file(digest, file)
    return digest.hexdigest()[:12]


def _digest_file(digest: Any, file: Path) -> None:
    size = file.stat().st_size
    digest.update(str(size).encode())
    with file.open("rb") as stream:
        for offset in sorted({0, max(0, size // 2 - PIECE // 2), max(0, size - PIECE)}):
            stream.seek(offset)
            digest.update(stream.read(PIECE))


def _check_base(name: str) -> int | None:
    """Return the base model's text width, None when it cannot be known from here."""
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "model_index.json").is_file():
            raise ModelError(
                "model.not_a_pipeline",
                f"The folder '{name}' is not a diffusers pipeline: it has no model_index.json.",
                "Choose the folder that holds model_index.json, unet and vae.",
            )
        return _text_width(path / "unet" / "config.json")
    _check_name(name, "model")
    return None


def _check_control(control: ControlSpec) -> int | None:
    path = Path(control.model).expanduser()
    if not path.is_dir():
        _check_name(control.model, f"{control.kind} ControlNet")
        return None
    config = path / "config.json"
    kind = _read_config(config).get("_class_name", "") if config.is_file() else ""
    if kind != "ControlNetModel":
        found = f"its config.json says '{kind}'" if config.is_file() else "it has no config.json"
        raise ModelError(
            "model.not_a_controlnet",
            f"The folder '{control.model}' is not a ControlNet: {found}.",
            "Choose a ControlNet folder in diffusers' layout.",
        )
    return _text_width(config)


def _check_name(name: str, what: str) -> None:
    """Let through a weights file that exists and a hub id; refuse what is neither."""
    path = Path(name).expanduser()
    if path.is_file():
        if path.suffix != ".safetensors":
            raise ModelError(
                "model.not_a_pipeline",
                f"The {what} '{name}' is not a .safetensors file.",
                "Choose a folder in diffusers' layout, a hub id or a .safetensors file.",
            )
        return
    if not HUB_ID.fullmatch(name) or path.suffix == ".safetensors":
        raise ModelError(
            "model.not_found",
            f"The {what} '{name}' does not exist.",
            "Give a folder or .safetensors file that is on this disk, or a hub id like 'org/name'.",
        )


def _text_width(config: Path) -> int | None:
    width = _read_config(config).get("cross_attention_dim") if config.is_file() else None
    return width if isinstance(width, int) else None


def _read_config(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            "model.not_a_pipeline", f"'{file}' cannot be read ({error}).", "Fetch the model again."
        ) from error
    return data if isinstance(data, dict) else {}


def _absolute(control: ControlSpec, folder: Path) -> ControlSpec:
    inside = folder / control.model
    return replace(control, model=str(inside)) if inside.exists() else control
