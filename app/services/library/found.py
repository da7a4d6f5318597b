"""Other programs' models: found on a click, added in place, and asked when a file of the library is missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from app.core.errors import ModelError
from app.models.model import LibraryModel
from app.models.places.find import find_places
from app.models.places.user_folders import UserFolders
from app.models.places.values import FoundModel, PlaceReport
from app.services.library.shelf import Shelf


class FoundModels:
    """Safe from any thread. Nothing of other programs is ever written to."""

    def __init__(self, shelf: Shelf, folders: Callable[[], UserFolders]) -> None:
        self._shelf = shelf
        self._folders = folders

    def find(self) -> tuple[PlaceReport, ...]:
        """What each program has; ``in_library`` as of now."""
        records = self._shelf.records
        ours = {os.path.realpath(record.model.path) for record in records.all()}
        ours |= {os.path.realpath(adapter.path) for adapter in records.adapters.all()}
        return tuple(
            replace(
                report,
                found=tuple(replace(found, in_library=os.path.realpath(found.path) in ours) for found in report.found),
            )
            for report in find_places(self._folders())
        )

    def add(self, found: Sequence[FoundModel]) -> tuple[LibraryModel, ...]:
        """Add models where they lie; those that are there already are returned as they are.

        Errors: :class:`ModelError` that names those which could not be added; the others are, even then.
        """
        added: list[LibraryModel] = []
        failed: list[tuple[str, ModelError]] = []
        for each in found:
            try:
                added.append(self._add(each))
            except ModelError as error:
                failed.append((each.name, error))
        if failed:
            name, first = failed[0]
            names = ", ".join(name for name, _ in failed)
            what = f"{name} was not added." if len(failed) == 1 else f"{len(failed)} models were not added: {names}."
            raise ModelError(what, f"{first.what} {first.why}".strip(), first.next_step) from first
        return tuple(added)

    def same_content(self, model: LibraryModel) -> str:
        """The path of another program's file with the same content as a missing model's; empty if there is none.

        By hash, else by length and file name.
        """
        name, size = Path(model.path).name, model.summary.size_bytes
        for report in find_places(self._folders()):
            for found in report.found:
                if found.problem or len(found.parts) != len(model.parts) or found.size_bytes != size:
                    continue
                if found.sha256 == model.sha256 if found.sha256 and model.sha256 else Path(found.path).name == name:
                    return found.path
        return ""

    def at(self, path: Path) -> FoundModel | None:
        """What another program has at this path; None if it is nobody's."""
        real = os.path.realpath(path)
        models = (found for report in find_places(self._folders()) for found in report.found)
        return next((found for found in models if found.path and os.path.realpath(found.path) == real), None)

    def _add(self, found: FoundModel) -> LibraryModel:
        if found.problem or not found.path:
            raise ModelError(f"{found.name} cannot be used.", found.problem, f"See to it in {found.program}.")
        path = Path(found.path)
        known = self._shelf.known(path)
        if known is not None:
            return self._shelf.one(known.model.id)
        return self._shelf.put(
            path,
            in_place=True,
            program=found.program,
            found_name=found.name,
            source=found.source,
            sha256s=(found.sha256,),
        )
