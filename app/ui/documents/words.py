"""What the window says of collections and their files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.knowledge.protocol import CollectionInfo, FileStatus
from app.ui.widgets.words import counted, number, time_left

_READING = 0.15
"""The share of reading in all that indexing does."""


def is_busy(info: CollectionInfo) -> bool:
    """Whether work goes on in it."""
    return info.phase in ("scanning", "indexing") and not info.halted


def unfinished(info: CollectionInfo) -> bool:
    """Whether there is still something to read, or passages that are not found by meaning yet."""
    return not info.problem and (info.phase == "scanning" or info.pending > 0 or info.embedded < info.chunks)


def fraction(info: CollectionInfo) -> float:
    """How much of it is done, 0.0 to 1.0, and 1.0 only when all is.

    Reading files is the small part; the vectors of their passages are the rest. Files that are still to be read are
    taken to have as many passages as the others.
    """
    if not info.files:
        return 0.0
    read = (info.files - info.pending) / info.files
    if info.problem:
        return read
    embedded = read * (info.embedded / info.chunks if info.chunks else 1.0)
    return _READING * read + (1 - _READING) * embedded


def percent(info: CollectionInfo) -> int:
    """:func:`fraction` for people: 100 only when all is done."""
    return int(fraction(info) * 100)


def short_state(info: CollectionInfo) -> str:
    """One line for the list."""
    if info.problem:
        return info.problem
    if info.phase == "scanning" or info.pending or (is_busy(info) and unfinished(info)):
        return progress_line(info)
    if not info.files:
        return _t("No files yet")
    return ", ".join(outcomes(info))


def outcomes(info: CollectionInfo) -> list[str]:
    """ "9 indexed", "2 skipped": only what there is."""
    named = (
        (info.indexed, _t("{n} indexed")),
        (info.skipped, _t("{n} skipped")),
        (info.failed, _t("{n} failed")),
        (info.missing, _t("{n} missing")),
    )
    return [text.format(n=number(count)) for count, text in named if count]


def long_state(info: CollectionInfo) -> str:
    """The line under the title."""
    passages = counted(QCoreApplication.translate("documents", "%Ln passage(s)", "", info.chunks), info.chunks)
    parts = [*outcomes(info), passages] if info.files else [_t("No files yet")]
    waiting = info.chunks - info.embedded
    if waiting > 0 and not is_busy(info):
        parts.append(_t("{n} of them found by words only so far").format(n=number(waiting)))
    return " · ".join(parts)


def progress_line(info: CollectionInfo) -> str:
    """ "812 of 1,200 files read, about 2 minutes left"; once all are, it is their passages that are waited for."""
    if info.phase == "scanning" or not info.files:
        return _t("Looking for files…")
    if info.pending or info.embedded >= info.chunks:
        all_files = counted(QCoreApplication.translate("documents", "%Ln file(s)", "", info.files), info.files)
        done = _t("{done} of {files} read").format(done=number(info.files - info.pending), files=all_files)
    else:
        files = counted(QCoreApplication.translate("documents", "%Ln file(s) read", "", info.files), info.files)
        passages = counted(QCoreApplication.translate("documents", "%Ln passage(s)", "", info.chunks), info.chunks)
        done = f"{files}; {_t('{done} of {passages} ready').format(done=number(info.embedded), passages=passages)}"
    if info.phase == "paused":
        return _t("Paused at {done}").format(done=done)
    left = time_left(info.seconds_left)
    return f"{done}, {left}" if left else done


def status_words(status: FileStatus) -> str:
    """A file's state in a word."""
    words: dict[FileStatus, str] = {
        "pending": _t("Waiting"),
        "indexed": _t("Indexed"),
        "skipped": _t("Skipped"),
        "failed": _t("Failed"),
        "missing": _t("Missing"),
    }
    return words[status]


STATUS_ICONS: dict[FileStatus, tuple[str, str]] = {
    "pending": ("clock", "muted"),
    "indexed": ("circle-check", "good"),
    "skipped": ("info", "muted"),
    "failed": ("circle-alert", "bad"),
    "missing": ("circle-help", "warn"),
}


def file_icon(path: str) -> str:
    """An icon for a kind of file."""
    suffix = Path(path).suffix.lower()
    if suffix in {".py", ".js", ".ts", ".c", ".cpp", ".h", ".rs", ".go", ".java", ".sh", ".json", ".toml", ".yaml"}:
        return "file-code"
    if suffix in {".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"}:
        return "file-image"
    return "file-text"


def _t(text: str) -> str:
    return QCoreApplication.translate("documents", text)
