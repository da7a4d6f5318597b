"""A conversation in which nothing was said yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.knowledge.protocol import CollectionInfo
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, label, row
from app.ui.widgets.page import scrolling

_OFFERED = 3


class EmptyConversation(QWidget):
    """A greeting, what answers here, and a few questions to begin with."""

    example_chosen = Signal(str)
    attach_requested = Signal(int)

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
        content = QWidget()
        whole = column(parent=content)
        whole.setContentsMargins(24, 24, 24, 24)
        middle = row()
        middle.addStretch(1)
        middle.addWidget(holder, 1000)
        middle.addStretch(1)
        whole.addStretch(3)
        whole.addLayout(middle)
        whole.addStretch(4)
        column(scrolling(content, "empty.scroll"), parent=self)  # a laptop's screen at 200 % is too low for all of it
        self._buttons: list[QWidget] = []
        self._shown: tuple[object, ...] | None = None
        self.show_collections((), ())

    def show_collections(self, attached: Sequence[CollectionInfo], others: Sequence[CollectionInfo]) -> None:
        """Which documents answer here, and which could."""
        names = tuple(info.name for info in attached)
        shown = (names, tuple((info.id, info.name) for info in others[:_OFFERED]))
        if shown == self._shown:
            return
        self._shown = shown
        if names:
            self._greet_with_documents(names)
            examples = (
                self.tr("What are these documents about?"),
                self.tr("Which dates and deadlines are mentioned?"),
                self.tr("What should I do first, according to them?"),
            )
            self._offer([(text, partial(self.example_chosen.emit, text)) for text in examples])
        else:
            self._greet()
            words = self.tr("Ask the documents in “{name}”")
            self._offer(
                [
                    (words.format(name=info.name), partial(self.attach_requested.emit, info.id))
                    for info in others[:_OFFERED]
                ]
            )

    def _greet(self) -> None:
        self._icon.set_icon("message-square", "accent")
        self._title.setText(self.tr("What would you like to know?"))
        self._words.setText(
            self.tr(
                "Everything stays on this machine. Drop a folder on the window to get answers "
                "from your own documents, with their sources."
            )
        )

    def _greet_with_documents(self, names: tuple[str, ...]) -> None:
        self._icon.set_icon("book-open", "accent")
        self._title.setText(self.tr("Ask about your documents"))
        listed = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
        self._words.setText(
            self.tr(
                "Answers come from {names}: first the sentences themselves, each with its source, "
                "then the model's summary, checked against them."
            ).format(names=listed)
        )

    def _offer(self, choices: Sequence[tuple[str, Callable[[], object]]]) -> None:
        for old in self._buttons:
            self._examples.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._buttons = []
        for number, (text, do) in enumerate(choices, 1):
            made = button(text, f"empty.example{number}", None, "example")
            made.clicked.connect(lambda _=False, do=do: do())
            self._examples.addWidget(made)
            self._buttons.append(made)
