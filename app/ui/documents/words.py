"""What the window says of collections and their files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.knowledge.protocol import CollectionInfo, FileStatus
from app.ui.widgets.words import counted, number, time_left


def is_busy(info: CollectionInfo) -> bool:
    """Whether work goes on in it."""
    return info.phase in ("scanning", "indexing")


def fraction(info: CollectionInfo) -> float:
    """How much of it is done, 0.0 to 1.0: files that are read, and of their passages those found by meaning, too."""
    if not info.files:
        return 0.0
    embedded = info.embedded / info.chunks if info.chunks and not info.problem else 1.0
    return (info.files - info.pending) / info.files * embedded


def short_state(info: CollectionInfo) -> str:
    """One line for the list."""
    if info.problem:
        return info.problem
    if info.phase == "scanning" or info.pending or (is_busy(info) and info.embedded < info.chunks):
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
    """ "812 of 1,200 files, about 2 minutes left"; once all are read, it is passages that are waited for."""
    if info.phase == "scanning" or not info.files:
        return _t("Looking for files…")
    if info.pending or info.embedded >= info.chunks:
        done = _t("{done} of {all} files").format(done=number(info.files - info.pending), all=number(info.files))
    else:
        done = _t("{done} of {all} passages").format(done=number(info.embedded), all=number(info.chunks))
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
