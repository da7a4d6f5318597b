"""The collections of the ledger: their names, their roots, how far each is."""

from __future__ import annotations

import time
from collections.abc import Iterable

from app.core.database import Database
from app.core.errors import DocumentError
from app.knowledge.file_records import Counts, without_surrogates


class CollectionTable:
    """Named sets of folders and files. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def create_collection(self, name: str, roots: Iterable[str]) -> int:
        """Returns the id. A name that is taken gets a number: "Notes (2)"."""
        with self._db.transaction():
            collection_id = self._db.insert("INSERT INTO collections (name) VALUES (?)", (self._free_name(name),))
            self.add_roots(collection_id, roots)
        return collection_id

    def add_roots(self, collection_id: int, roots: Iterable[str]) -> None:
        """Add folders and files; those that are there already stay."""
        self.check_collection(collection_id)
        self._db.execute_many(
            "INSERT OR IGNORE INTO roots (collection_id, path) VALUES (?, ?)", [(collection_id, path) for path in roots]
        )

    def rename_collection(self, collection_id: int, name: str) -> None:
        """A name that is taken gets a number."""
        self.check_collection(collection_id)
        with self._db.transaction():
            self._db.execute("UPDATE collections SET name='' WHERE id=?", (collection_id,))
            self._db.execute("UPDATE collections SET name=? WHERE id=?", (self._free_name(name), collection_id))

    def hide_collection(self, collection_id: int) -> None:
        """Remove it for people: it is not there any more, until it is restored or :meth:`remove_collection` is called.

        Error: :class:`DocumentError` when it is not there.
        """
        self.check_collection(collection_id)
        self._db.execute(
            "UPDATE collections SET removed_at=?, removed_name=name, name='removed/' || id WHERE id=?",
            (time.time(), collection_id),
        )

    def restore_collection(self, collection_id: int) -> None:
        """Bring a hidden one back; if its name is taken by now it gets a number. Error: :class:`DocumentError`."""
        with self._db.transaction():
            rows = self._db.execute(
                "SELECT removed_name FROM collections WHERE id=? AND removed_at IS NOT NULL", (collection_id,)
            )
            if not rows:
                raise _not_there()
            self._db.execute(
                "UPDATE collections SET removed_at=NULL, removed_name=NULL, name=? WHERE id=?",
                (self._free_name(rows[0][0]), collection_id),
            )

    def hidden_collections(self, older_than_s: float) -> list[int]:
        """Those that were hidden longer ago than that."""
        rows = self._db.query("SELECT id FROM collections WHERE removed_at<=?", (time.time() - older_than_s,))
        return [row[0] for row in rows]

    def remove_collection(self, collection_id: int) -> list[int]:
        """Forget it and all of its files. Returns the ids of the chunks that are gone."""
        with self._db.transaction():
            gone = [row[0] for row in self._db.execute("SELECT id FROM chunks WHERE collection_id=?", (collection_id,))]
            self._db.execute(
                "DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE collection_id=?)", (collection_id,)
            )
            self._db.execute("DELETE FROM chunks WHERE collection_id=?", (collection_id,))
            self._db.execute("DELETE FROM collections WHERE id=?", (collection_id,))
        return gone

    def collections(self) -> list[tuple[int, str]]:
        """Ids and names, by name."""
        return [
            (row[0], row[1])
            for row in self._db.query("SELECT id, name FROM collections WHERE removed_at IS NULL ORDER BY name, id")
        ]

    def roots(self, collection_id: int) -> list[str]:
        """A collection's folders and files, in the order they were added."""
        return [
            path
            for (path,) in self._db.query("SELECT path FROM roots WHERE collection_id=? ORDER BY id", (collection_id,))
        ]

    def counts(self, collection_id: int) -> Counts:
        """How many files are in which state, how many chunks there are, how many have their vector."""
        by_status = self._db.query(
            "SELECT status, count(*) FROM files WHERE collection_id=? GROUP BY status", (collection_id,)
        )
        [(chunks, embedded)] = self._db.query(
            "SELECT count(*), count(vector_id) FROM chunks WHERE collection_id=?", (collection_id,)
        )
        return Counts({str(status): int(count) for status, count in by_status}, chunks, embedded)

    def check_collection(self, collection_id: int) -> None:
        """Error: :class:`DocumentError` when it is not there (any more)."""
        sql = "SELECT 1 FROM collections WHERE id=? AND removed_at IS NULL"
        if not self._db.query(sql, (collection_id,)) and not self._db.execute(sql, (collection_id,)):
            raise _not_there()

    def _free_name(self, wanted: str) -> str:
        base = without_surrogates(" ".join(wanted.split())) or "Documents"
        name, n = base, 1
        while self._db.execute("SELECT 1 FROM collections WHERE name=?", (name,)):
            n += 1
            name = f"{base} ({n})"
        return name


def _not_there() -> DocumentError:
    return DocumentError("This collection is not there any more.", "It was removed.", "Choose another one.")
