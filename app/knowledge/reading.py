"""Turn one file into ledger rows: hash, parse, chunk, commit."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.errors import DocumentError, FileChanged, FileVanished, Skipped
from app.core.jobs import CancelToken
from app.knowledge.chunk import chunk
from app.knowledge.file_records import FileRecord, FileState, chunk_hash
from app.knowledge.ledger import Ledger
from app.knowledge.parse import PARSER_VERSION, ParserProcess
from app.knowledge.vector_cache import embedded_text

log = logging.getLogger(__name__)

_HASH_UP_TO = 200 * 1024 * 1024
_TRIES = 3
CountTokens = Callable[[Sequence[str]], Sequence[int]]


def rough_tokens(texts: Sequence[str]) -> list[int]:
    """A stand-in while there is no embedding model: a token is about four bytes of text."""
    return [len(text.encode("utf-8", "replace")) // 4 + 1 for text in texts]


class FileReader:
    """Reads pending files into the ledger, one at a time."""

    def __init__(self, ledger: Ledger, parser: ParserProcess, count_tokens: CountTokens) -> None:
        self._ledger = ledger
        self._parser = parser
        self._count_tokens = count_tokens
        self._tries: dict[int, int] = {}

    def read(self, file: FileRecord, cancel: CancelToken) -> list[int]:
        """Bring the ledger up to date with one file, whatever it is now. Returns the ids of the chunks that are gone.

        What is wrong with the file is written to the ledger, not raised. Errors: :class:`Cancelled`; storage errors;
        :class:`WorkerError` when no parser process comes up.
        """
        try:
            gone = self._read(file, cancel)
        except Skipped as error:
            gone = self._ledger.mark_unreadable(file, "skipped", str(error), PARSER_VERSION)
        except FileVanished as error:
            gone = self._ledger.mark_missing([file], str(error))
        except FileChanged:
            self._tries[file.id] = self._tries.get(file.id, 0) + 1
            if self._tries[file.id] < _TRIES:
                cancel.wait(self._tries[file.id])  # somebody is writing it: a moment later it may be done
                return []  # and it stays pending
            reason = "This file is being written to all the time. Close the program that writes it, then try again."
            gone = self._ledger.mark_unreadable(file, "failed", reason, PARSER_VERSION)
        except DocumentError as error:
            gone = self._ledger.mark_unreadable(file, "failed", str(error), PARSER_VERSION)
        self._tries.pop(file.id, None)
        return gone

    def _read(self, file: FileRecord, cancel: CancelToken) -> list[int]:
        path = Path(file.path)
        before = _stat(path)
        state = FileState(before.st_size, before.st_mtime_ns, _hash(path, before), PARSER_VERSION)
        if state.hash and state.hash == file.hash and file.parser_version == PARSER_VERSION:
            self._ledger.mark_unchanged(file, state)
            return []
        if state.hash and self._ledger.adopt_renamed(file, state):
            return []
        parsed = self._parser.parse(path, cancel)
        after = _stat(path)
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise FileChanged("This file changed while it was being read.")
        chunks = chunk(parsed, self._count_tokens)
        cancel.check()
        hashes = [chunk_hash(embedded_text(c.heading, parsed.text[c.start : c.end])) for c in chunks]
        return self._ledger.commit_file(file, state, parsed, chunks, hashes)


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError as error:
        raise FileVanished("This file is not there any more.") from error
    except OSError as error:
        raise DocumentError("This file cannot be reached.", f"The system says: {error.strerror or error}.") from error


def _hash(path: Path, status: os.stat_result) -> bytes:
    """BLAKE2b of the content; empty for what the parser refuses anyway, with better words than could be found here."""
    if not stat.S_ISREG(status.st_mode) or status.st_size > _HASH_UP_TO:
        return b""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a pipe was put in its place
                return b""
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).digest()
    except OSError:
        return b""
