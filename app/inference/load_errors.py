"""Why a model file cannot be loaded, in words: its header is looked at before llama.cpp sees it, the log after."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from app.core.errors import DoesNotFit, ModelError
from app.core.sizes import size_text
from app.models.gguf import Header
from app.models.native import ERROR, WARNING, LogLine
from app.models.summary import read_summary

_AGAIN = "Download it again, or take another copy."

_KNOWN: list[tuple[re.Pattern[str], str, str]] = [
    (
        re.compile(r"not within the file bounds|corrupted or incomplete|unexpectedly reached end of file"),
        "It is incomplete or damaged: the weights that its header lists are not all there.",
        _AGAIN,
    ),
    (
        re.compile(r"unknown model architecture: '([^']*)'"),
        "Its architecture, “{0}”, is not known to this version of llama.cpp.",
        "A newer Satchel may know it; until then choose another model.",
    ),
    (
        re.compile(r"unknown pre-tokenizer type: '([^']*)'"),
        "Its tokenizer, “{0}”, is not known to this version of llama.cpp.",
        "A newer Satchel may know it; until then choose another model.",
    ),
    (re.compile(r"missing tensor '([^']*)'"), "A part of the model is missing from it: {0}.", _AGAIN),
    (
        re.compile(r"tensor '([^']*)' has wrong shape"),
        "It contradicts itself: the tensor {0} has another shape than its header asks for.",
        _AGAIN,
    ),
    (re.compile(r"key not found in model: (\S+)"), "Its header lacks an entry that is needed: {0}.", _AGAIN),
    (re.compile(r"failed to read key-value pairs|failed to read tensor info|invalid magic|bad magic"),
        "Its header is damaged.", _AGAIN),
]  # fmt: skip
_NO_MEMORY = re.compile(r"failed to allocate|unable to allocate|out of memory|alloc_.*fail|bad_alloc", re.I)


def check_file(path: Path, memory_available_bytes: int | None) -> Header:
    """Refuse what can be known to fail without llama.cpp, and give the header that was read.

    ``memory_available_bytes`` None: do not look at the size.

    The library refuses the same (``read_summary``) when a file is added; it may have been replaced since.
    Errors: :class:`ModelError`, :class:`DoesNotFit`.
    """
    header, _ = read_summary(path)
    if memory_available_bytes is not None and header.weights_bytes > memory_available_bytes:
        raise DoesNotFit(
            f"“{path.name}” cannot be loaded.",
            f"Its weights take {size_text(header.weights_bytes)}, and {size_text(memory_available_bytes)} of memory "
            "are free.",
            "Close other programs, or choose a smaller model or a smaller quantization.",
        )
    return header


def load_error(path: Path, lines: Sequence[LogLine], what: str = "") -> ModelError:
    """The error that says what llama.cpp gave as its reason."""
    what = what or f"“{path.name}” cannot be loaded."
    complaints = [line.text for line in lines if line.level >= WARNING]
    for text in complaints:
        if _NO_MEMORY.search(text):
            return DoesNotFit(
                what,
                "There is not enough free memory for it.",
                "Choose a smaller context or a smaller model, or close other programs.",
            )
        for pattern, why, next_step in _KNOWN:
            if found := pattern.search(text):
                return ModelError(what, why.format(*found.groups()), next_step)
    reasons = [line.text for line in lines if line.level >= ERROR] or complaints
    why = f"llama.cpp says: {_plain(reasons[0])}." if reasons else "llama.cpp gave no reason."
    return ModelError(what, why, "Try another file of this model.")


def _plain(text: str) -> str:
    """Without the names of functions that the line begins with."""
    return re.sub(r"^(\w+:\s+)+", "", text).removeprefix("error loading model: ").strip().rstrip(".")
