"""Models that are split over several files: told by their names, read as one.

llama.cpp names the parts ``model-00001-of-00003.gguf`` and finds the others by the first one's name, so a part that was
renamed is of no use. The first part's header has the model's keys, each part's has its own tensors
(https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from app.core.errors import ModelError
from app.models.gguf import Header, TensorInfo
from app.models.gguf_reader import read_header

MAX_PARTS = 1_000
_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")
_AGAIN = "Download this part again, or put it beside the others."


def part_names(name: str) -> tuple[str, ...]:
    """The names of all parts, in order, when ``name`` is one of them; else none."""
    found = _PART.fullmatch(name)
    count = int(found["count"]) if found else 0
    if found is None or not 1 < count <= MAX_PARTS or not 1 <= int(found["number"]) <= count:
        return ()
    return tuple(f"{found['stem']}-{number:05}-of-{count:05}.gguf" for number in range(1, count + 1))


def part_paths(path: Path) -> tuple[Path, ...]:
    """The paths of all parts, in order, when the file is named like one of them; else none. No file is looked at."""
    return tuple(path.with_name(name) for name in part_names(path.name))


def common_name(name: str) -> str:
    """A part's name without what makes it a part: ``model`` of ``model-00001-of-00003.gguf``; other names' stem."""
    found = _PART.fullmatch(name)
    return found["stem"] if found else PurePath(name).stem


def missing_part(path: Path) -> str:
    """The name of the first part that is not there; empty when all are, or when it is no part's name."""
    return next((part.name for part in part_paths(path) if not part.exists()), "")


def read_joined(path: Path) -> Header:
    """The header of a file; of one part of a split model, that of the whole model.

    Errors: :class:`ModelError` as :func:`read_header`, and when a part is missing, renamed or of another model.
    """
    header = read_header(path)
    count = header.integer("split.count", 1)
    if count <= 1:
        return header
    paths = part_paths(path)
    if len(paths) != count:
        raise ModelError(
            f"{path.name} is one of {count:,} parts of a model.",
            f"The parts are found by their names, which have to end like -00001-of-{count:05}.gguf.",
            "Give all parts the names that they were downloaded with.",
        )
    headers: list[Header] = []
    for number, part in enumerate(paths):
        if not part.exists():
            raise ModelError(f"{part.name} is missing.", f"It is part {number + 1} of {count} of this model.", _AGAIN)
        headers.append(header if part == path else read_header(part))
    return join(headers, paths)


def join(headers: Sequence[Header], paths: Sequence[PurePath]) -> Header:
    """One header of all parts' headers, in order. ``paths`` are for words.

    Offsets stay those within each part. Errors: :class:`ModelError` when they do not belong together.
    """
    first, tensors = headers[0], dict[str, TensorInfo]()
    for number, (header, path) in enumerate(zip(headers, paths, strict=True)):
        belongs = header.integer("split.count") == len(headers) and header.integer("split.no", -1) == number
        if not belongs or any(tensor.name in tensors for tensor in header.tensors):
            raise ModelError(
                f"{path.name} does not belong to the other parts.", "Its header says so.", "Download this part again."
            )
        tensors |= {tensor.name: tensor for tensor in header.tensors}
    wanted = first.integer("split.tensors.count", len(tensors))
    if wanted != len(tensors):
        raise ModelError(
            f"{paths[0].name} and its other parts are incomplete.",
            f"They have {len(tensors):,} of the model's {wanted:,} tensors.",
            "Download them again.",
        )
    return replace(
        first,
        tensors=tuple(tensors.values()),
        file_bytes=sum(header.file_bytes for header in headers),
        parts=len(headers),
    )
