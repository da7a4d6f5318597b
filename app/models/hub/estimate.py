"""What can be said of a model before its header is read: from sizes alone, and always marked as an estimate.

The verdict proper lays the header out (:class:`app.services.hub.ModelHub`). Here a list of hundreds is judged without a
single request: a file takes its size in memory, and a context of a few thousand tokens, buffers and the process about
an eighth more, at least 300 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.sizes import size_text
from app.models.hub.values import HubFile
from app.models.model import Fit
from app.models.quality import quality_class, quality_loss
from app.models.verdict import reserve_bytes

SMALLEST_BITS = 4.5
"""Per weight, of the smallest quantization that is still worth running (Q4_K_S, IQ4_XS)."""

_BESIDES_SHARE, _BESIDES_BYTES = 0.125, 300_000_000
_COMFORTABLE_BYTES = 5_000_000_000
"""Larger files fit many machines, but are read once for each token: a processor makes a few tokens a second of them."""


@dataclass(frozen=True)
class Advice:
    """The file to take, and why: sentences for the person."""

    file: HubFile
    reasons: tuple[str, ...]


def memory_bytes(size_bytes: int) -> int:
    """About what a model file of this size takes when it is loaded."""
    return size_bytes + max(_BESIDES_BYTES, int(_BESIDES_SHARE * size_bytes))


def smallest_file_bytes(parameters: int) -> int:
    """About how large a model's smallest good file is."""
    return int(parameters * SMALLEST_BITS / 8)


def estimated_fit(size_bytes: int, room_bytes: int) -> Fit:
    """Whether a file of this size fits into ``room_bytes``, as far as its size alone tells."""
    takes = memory_bytes(size_bytes)
    if takes > room_bytes:
        return "does_not_fit"
    return "tight" if takes > room_bytes - reserve_bytes(room_bytes) else "fits"


def advise(files: Sequence[HubFile], parameters: int, room_bytes: int) -> Advice | None:
    """The most exact file that fits comfortably; else the most exact one that fits. None when none does.

    16 bits and more are never advised beside 8: twice the size for a difference nobody has been able to see.
    """
    bits = {file: _bits(file, parameters) for file in files if file.role == "model"}
    fitting = [file for file in bits if estimated_fit(file.size_bytes, room_bytes) != "does_not_fit"]
    if not fitting:
        return None
    compact = [file for file in fitting if bits[file] < 12.0] or fitting
    comfortable = [file for file in compact if file.size_bytes <= min(_COMFORTABLE_BYTES, room_bytes // 2)]
    loss = {file: quality_loss(file.quantization, bits[file]) for file in compact}
    best = min(comfortable or compact, key=lambda file: (loss[file], file.size_bytes))
    return Advice(best, _reasons(best, loss[best], compact, room_bytes))


def _bits(file: HubFile, parameters: int) -> float:
    return 8 * file.size_bytes / parameters if parameters else 0.0


def _reasons(best: HubFile, loss: float, others: Sequence[HubFile], room_bytes: int) -> tuple[str, ...]:
    keeps = {
        "good": "It answers nearly as well as the original model.",
        "fair": "It is noticeably weaker than the original, and the most exact one that runs well here.",
        "poor": "Nothing more exact runs well here; expect weak answers, or choose a smaller model.",
    }[quality_class(loss)]
    left = room_bytes - memory_bytes(best.size_bytes)
    reasons = [keeps, f"About {size_text(max(0, left))} of memory are then left for everything else."]
    if any(other.size_bytes > best.size_bytes for other in others):
        reasons.append("The larger ones are slower: the whole file is read for every token.")
    return tuple(reasons)
