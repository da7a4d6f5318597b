"""The head of the details: what is looked at, whose it is, and the ways out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme
from app.ui.widgets.basic import IconButton, column, label, row


class DetailsHead(QWidget):
    """``closed``; ``page_requested``: see it in the browser."""

    closed = Signal()
    page_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        name = "models.find.details"
        self._title = label(kind="title", wrap=True, name=f"{name}.title")
        self._author = label(kind="muted", wrap=True, selectable=True, name=f"{name}.author")
        self._back = IconButton(theme, "chevron-left", self.tr("Back to the list"), f"{name}.back", self.closed.emit)
        self._close = IconButton(theme, "x", self.tr("Close the details"), f"{name}.close", self.closed.emit)
        page = IconButton(
            theme, "external-link", self.tr("Open its page in the browser"), f"{name}.page", self.page_requested.emit
        )
        top = row(self._back, self._title, page, self._close, spacing=6)
        top.setStretch(1, 1)
        for widget in (self._back, page, self._close):
            top.setAlignment(widget, Qt.AlignmentFlag.AlignTop)
        inside = column(spacing=2, parent=self)
        inside.addLayout(top)
        inside.addWidget(self._author)
        inside.setContentsMargins(22, 16, 12, 8)
        self.set_narrow(False)

    @property
    def title(self) -> str:
        """What it says."""
        return self._title.text()

    def show_title(self, title: str, repo_id: str) -> None:
        """Say what is looked at."""
        self._title.setText(title)
        self._author.setText(repo_id)

    def set_narrow(self, narrow: bool) -> None:
        """Whether the details stand in the list's place, so that closing them is going back."""
        self._back.setVisible(narrow)
        self._close.setVisible(not narrow)
