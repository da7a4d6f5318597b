"""The collections of the ledger: their names, their roots, how far each is."""

from __future__ import annotations

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
        return [(row[0], row[1]) for row in self._db.query("SELECT id, name FROM collections ORDER BY name, id")]

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
        if not self._db.query("SELECT 1 FROM collections WHERE id=?", (collection_id,)) and not self._db.execute(
            "SELECT 1 FROM collections WHERE id=?", (collection_id,)
        ):
            raise DocumentError("This collection is not there any more.", "It was removed.", "Choose another one.")

    def _free_name(self, wanted: str) -> str:
        base = without_surrogates(" ".join(wanted.split())) or "Documents"
        name, n = base, 1
        while self._db.execute("SELECT 1 FROM collections WHERE name=?", (name,)):
            n += 1
            name = f"{base} ({n})"
        return name
