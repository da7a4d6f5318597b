"""Other programs' models: found on a click, added in place, and asked when a file of the library is missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from app.core.errors import ModelError
from app.core.jobs import CancelToken, Progress
from app.models.adapter import Adapter
from app.models.library_values import AddedModels
from app.models.model import LibraryModel
from app.models.places.find import find_places
from app.models.places.search import Search, nobody
from app.models.places.user_folders import UserFolders
from app.models.places.values import FoundModel, PlaceReport
from app.services.events import LibraryChanged, Publish
from app.services.library.adapters import Adapters
from app.services.library.duplicates import Duplicates
from app.services.library.shelf import Shelf


class FoundModels:
    """What Ollama, LM Studio, the Hugging Face cache, GPT4All and Jan have here. Safe from any thread.

    Nothing of other programs is ever written to.
    """

    def __init__(
        self,
        shelf: Shelf,
        adapters: Adapters,
        duplicates: Duplicates,
        folders: Callable[[], UserFolders],
        publish: Publish,
    ) -> None:
        self._shelf = shelf
        self._adapters = adapters
        self._duplicates = duplicates
        self._folders = folders
        self._publish = publish

    def find(
        self, on_progress: Callable[[Progress], None] = nobody, cancel: CancelToken | None = None
    ) -> tuple[PlaceReport, ...]:
        """What each program has; ``in_library`` as of now. Errors: :class:`Cancelled`."""
        search = Search(on_progress, cancel or CancelToken())
        records = self._shelf.records
        ours = {os.path.realpath(record.model.path) for record in records.all()}
        ours |= {os.path.realpath(adapter.path) for adapter in records.adapters.all()}
        return tuple(
            replace(
                report,
                found=tuple(replace(found, in_library=os.path.realpath(found.path) in ours) for found in report.found),
            )
            for report in find_places(self._folders(), search)
        )

    def add(
        self,
        found: Sequence[FoundModel],
        on_progress: Callable[[Progress], None] = nobody,
        cancel: CancelToken | None = None,
    ) -> AddedModels:
        """Add models and adapters where they lie; those that are there already are given as they are.

        What only helps a model to read images is left out. A cancel ends it between two of them; what was added stays.
        """
        cancel = cancel or CancelToken()
        models: list[LibraryModel] = []
        adapters: list[Adapter] = []
        failed: list[tuple[str, ModelError]] = []
        for number, each in enumerate(found):
            if cancel.cancelled:
                break
            on_progress(Progress(number, len(found), "models", each.name))
            try:
                if each.kind == "model":
                    models.append(self._add(each))
                elif each.kind == "adapter":
                    adapters.append(self._adapters.keep(_usable(each)))
            except ModelError as error:
                failed.append((each.name, error))
        self._duplicates.look_for(models)
        self._publish(LibraryChanged())
        return AddedModels(tuple(models), tuple(adapters), tuple(failed))

    def same_content(self, model: LibraryModel, search: Search) -> str:
        """The path of another program's file with the same content as a missing model's; empty if there is none.

        By hash, else by length and file name. Errors: :class:`Cancelled`.
        """
        name, size = Path(model.path).name, model.summary.size_bytes
        for report in find_places(self._folders(), search):
            for found in report.found:
                if found.problem or len(found.parts) != len(model.parts) or found.size_bytes != size:
                    continue
                if found.sha256 == model.sha256 if found.sha256 and model.sha256 else Path(found.path).name == name:
                    return found.path
        return ""

    def at(self, path: Path, search: Search) -> FoundModel | None:
        """What another program has at this path; None if it is nobody's. Errors: :class:`Cancelled`."""
        real = os.path.realpath(path)
        models = (found for report in find_places(self._folders(), search) for found in report.found)
        return next((found for found in models if found.path and os.path.realpath(found.path) == real), None)

    def _add(self, found: FoundModel) -> LibraryModel:
        path = _usable(found)
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


def _usable(found: FoundModel) -> Path:
    if found.problem or not found.path:
        raise ModelError(f"{found.name} cannot be used.", found.problem, f"See to it in {found.program}.")
    return Path(found.path)
