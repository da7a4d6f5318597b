"""What Satchel knows about a model file without loading it, and whether it fits here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ModelKind = Literal["chat", "base", "embedding"]
"""``base``: generates text but has no chat template."""

Fit = Literal["fits", "tight", "does_not_fit"]


@dataclass(frozen=True)
class ModelSummary:
    """What a GGUF header says of a model."""

    name: str
    kind: ModelKind
    architecture: str
    parameters: int
    quantization: str
    """The file's nominal type, e.g. ``Q4_K_M``."""
    bits_per_weight: float
    """Real: bits of all tensors over their elements."""
    size_bytes: int
    n_ctx_train: int
    n_layers: int
    n_vocab: int
    license: str = ""
    chat_template: str = ""


@dataclass(frozen=True)
class LibraryModel:
    """A model in the person's library. ``in_place``: the file belongs to somebody else and is never touched."""

    id: int
    path: str
    summary: ModelSummary
    in_place: bool
    added_at: datetime
    present: bool = True
    """False: the file is not there now (moved, deleted, drive not mounted)."""
    name: str = ""
    """The person's own name for it; empty: the summary's."""

    @property
    def title(self) -> str:
        """The name to show."""
        return self.name or self.summary.name


@dataclass(frozen=True)
class Verdict:
    """Whether a model fits, and the parts of the sum, in bytes."""

    fit: Fit
    sentence: str
    """For the person: "Fits: takes 210 MB of the 14.2 GB that are free."."""
    n_ctx: int
    weights_bytes: int
    kv_bytes: int
    compute_bytes: int
    other_bytes: int
    available_bytes: int
    """Free memory, plus what the model that would be replaced gives back."""
    measured_by_llama: bool
    """True: laid out by llama.cpp itself without allocating; False: an estimate by our own formulas."""

    @property
    def total_bytes(self) -> int:
        """All parts together."""
        return self.weights_bytes + self.kv_bytes + self.compute_bytes + self.other_bytes
