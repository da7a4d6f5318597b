"""What Satchel knows about a model file without loading it, and whether it fits here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from app.models.adapter import AttachedAdapter
from app.models.former import FormerModel
from app.models.preset import NO_PRESET, Preset
from app.models.source import ModelSource, NewerFile
from app.models.titles import readable

if TYPE_CHECKING:  # the formulas need what is defined here
    from app.models.sizing import DeviceParts

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
    active_parameters: int = 0
    """Those that work on each token: fewer than ``parameters`` in a mixture of experts, which decides the speed."""
    n_experts: int = 0
    n_experts_used: int = 0
    n_parts: int = 1
    """Files that the model is split over."""
    recommended: Preset = NO_PRESET
    """Sampling that the header recommends."""


@dataclass(frozen=True)
class LibraryModel:
    """A model in the person's library. ``in_place``: the file belongs to somebody else and is never touched."""

    id: int
    path: str
    """Of a split model, the first part's."""
    summary: ModelSummary
    in_place: bool
    added_at: datetime
    present: bool = True
    """False: the file is not there now, or no model any more; ``missing_reason`` says why."""
    name: str = ""
    """The person's own name for it; empty: ``found_name`` or the summary's."""
    notes: str = ""
    source: ModelSource | None = None
    sha256s: tuple[str, ...] = ()
    """Of each of ``files``, in hexadecimal; empty texts where it is not known yet, none at all: of none."""
    parts: tuple[str, ...] = ()
    """All files of a split model, in order; empty for one file."""
    missing_reason: str = ""
    """Sentences for the person: the file was deleted, its drive is not connected, a part is missing."""
    found_at: str = ""
    """Where its file may lie now, when ``path`` is gone: one as long, with its name or its time of change."""
    program: str = ""
    """Whose folder it lies in ("Ollama"); empty: nobody's."""
    found_name: str = ""
    """What that program calls it; of a download, its title there."""
    duplicates: tuple[int, ...] = ()
    """Ids of other models of the library with the same content, in files of their own."""
    template_changed: bool = False
    """The file's chat template is another than the one that was accepted last."""
    former: FormerModel | None = None
    """The file is another model now: what is kept of it was made for this one, until the person decides about that."""
    adapters: tuple[AttachedAdapter, ...] = ()
    newer: NewerFile | None = None
    """What was found when somebody asked for an update; None: nobody did, or this was the newest."""
    distinction: str = ""
    """What tells it from others with the same name: "Q4_K_M", "in Downloads"; empty: nothing is needed."""

    @property
    def plain_name(self) -> str:
        """Its name alone, for a field to change it in."""
        return self.name or self.found_name or readable(self.summary.name)

    @property
    def title(self) -> str:
        """The name to show, different from every other model's."""
        return f"{self.plain_name} ({self.distinction})" if self.distinction else self.plain_name

    @property
    def sha256(self) -> str:
        """Of the file, of a split model the first one; empty: not known yet."""
        return self.sha256s[0] if self.sha256s else ""

    @property
    def hashed(self) -> bool:
        """Whether the hashes of all its files are known."""
        return len(self.sha256s) == len(self.files) and all(self.sha256s)

    @property
    def files(self) -> tuple[str, ...]:
        """Every file of it."""
        return self.parts or (self.path,)


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
    """Free memory, plus what the model that would be replaced gives back; on all devices together."""
    measured_by_llama: bool
    """True: laid out by llama.cpp itself without allocating; False: an estimate by our own formulas."""
    devices: tuple[DeviceParts, ...] = ()
    """The same by device, main memory first."""
    on_gpus_bytes: int = 0
    """Of ``available_bytes``, what is not there for the parts in main memory: GPUs have it, or their parts take it."""

    @property
    def memory_available_bytes(self) -> int:
        """What there is in main memory for the parts that lie there."""
        return self.available_bytes - self.on_gpus_bytes

    @property
    def total_bytes(self) -> int:
        """All parts together."""
        return self.weights_bytes + self.kv_bytes + self.compute_bytes + self.other_bytes
