"""What a model is called, the same in the search, the downloads and the library; telling those of one name apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whose titles are made here
    from app.models.model import LibraryModel

_FORMAT = re.compile(r"[-_. ]gguf$", re.IGNORECASE)
_QUANTIZATION = re.compile(r"[-. ]((i1-)?(I|T)?Q\d\w*|B?F16|F32|MXFP4\w*)$", re.IGNORECASE)


def readable(name: str) -> str:
    """A repository's, a header's or a file's name as a person reads it: "Qwen3 8B" of "Qwen3-8B-Q4_K_M-GGUF".

    The file format and the quantization, which stand beside it everywhere, are left out; a name that has spaces keeps
    its hyphens.
    """
    plain = name.strip()
    for ending in (_FORMAT, _QUANTIZATION):
        plain = ending.sub("", plain) or plain
    return plain if " " in plain else plain.replace("-", " ")


def distinctions(models: Iterable[LibraryModel]) -> dict[int, str]:
    """By model id, what to show behind the name of each model that shares it with another: the first of quantization,
    owner or folder, file name and whole path that is different for all of them."""
    groups: defaultdict[str, list[LibraryModel]] = defaultdict(list)
    for model in models:
        groups[model.plain_name.casefold()].append(model)
    return {model_id: words for group in groups.values() if len(group) > 1 for model_id, words in _told_apart(group)}


def _told_apart(group: list[LibraryModel]) -> list[tuple[int, str]]:
    ways: tuple[Callable[[LibraryModel], str], ...] = (
        lambda model: model.summary.quantization,
        _place,
        lambda model: f"{model.summary.quantization}, {_place(model)}",
        lambda model: Path(model.path).name,
        lambda model: model.path,
    )
    for way in ways:
        words = [way(model) for model in group]
        if len(set(words)) == len(group):
            break
    return [(model.id, each) for model, each in zip(group, words, strict=True)]


def _place(model: LibraryModel) -> str:
    return model.program or Path(model.path).parent.name or model.path
