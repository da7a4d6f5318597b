"""A repository's list of files, as what a person chooses from: parts joined, quantizations and helpers told by name.

There is no rule for names on the hub, only habits; these are the ones of the people who publish GGUF files.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.models.hub.values import FileRole, HubFile
from app.models.split import common_name, part_names

_EDGE_BEFORE, _EDGE_AFTER = r"(?:^|(?<=[-_./ ]))", r"(?=$|[-_./ ])"
_QUANTIZATION = re.compile(
    _EDGE_BEFORE
    + r"""(
        (?:UD-)?(?:
            I?Q[1-8]_(?:K_)?(?:XXS|XS|S|M|L|XL|XXL|NL|NL_XL)  # Q4_K_M, IQ3_XXS, IQ4_NL, UD-Q4_K_XL
          | Q[2-8]_K
          | Q4_0_[48]_[48]                                    # repacked for ARM, until late in 2024
          | Q[458]_[01]
          | TQ[12]_0
        )
      | (?:MX|NV)FP4(?:_MOE)?
      | BF16 | FP?16 | FP?32
    )"""
    + _EDGE_AFTER,
    re.VERBOSE | re.IGNORECASE,
)
_PROJECTOR = re.compile(_EDGE_BEFORE + "mmproj" + _EDGE_AFTER, re.IGNORECASE)
_ADAPTER = re.compile(_EDGE_BEFORE + "(?:lora|adapter)" + _EDGE_AFTER, re.IGNORECASE)
_IMATRIX = re.compile(_EDGE_BEFORE + "imatrix" + _EDGE_AFTER, re.IGNORECASE)
_VOCABULARY = re.compile(_EDGE_BEFORE + "ggml-vocab" + _EDGE_AFTER, re.IGNORECASE)
_SPLIT = re.compile(r"-\d{5}-of-(\d{5})\.gguf$")

_ORDER: dict[FileRole, int] = {"model": 0, "projector": 1, "adapter": 2, "imatrix": 3, "other": 4}


@dataclass(frozen=True)
class RemoteFile:
    """One file as the hub lists it. ``size``: bytes, 0 where it does not say; ``sha256``: empty where it does not."""

    path: str
    size: int = 0
    sha256: str = ""


def group(repo_id: str, revision: str, files: Iterable[RemoteFile]) -> tuple[HubFile, ...]:
    """What can be had: models first, by size. Files that are neither GGUF nor importance matrices are left out."""
    groups: defaultdict[str, list[RemoteFile]] = defaultdict(list)
    for file in files:
        if _wanted(file.path):
            groups[_SPLIT.sub(r" of \1", file.path)].append(file)
    found = [_file(repo_id, revision, sorted(parts, key=lambda part: part.path)) for parts in groups.values()]
    return tuple(sorted(found, key=lambda file: (_ORDER[file.role], file.size_bytes, file.paths)))


def quantization(path: str) -> str:
    """What a file's name says of its quantization, as llama.cpp writes it; empty where it says nothing.

    The folder is asked when the name is silent: split models often lie in one named so.
    """
    place = PurePosixPath(path)
    for text in (common_name(place.name) if place.suffix == ".gguf" else place.name, place.parent.name):
        found = _QUANTIZATION.findall(text)
        if found:
            label: str = found[-1].upper()
            return label.replace("FP16", "F16").replace("FP32", "F32") if label[0] in "FB" else label
    return ""


def role(path: str) -> FileRole:
    """What a file is for."""
    name = PurePosixPath(path).name.removesuffix(".gguf")
    if _PROJECTOR.search(name):
        return "projector"
    if _ADAPTER.search(name):
        return "adapter"
    if _VOCABULARY.search(name):
        return "other"
    if not path.endswith(".gguf") or (_IMATRIX.search(name) and not quantization(path)):
        return "imatrix"
    return "model"


def _wanted(path: str) -> bool:
    if path.endswith(".gguf"):
        return True
    return path.endswith((".imatrix", ".dat")) and _IMATRIX.search(PurePosixPath(path).name) is not None


def _file(repo_id: str, revision: str, parts: list[RemoteFile]) -> HubFile:
    first = PurePosixPath(parts[0].path)
    names = part_names(first.name)
    complete = not names or tuple(PurePosixPath(part.path).name for part in parts) == names
    return HubFile(
        repo_id=repo_id,
        revision=revision,
        name=common_name(first.name) if first.suffix == ".gguf" else first.name,
        paths=tuple(part.path for part in parts),
        sizes=tuple(part.size for part in parts),
        sha256s=tuple(part.sha256 for part in parts),
        quantization=quantization(parts[0].path),
        role=role(parts[0].path) if complete else "other",  # a model that lacks a part is of no use
    )
