"""Adding models: files of the person's, in place or copied, downloads, and the starter models."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.errors import ModelError
from app.core.jobs import CancelToken, Progress
from app.core.paths import Home
from app.models.model import LibraryModel, ModelSummary
from app.models.source import ModelSource
from app.models.split import part_names, part_paths
from app.models.starters import starter_folder
from app.services.library.paths import resolved
from app.services.library.shelf import Shelf
from app.services.library.verdicts import first_part
from app.services.model_files import copy_model
from app.storage.facts import Facts
from app.storage.file_stamp import FileStamp

log = logging.getLogger(__name__)

_STARTERS_SEEN = "library.starters_seen"


class Adding:
    """Safe from any thread; one model is added at a time."""

    def __init__(self, shelf: Shelf, facts: Facts, home: Home) -> None:
        self._shelf = shelf
        self._records = shelf.records
        self._facts = facts
        self._home = home
        self._one_at_a_time = threading.Lock()

    def add(
        self,
        path: Path,
        summary: ModelSummary,
        copy: bool,
        on_progress: Callable[[Progress], None],
        cancel: CancelToken,
        *,
        source: ModelSource | None = None,
        sha256s: Sequence[str] = (),
        found_name: str = "",
    ) -> tuple[LibraryModel, bool]:
        """Add a file; with the model, whether it is new. Errors: :class:`ModelError`, :class:`DiskFull`,
        :class:`Cancelled`."""
        path = first_part(resolved(path), summary)
        with self._one_at_a_time:
            if source is not None:
                self._updated(source)
            ours = self._home.models.resolve() in path.parents
            copy = copy and not ours  # a copy of a copy helps nobody
            known = self._records.by_origin(path) if copy else self._shelf.known(path)
            if known is not None and FileStamp.of_all(known.model.files) is not None:
                self._shelf.learn(known.model.files, sha256s)
                if source is not None:
                    self._records.set_source(known.model.id, source)
                return self._shelf.one(known.model.id), False
            target = path
            if copy:
                parts = part_paths(path) if summary.n_parts > 1 else ()
                target = copy_model(path, self._home.models, on_progress, cancel, parts)
            added = self._shelf.put(
                target,
                in_place=not (copy or ours),
                copied_from=str(path) if copy else "",
                source=source,
                sha256s=sha256s,
                found_name=found_name,
            )
        return added, True

    def _updated(self, source: ModelSource) -> None:
        """The newer file of a model is here now, in its place or beside it."""
        wanted = (source.repo_id, source.revision, source.file)
        for record in self._records.all():
            newer = record.model.newer
            if newer is not None and (newer.source.repo_id, newer.source.revision, newer.source.file) == wanted:
                self._records.set_newer(record.model.id, None)

    def starters(self) -> bool:
        """Add the models that packaging made, once; whether there were any."""
        seen: list[str] = json.loads(self._facts.get(_STARTERS_SEEN) or "[]")
        changed = False
        for folder in (self._home.models, starter_folder()):
            for path in _gguf_files(folder):
                if str(path) in seen or self._records.by_path(path) is not None:
                    continue
                try:
                    self._shelf.put(path, in_place=folder != self._home.models)
                except ModelError as error:
                    log.warning("not added to the library: %s", error)
                    continue
                seen.append(str(path))
                changed = True
        if changed:
            self._facts.set(_STARTERS_SEEN, json.dumps(seen))
        return changed


def _gguf_files(folder: Path) -> list[Path]:
    """Those directly in a folder, without links; of split models the first part."""
    if not folder.is_dir():
        return []
    found = dict.fromkeys(sorted(path.resolve() for path in folder.glob("*.gguf") if path.is_file()))
    return [path for path in found if path.name not in part_names(path.name)[1:]]
