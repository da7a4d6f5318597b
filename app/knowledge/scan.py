"""Walk a collection's folders: which files are there, and what is deliberately not looked into.

Nothing is opened here. A folder is visited once, by device and inode, so that links in a circle end; links to files
outside are followed, links to files that are found anyway are not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.core.jobs import CancelToken

# What programs put there for themselves, in tens of thousands of files.
_MACHINE_FOLDERS = {
    "node_modules": "the packages of a JavaScript project",
    "__pycache__": "Python's compiled files",
    "venv": "the packages of a Python project",
    "site-packages": "the packages of a Python project",
    "$RECYCLE.BIN": "deleted files",
    "System Volume Information": "Windows' own files",
}
_HIDDEN_ATTRIBUTE = 0x2


@dataclass
class Scan:
    """``files``: path to (size, mtime_ns). ``skipped``: path to why. ``gone_roots``: roots that are not there now."""

    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    gone_roots: list[str] = field(default_factory=list)


def scan(roots: Sequence[str], cancel: CancelToken) -> Scan:
    """All files under ``roots``, which are looked into even if hidden. Error: :class:`Cancelled`."""
    found = Scan()
    visited: set[tuple[int, int]] = set()
    resolved = [os.path.realpath(root) for root in roots]
    for root in roots:
        try:
            status = Path(root).stat()
        except OSError:
            found.gone_roots.append(root)
            continue
        if stat.S_ISDIR(status.st_mode):
            _walk(root, found, visited, resolved, cancel)
        elif stat.S_ISREG(status.st_mode):
            found.files[root] = (status.st_size, status.st_mtime_ns)
        else:
            found.skipped[root] = f"It is {_kind(status.st_mode)}, not a file."
    return found


def _walk(top: str, found: Scan, visited: set[tuple[int, int]], roots: Sequence[str], cancel: CancelToken) -> None:
    waiting = [top]
    while waiting:
        cancel.check()
        folder = waiting.pop()
        try:
            status = Path(folder).stat()
            if (status.st_dev, status.st_ino) in visited and status.st_ino:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            found.skipped[_clean(folder)] = f"This folder cannot be read: {error.strerror or error}."
            continue
        waiting += reversed([entry.path for entry in inside if _look_at(entry, found, roots)])


def _look_at(entry: os.DirEntry[str], found: Scan, roots: Sequence[str]) -> bool:
    """Note a file, or why something is left out; True for a folder to walk into."""
    path = entry.path
    if _clean(path) != path:
        found.skipped[_clean(path)] = "Its name is not valid text. Rename it, then look for changes again."
        return False
    try:
        status = entry.stat()
    except OSError as error:
        broken = entry.is_symlink()
        found.skipped[path] = "It is a link to nothing." if broken else f"It cannot be read: {error.strerror or error}."
        return False
    is_folder = stat.S_ISDIR(status.st_mode)
    hidden = entry.name.startswith((".", "~$")) or getattr(status, "st_file_attributes", 0) & _HIDDEN_ATTRIBUTE
    if hidden:
        found.skipped[path] = f"Hidden {'folders' if is_folder else 'files'} are not looked into."
        return False
    if is_folder:
        if entry.name in _MACHINE_FOLDERS:
            found.skipped[path] = f"Not looked into: a folder of this name holds {_MACHINE_FOLDERS[entry.name]}."
            return False
        return True
    if not stat.S_ISREG(status.st_mode):
        found.skipped[path] = f"It is {_kind(status.st_mode)}, not a file."
    elif not (entry.is_symlink() and _is_below(os.path.realpath(path), roots)):
        found.files[path] = (status.st_size, status.st_mtime_ns)
    return False


def _is_below(path: str, roots: Sequence[str]) -> bool:
    return any(parent in roots for parent in _parents(path))


def _parents(path: str) -> Iterator[str]:
    yield path
    yield from map(str, Path(path).parents)


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in kinds if test(mode)), "something special")


def _clean(path: str) -> str:
    """Names that are not valid UTF-8 arrive with lone surrogates, which neither a database nor a message can hold."""
    return path.encode("utf-8", "replace").decode("utf-8")
