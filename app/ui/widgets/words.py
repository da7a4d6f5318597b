"""Counts, times and paths as people say them. Sizes: :func:`app.core.sizes.size_text`."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDate, QLocale


def counted(text: str, n: int) -> str:
    """English plurals for ``self.tr("%Ln file(s)", "", n)``: "1 file", "2 files". A translation has its own forms.

    English has no translation file of its own, so Qt would show the "(s)".
    """
    return text.replace("(s)", "" if n == 1 else "s")


def number(value: int) -> str:
    """With the language's thousands separators: "4,096"."""
    return QLocale().toString(value)


def day(moment: datetime) -> str:
    """ "24 November", where the person is; with the year when that is another."""
    here = moment.astimezone()
    form = "d MMMM" if here.year == datetime.now().astimezone().year else "d MMMM yyyy"
    return QLocale().toString(QDate(here.year, here.month, here.day), form)


def time_left(seconds: float | None) -> str:
    """ "a few seconds left", "about 3 minutes left"; empty while it is not known."""
    if seconds is None:
        return ""
    if seconds < 10:
        return QCoreApplication.translate("words", "a few seconds left")
    if seconds < 90:
        rounded = max(10, round(seconds / 10) * 10)
        return QCoreApplication.translate("words", "about {n} seconds left").format(n=rounded)
    minutes = round(seconds / 60)
    if minutes < 90:
        return counted(QCoreApplication.translate("words", "about %Ln minute(s) left", "", minutes), minutes)
    hours = round(seconds / 3600)
    return counted(QCoreApplication.translate("words", "about %Ln hour(s) left", "", hours), hours)


def parameters(count: int) -> str:
    """A model's number of weights: "135 M", "1.2 B"."""
    if count >= 950_000_000:
        return f"{count / 1e9:.1f} B"
    return f"{count / 1e6:.0f} M"


def short_path(path: str) -> str:
    """A path with the person's home folder as ``~``."""
    home = str(Path.home())
    return "~" + path[len(home) :] if path == home or path.startswith(home + os.sep) else path
