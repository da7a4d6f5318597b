"""Telling models apart that have the same name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from app.models.model import LibraryModel


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
