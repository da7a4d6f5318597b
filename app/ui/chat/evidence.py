"""What the documents say: quotes above the model's answer, numbered sources below it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.chat.rows import quote_text
from app.chat.sources import Citation, Evidence, Passage, Quote
from app.ui.chat.cards import CardButton, number_badge
from app.ui.chat.intents import Intents, SourceSpan
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, frame, label, row
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.words import counted

_NEAREST = 3


def place(passage: Passage, page: int | None = None, heading: str = "") -> str:
    """ "handbook.pdf › page 3 › Warranty"; ``page`` and ``heading`` of a part of it, where they are known."""
    name = PurePath(passage.path.replace("\\", "/")).name or passage.title
    number = page if page is not None else passage.page
    parts = [name]
    if number is not None:
        parts.append(QCoreApplication.translate("Evidence", "page {number}").format(number=number))
    if heading or passage.heading:
        parts.append(heading or passage.heading)
    return " › ".join(parts)


def span_of(passage: Passage, part: Quote | Citation | None = None) -> SourceSpan:
    """Where a passage, or the part of it that is cited, stands."""
    start, end = (part.start, part.end) if part is not None else (passage.start, passage.end)
    return SourceSpan(passage.file_id, start, end, passage.title or place(passage), passage.number)


class EvidenceView(QWidget):
    """The documents' own sentences, or that they have none. ``name`` begins the object names."""

    def __init__(self, theme: Theme, evidence: Evidence, intents: Intents, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._intents = intents
        self._theme = theme
        self.found = evidence.found
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        if evidence.found and evidence.quotes:
            self._show_quotes(evidence, name)
        else:
            self._show_nothing_found(evidence, name)

    def _show_quotes(self, evidence: Evidence, name: str) -> None:
        head = row(Icon(self._theme, "text-quote", "accent", 15), label(self.tr("From your documents"), "section"))
        head.addStretch()
        self._column.addLayout(head)
        passages = {passage.number: passage for passage in evidence.passages}
        for index, quote in enumerate(evidence.quotes, 1):
            passage = passages.get(quote.passage)
            if passage is not None:
                self._column.addWidget(self._card(quote, passage, f"{name}.quote{index}"))

    def _card(self, quote: Quote, passage: Passage, name: str) -> CardButton:
        where = place(passage, quote.page, quote.heading)
        words = self.tr("Quote from {place}: {text}").format(place=where, text=quote_text(quote.text))
        card = CardButton("quote", name, words)
        card.setToolTip(self.tr("Show this in its document"))
        text = label(quote_text(quote.text), "quoted", wrap=True)
        below = row(number_badge(passage.number), ElidedLabel(where, "small"), spacing=8)
        content = column(text, spacing=8)
        content.addLayout(below)
        content.setContentsMargins(14, 10, 14, 10)
        card.fill(content)
        card.clicked.connect(lambda _=False: self._intents.source_requested.emit(span_of(passage, quote)))
        return card

    def _show_nothing_found(self, evidence: Evidence, name: str) -> None:
        box = frame("well", f"{name}.none")
        box.setAccessibleName(self.tr("Not in your documents"))
        head = row(Icon(self._theme, "file-search", "muted", 18), label(self.tr("Not in your documents"), "strong"))
        head.addStretch()
        nearest = evidence.passages[:_NEAREST]
        said = self.tr("The nearest passages:") if nearest else self.tr("Nothing in them is close to this question.")
        content = column(parent=box, spacing=6)
        content.setContentsMargins(14, 12, 14, 12)
        content.addLayout(head)
        content.addWidget(label(said, "muted", wrap=True))
        for passage in nearest:
            content.addWidget(source_link(passage, self._intents, f"{name}.nearest{passage.number}", quiet=True))
        self._column.addWidget(box)


class SourcesView(QWidget):
    """The numbered sources below an answer: those it stands on, and behind a click those that were only read."""

    def __init__(self, used: Iterable[Passage], others: Iterable[Passage], intents: Intents, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        used, others = list(used), list(others)
        self._rest = [source_link(passage, intents, f"{name}.{passage.number}", quiet=True) for passage in others]
        self._whole = column(parent=self, spacing=0)
        if used:
            self._whole.addWidget(label(self.tr("Sources"), "section"))
            for passage in used:
                self._whole.addWidget(source_link(passage, intents, f"{name}.{passage.number}"))
        if others:
            words = counted(self.tr("Also read: %Ln passage(s)", "", len(others)), len(others))
            self._toggle = button(words, f"{name}.others", self._show_rest, "flat")
            line = row(self._toggle)
            line.addStretch()
            self._whole.addLayout(line)
            for link in self._rest:
                link.hide()
                self._whole.addWidget(link)

    def _show_rest(self) -> None:
        for link in self._rest:
            link.setVisible(link.isHidden())


def source_link(passage: Passage, intents: Intents, name: str, *, quiet: bool = False) -> CardButton:
    """One source as a line that opens it."""
    where = place(passage)
    words = QCoreApplication.translate("Evidence", "Source {number}: {place}")
    link = CardButton("source", name, words.format(number=passage.number, place=where))
    content = row(number_badge(passage.number, quiet=quiet), ElidedLabel(where, "muted" if quiet else ""), spacing=8)
    content.setContentsMargins(2, 4, 8, 4)
    link.fill(content)
    link.setToolTip(passage.path)
    link.clicked.connect(lambda _=False: intents.source_requested.emit(span_of(passage)))
    return link
