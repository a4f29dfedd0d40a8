# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices that torch sees on this machine, and the share of their memory that it may take."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..core.machine import memory_share


@dataclass(frozen=True)
class DeviceFacts:
    """A device: as torch names it ("cuda:0"), what its maker calls it, bytes of memory in all and free (0: unknown)."""

    name: str
    title: str
    total: int = 0
    free: int = 0


def gpus() -> tuple[DeviceFacts, ...]:
    """Return the GPUs that this torch can use."""
    if torch.backends.mps.is_available():
        return (DeviceFacts("mps", "Apple GPU", int(torch.mps.recommended_max_memory())),)
    found = []
    for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        free, total = torch.cuda.mem_get_info(number)
        found.append(DeviceFacts(f"cuda:{number}", torch.cuda.get_device_name(number), total, free))
    return tuple(found)


def build() -> str:
    """Return what this torch was built for, in words: "CUDA 12.8", "ROCm 6.3", "CPU"."""
    if torch.version.hip:
        return f"ROCm {torch.version.hip}"
    if torch.version.cuda:
        return f"CUDA {torch.version.cuda}"
    return "Metal" if torch.backends.mps.is_built() else "CPU"


def limit_memory(device: str) -> None:
    """Keep torch from taking more of a GPU's memory than the preferences allow; a CPU's is not limited.

    What does not fit then is an out-of-memory error of torch, upon which batches are halved as on a smaller card.

    Raises:
        SpecError: ``spec.range``.
    """
    share = memory_share()
    if device.startswith("cuda"):
        number = int(device.partition(":")[2] or torch.cuda.current_device())
        torch.cuda.set_per_process_memory_fraction(share, number)
    elif device == "mps":
        torch.mps.set_per_process_memory_fraction(share)
