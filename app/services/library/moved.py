"""Models whose files were moved: found again, and taken for the same only when they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.core.errors import ModelError
from app.core.jobs import CancelToken, Progress
from app.core.paths import Home
from app.models.model import LibraryModel
from app.models.places.search import Search, nobody
from app.models.split import part_paths
from app.services.events import LibraryChanged, NoticeRaised, Publish
from app.services.library.found import FoundModels
from app.services.library.hashing import hash_file
from app.services.library.paths import resolved
from app.services.library.shelf import Shelf
from app.storage.file_stamp import FileStamp


class Moved:
    """Safe from any thread as far as one model is handled by one. Errors: :class:`ModelError`."""

    def __init__(self, shelf: Shelf, found: FoundModels, home: Home, publish: Publish) -> None:
        self._shelf = shelf
        self._records = shelf.records
        self._found = found
        self._home = home
        self._publish = publish

    def look_for(
        self, model_id: int, on_progress: Callable[[Progress], None] = nobody, cancel: CancelToken | None = None
    ) -> str:
        """Where a missing model's file may lie now: nearby, or in another program's folder; empty if it is not found.

        Errors: also :class:`Cancelled`.
        """
        model, search = self._shelf.one(model_id), Search(on_progress, cancel or CancelToken())
        return "" if model.present else model.found_at or self._found.same_content(model, search)

    def relink(
        self,
        model_id: int,
        path: Path | None = None,
        on_progress: Callable[[Progress], None] = nobody,
        cancel: CancelToken | None = None,
    ) -> LibraryModel:
        """Take another path for a model whose file moved; None: ``found_at``. Its content is compared if a hash is
        known (which reads the file), else it is said that it was not.

        Errors: also when the file there is another model; :class:`Cancelled` (nothing changes then).
        """
        compared = self._relink(model_id, path, on_progress, cancel or CancelToken())
        model = self._shelf.one(model_id)
        self._publish(LibraryChanged())
        if not compared:
            what = f"{model.title} was recognised by its header and its length."
            self._publish(NoticeRaised(what, "No hash of it was known, so its content was not compared.", "", "info"))
        return model

    def _relink(
        self, model_id: int, path: Path | None, on_progress: Callable[[Progress], None], cancel: CancelToken
    ) -> bool:
        """Whether its content was compared by hash."""
        model = self._shelf.one(model_id)
        if path is None and not model.found_at:
            raise ModelError(f"{model.title} was not found again.", model.missing_reason, "Show where its file is.")
        path = resolved(path if path is not None else Path(model.found_at))
        _, summary = self._shelf.read(path)
        files = part_paths(path) if summary.n_parts > 1 else (path,)
        path = files[0]
        known = self._shelf.known(path)
        if known is not None and known.model.id != model.id:
            raise ModelError(f"{path.name} is in the library already.", "", f"Delete {model.title} if it is the same.")
        if replace(summary, name="") != replace(model.summary, name=""):
            raise _not_the_same(path, model, "Its header is another one.")
        own = not model.in_place and self._home.models.resolve() in path.parents
        theirs = None if own else self._found.at(path, Search(on_progress, cancel))
        compared = self._compare(model, files, on_progress, cancel)
        stamp = FileStamp.of_all(map(str, files))
        if stamp is None:
            raise ModelError(f"{path.name} is gone.", "It was there a moment ago.", "Choose another file.")
        self._records.move(
            model.id,
            path,
            in_place=not own,
            program=theirs.program if theirs is not None else "",
            found_name=theirs.name if theirs is not None else "",
        )
        self._records.replace_summary(model.id, summary, stamp)
        for old, new in zip(model.files, files, strict=True):
            if not self._records.hashes.get(str(new), FileStamp.of(new)):
                self._records.hashes.moved(old, str(new))
        return compared

    def _compare(
        self,
        model: LibraryModel,
        files: tuple[Path, ...],
        on_progress: Callable[[Progress], None],
        cancel: CancelToken,
    ) -> bool:
        """Read the files whose hash is known and compare; whether it was known of all."""
        hashes = self._records.hashes
        if len(files) == 1:  # a hash from before its last change says nothing
            wanted = [(files[0], hashes.get(model.path, self._shelf.record(model.id).stamp))]
        else:
            wanted = [(new, hashes.last(old)) for old, new in zip(model.files, files, strict=True)]
        done, total = 0, sum(new.stat().st_size for new, sha256 in wanted if sha256)

        def read(count: int) -> None:
            nonlocal done
            done += count
            on_progress(Progress(done, total, "bytes", "comparing"))

        for new, sha256 in wanted:
            if sha256 and hash_file(new, hashes, cancel, read) != sha256:
                raise _not_the_same(new, model, "It is as long, and its content is another one.")
        return all(sha256 for _, sha256 in wanted)


def _not_the_same(path: Path, model: LibraryModel, why: str) -> ModelError:
    return ModelError(f"{path.name} is not {model.title}.", why, "Add it as a model of its own.")
