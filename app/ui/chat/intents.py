"""What a person does inside the conversation, gathered in one place so that a hundred messages need no wiring each."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class SourceSpan:
    """Where to open the source pane: characters ``start..end`` of a file's text."""

    file_id: int
    start: int
    end: int
    title: str
    number: int = 0


class Intents(QObject):
    """Signals that messages emit and the page acts on."""

    source_requested = Signal(object)
    """A :class:`SourceSpan`."""
    link_clicked = Signal(str)
    regenerate_requested = Signal(bool)
    """Answer the last question anew; whether from the documents."""
    version_requested = Signal(int)
    """Show the path through this message."""
    edit_requested = Signal(int, str)
    """Ask this question again in other words: its id and its text."""
