"""Which models of the library are the same file twice, told by their hashes, and what that costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from app.models.library_values import DuplicateCopy, DuplicateGroup
from app.models.model import LibraryModel
from app.services.library.hashing import Hasher, Wanted
from app.services.library.missing import drive_folder
from app.services.library.shelf import Shelf
from app.storage.file_hashes import FileHashes
from app.storage.file_stamp import FileStamp


class Duplicates:
    """As far as hashes are known; what is not, ``hasher`` can find out. Safe from any thread."""

    def __init__(self, shelf: Shelf, hasher: Hasher) -> None:
        self._shelf = shelf
        self._hashes = shelf.records.hashes
        self._hasher = hasher

    def all(self) -> tuple[DuplicateGroup, ...]:
        """Models with the same content, the largest first."""
        return duplicate_groups(self._shelf.all(), self._hashes)

    def look(self) -> None:
        """Hash in the background what may be there twice: files of equal length. Seen by :class:`HashingChanged`."""
        self._hasher.add(wanted_hashes(self._shelf.all(), self._hashes))

    def look_for(self, added: Sequence[LibraryModel]) -> None:
        """The same for what was just added: who adds a model a second time need not know that it can be found out."""
        self._hasher.add(wanted_unasked(self._shelf.all(), added, self._hashes))


def duplicate_groups(models: Iterable[LibraryModel], hashes: FileHashes) -> tuple[DuplicateGroup, ...]:
    """Models with the same content in files of their own, the largest first; as far as hashes are known.

    Links to one file (hard or symbolic) take its room once and are one copy.
    """
    found: list[DuplicateGroup] = []
    for same_size in _by_size(models):
        by_content: defaultdict[tuple[str, ...], list[LibraryModel]] = defaultdict(list)
        for model in same_size:
            content = content_hashes(model, hashes)
            if all(content):
                by_content[content].append(model)
        for content, same in by_content.items():
            copies = _separate(same)
            if len(copies) > 1:
                found.append(DuplicateGroup(content[0], same[0].summary.size_bytes, tuple(map(_copy, copies))))
    return tuple(sorted(found, key=lambda group: -group.wasted_bytes))


def with_duplicates(models: Sequence[LibraryModel], hashes: FileHashes) -> list[LibraryModel]:
    """The same models, each with the ids of those that are the same file once more."""
    others: dict[int, tuple[int, ...]] = {}
    for group in duplicate_groups(models, hashes):
        ids = [copy.model_id for copy in group.copies]
        others |= {each: tuple(other for other in ids if other != each) for each in ids}
    return [replace(model, duplicates=others.get(model.id, ())) for model in models]


def wanted_hashes(models: Iterable[LibraryModel], hashes: FileHashes) -> list[Wanted]:
    """The files whose hash would tell whether they are duplicates: of the same size as others, and not known yet."""
    return [
        Wanted(model.id, model.title, path)
        for same_size in _by_size(models)
        if len(_separate(same_size)) > 1
        for model in same_size
        for path in model.files
        if not hashes.get(path, FileStamp.of(Path(path)))
    ]


def wanted_unasked(models: Iterable[LibraryModel], added: Iterable[LibraryModel], hashes: FileHashes) -> list[Wanted]:
    """The same for what was just ``added``, without being asked: only files as long as one of those, and none on a
    drive that can be unplugged, which may be slow."""
    lengths = {_length(model) for model in added}
    here = [model for model in models if _length(model) in lengths and drive_folder(Path(model.path)) is None]
    return wanted_hashes(here, hashes)


def content_hashes(model: LibraryModel, hashes: FileHashes) -> tuple[str, ...]:
    """The hashes of a model's files, in order; empty ones where they are not known."""
    return tuple(hashes.get(path, FileStamp.of(Path(path))) for path in model.files)


def _by_size(models: Iterable[LibraryModel]) -> list[list[LibraryModel]]:
    groups: defaultdict[tuple[int, int], list[LibraryModel]] = defaultdict(list)
    for model in models:
        if model.present:
            groups[_length(model)].append(model)
    return [group for group in groups.values() if len(group) > 1]


def _length(model: LibraryModel) -> tuple[int, int]:
    return model.summary.size_bytes, len(model.files)


def _separate(models: Sequence[LibraryModel]) -> list[LibraryModel]:
    """One model for each file on the disk; of several on one, Satchel's own or else the first."""
    by_file: dict[tuple[int, int], LibraryModel] = {}
    for model in sorted(models, key=lambda model: (model.in_place, model.id)):
        try:
            found = Path(model.path).stat()
        except OSError:
            continue
        by_file.setdefault((found.st_dev, found.st_ino), model)
    return sorted(by_file.values(), key=lambda model: model.id)


def _copy(model: LibraryModel) -> DuplicateCopy:
    return DuplicateCopy(model.id, model.title, model.path, model.program, freeable=not model.in_place)
