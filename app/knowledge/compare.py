"""Bring the ledger in line with what is in a collection's folders: what is new, changed, left out or gone."""

from __future__ import annotations

from app.knowledge.ledger import Ledger
from app.knowledge.parse import PARSER_VERSION
from app.knowledge.scan import Scan

_GONE = (
    "This file is not where it was: deleted, moved, or on a drive that is not plugged in. "
    "What was read from it is kept."
)


def compare(ledger: Ledger, collection_id: int, found: Scan) -> list[int]:
    """New and changed files become pending. Returns the ids of the chunks that are gone."""
    known = ledger.files(collection_id)
    changed = []
    for path, (size, mtime_ns) in found.files.items():
        file = known.get(path)
        same = file is not None and (file.size, file.mtime_ns) == (size, mtime_ns)
        if file is not None and same and file.parser_version == PARSER_VERSION:
            if file.status == "missing":
                ledger.mark_there(file.id)
        elif file is None or file.status != "pending" or not same:
            changed.append((path, size, mtime_ns))
    ledger.add_files(collection_id, changed)
    ledger.skip_paths(
        collection_id,
        [
            (path, reason)
            for path, reason in found.skipped.items()
            if path not in known or known[path].status != "skipped"
        ],
    )
    gone = [file for path, file in known.items() if path not in found.files and path not in found.skipped]
    return ledger.mark_missing([file for file in gone if file.status != "missing"], _GONE)
