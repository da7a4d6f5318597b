"""A conversation in which nothing was said yet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.knowledge.protocol import CollectionInfo
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, label, row


class EmptyConversation(QWidget):
    """A greeting, what answers here, and a few questions to begin with."""

    example_chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("empty")
        self._title = label("", "display", wrap=True, name="empty.title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._words = label("", "muted", wrap=True, name="empty.words")
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._icon = Icon(theme, "book-open", "accent", 34)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        holder = QWidget()
        holder.setMaximumWidth(520)
        self._examples = column(spacing=8)
        inside = column(self._icon, self._title, self._words, parent=holder, spacing=10)
        inside.addSpacing(14)
        inside.addLayout(self._examples)
        whole = column(parent=self)
        whole.setContentsMargins(24, 24, 24, 24)
        middle = row()
        middle.addStretch(1)
        middle.addWidget(holder, 1000)
        middle.addStretch(1)
        whole.addStretch(3)
        whole.addLayout(middle)
        whole.addStretch(4)
        self._buttons: list[QWidget] = []
        self._shown: tuple[str, ...] | None = None
        self.show_attached(())

    def show_attached(self, infos: Sequence[CollectionInfo]) -> None:
        """Which documents answer here."""
        names = tuple(info.name for info in infos)
        if names == self._shown:
            return
        self._shown = names
        if names:
            self._icon.set_icon("book-open", "accent")
            self._title.setText(self.tr("Ask about your documents"))
            shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
            self._words.setText(
                self.tr(
                    "Answers come from {names}: first the sentences themselves, each with its source, "
                    "then the model's summary, checked against them."
                ).format(names=shown)
            )
            examples = [
                self.tr("What are these documents about?"),
                self.tr("Which dates and deadlines are mentioned?"),
                self.tr("What should I do first, according to them?"),
            ]
        else:
            self._icon.set_icon("message-square", "accent")
            self._title.setText(self.tr("What would you like to know?"))
            self._words.setText(
                self.tr(
                    "Everything stays on this machine. Drop a folder on the window to get answers "
                    "from your own documents, with their sources."
                )
            )
            examples = []
        for old in self._buttons:
            self._examples.removeWidget(old)
            old.deleteLater()
        self._buttons = []
        for number, text in enumerate(examples, 1):
            made = button(text, f"empty.example{number}", partial(self.example_chosen.emit, text), "example")
            self._examples.addWidget(made)
            self._buttons.append(made)
