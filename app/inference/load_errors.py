"""Why a model file cannot be loaded, in words: looked at before llama.cpp sees it, and read from its log after."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from app.core.errors import DoesNotFit, ModelError
from app.core.sizes import size_text
from app.models.native import ERROR, WARNING, LogLine

_AGAIN = "Download it again, or take another copy."
_ANOTHER = "Choose another file: Satchel runs models in the GGUF format."

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
    (re.compile(r"key not found in model: (\S+)"), "Its header lacks an entry that is needed: {0}.", _AGAIN),
    (re.compile(r"failed to read key-value pairs|failed to read tensor info|invalid magic|bad magic"),
        "Its header is damaged.", _AGAIN),
]  # fmt: skip
_NO_MEMORY = re.compile(r"failed to allocate|unable to allocate|out of memory|alloc_.*fail|bad_alloc", re.I)


def check_file(path: Path, memory_available_bytes: int | None) -> None:
    """Refuse what can be known to fail without llama.cpp; ``memory_available_bytes`` None: do not look at the size.

    Errors: :class:`ModelError`, :class:`DoesNotFit`."""
    what = f"“{path.name}” cannot be loaded."
    try:
        if not path.exists():
            raise ModelError(what, "The file is not there any more.", "Find it, or remove the model from the library.")
        if not path.is_file():  # a folder; or a FIFO, which would hang on open
            raise ModelError(what, "It is not a file.", _ANOTHER)
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise ModelError(what, f"The file cannot be read: {error.strerror}.", "Check its permissions.") from None
    if size_bytes == 0:
        raise ModelError(what, "The file is empty.", _AGAIN)
    if start[:4] != b"GGUF":
        raise ModelError(what, _not_gguf(start), _ANOTHER)
    if memory_available_bytes is not None and size_bytes > memory_available_bytes:
        raise DoesNotFit(
            what,
            f"Its weights take {size_text(size_bytes)}, and {size_text(memory_available_bytes)} of memory are free.",
            "Close other programs, or choose a smaller model or a smaller quantization.",
        )


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


def _not_gguf(start: bytes) -> str:
    text = start.lstrip().lower()
    if text.startswith((b"<!doc", b"<html", b"<?xml")):
        return "It is a web page, not a model: the download probably needed a login or led to an error page."
    if start[:4] == b"PK\x03\x04":
        return "It is a zip archive, not a model in the GGUF format."
    if start[:4] in (b"ggml", b"lmgg", b"tjgg", b"ggjt"):
        return "It is in a format that came before GGUF and that nobody reads any more."
    return "It is not a model in the GGUF format."
