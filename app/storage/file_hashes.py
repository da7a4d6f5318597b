"""SHA-256 of model files, kept so that gigabytes are read once. A hash holds as long as the file's stamp does."""

from __future__ import annotations

from app.core.database import Database
from app.storage.file_stamp import FileStamp


class FileHashes:
    """The table of hashes by path. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, path: str, stamp: FileStamp | None) -> str:
        """In hexadecimal; empty when it is not known of the file as it is now."""
        if stamp is None:
            return ""
        rows = self._database.query(
            "SELECT sha256 FROM file_hashes WHERE path = ? AND size_bytes = ? AND mtime_ns = ?",
            (path, stamp.size_bytes, stamp.mtime_ns),
        )
        return str(rows[0][0]) if rows else ""

    def last(self, path: str) -> str:
        """The last known one, of a file that may be gone or another now; empty without one."""
        rows = self._database.query("SELECT sha256 FROM file_hashes WHERE path = ?", (path,))
        return str(rows[0][0]) if rows else ""

    def set(self, path: str, stamp: FileStamp, sha256: str) -> None:
        """Keep one."""
        self._database.execute(
            "INSERT INTO file_hashes(path, size_bytes, mtime_ns, sha256) VALUES (?, ?, ?, ?) ON CONFLICT(path)"
            " DO UPDATE SET size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, sha256 = excluded.sha256",
            (path, stamp.size_bytes, stamp.mtime_ns, sha256.lower()),
        )

    def forget(self, path: str) -> None:
        """The file is another one now."""
        self._database.execute("DELETE FROM file_hashes WHERE path = ?", (path,))

    def moved(self, old: str, new: str) -> None:
        """The file has another path now and is the same."""
        self._database.execute("UPDATE OR REPLACE file_hashes SET path = ? WHERE path = ?", (new, old))
