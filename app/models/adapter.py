"""Values of LoRA adapters: small files that change what a base model says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AdapterSummary:
    """What an adapter's header says. ``rank``: of its matrices, the largest; ``alpha``: 0 when it has none."""

    name: str
    architecture: str
    base_name: str
    rank: int
    alpha: float
    n_tensors: int
    size_bytes: int
    license: str = ""


@dataclass(frozen=True)
class Adapter:
    """An adapter in the person's library."""

    id: int
    path: str
    summary: AdapterSummary
    present: bool = True


@dataclass(frozen=True)
class AttachedAdapter:
    """An adapter in use with a model. ``scale`` 0 is off, 1 is as it was trained."""

    adapter: Adapter
    scale: float


@dataclass(frozen=True)
class AdapterChoice:
    """An adapter seen from one model: in use (``scale``), possible (None), or not possible (``mismatch`` says why)."""

    adapter: Adapter
    scale: float | None = None
    mismatch: str = ""
