"""What a search in the documents found: passages with their places, the answering sentences marked.

Each is a button that opens its source.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.chat.sources import Evidence, Passage
from app.ui.chat.cards import CardButton, number_badge
from app.ui.chat.evidence import span_of
from app.ui.theme import Theme
from app.ui.widgets.basic import column, label, row
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.page import scrolling

SHOWN_CHARS = 700
_HEADINGS = re.compile(r"(\s*#{1,6} [^\n]*\n)+\s*")
"""What a passage of Markdown begins with; the card's first line says it already."""


class Results(QWidget):
    """At most a handful of cards, made again for each search. ``source_requested`` with a SourceSpan."""

    source_requested = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._evidence: Evidence | None = None
        self.setObjectName("documents.results")
        self._summary = label(kind="small", wrap=True, name="documents.results.summary")
        self._content = QWidget()
        self._cards = column(spacing=10, parent=self._content)
        self._cards.setContentsMargins(0, 0, 8, 0)
        self._cards.addStretch()
        column(self._summary, scrolling(self._content), spacing=8, parent=self).setStretch(1, 1)
        theme.changed.connect(self._paint_again)

    def show_searching(self) -> None:
        """The search is on its way; what was found before stays until then."""
        self._summary.setText(self.tr("Searching…"))

    def show_problem(self, words: str) -> None:
        """The search failed."""
        self._clear()
        self._summary.setText(words)

    def show_evidence(self, evidence: Evidence) -> None:
        """Show what was found."""
        self._evidence = evidence
        self._clear()
        milliseconds = max(1, round(evidence.search_s * 1000))
        if not evidence.passages:
            self._summary.setText(self.tr("Nothing like this is in these documents."))
        elif evidence.found:
            self._summary.setText(self.tr("Found in {n} ms.").format(n=milliseconds))
        else:
            self._summary.setText(self.tr("Nothing in these documents answers this. These are the nearest passages."))
        for passage in evidence.passages:
            self._cards.insertWidget(self._cards.count() - 1, self._card(passage, evidence))

    def _card(self, passage: Passage, evidence: Evidence) -> CardButton:
        place = [Path(passage.path).name]
        if passage.page is not None:
            place.append(self.tr("page {n}").format(n=passage.page))
        if passage.heading:
            place.append(passage.heading)
        name = " · ".join(place)
        made = CardButton("example", f"documents.result.{passage.number}", f"{name}: {passage.text}")
        made.setToolTip(self.tr("Show this in its document"))
        where = ElidedLabel(name, "strong", mode=Qt.TextElideMode.ElideMiddle)
        text = label(wrap=True)
        text.setTextFormat(Qt.TextFormat.RichText)
        text.setText(self._marked(passage, evidence))
        top = row(number_badge(passage.number), where, spacing=10)
        top.setStretch(1, 1)
        layout = column(spacing=8)
        layout.setContentsMargins(16, 12, 16, 14)
        layout.addLayout(top)
        layout.addWidget(text)
        made.fill(layout)
        quote = next((quote for quote in evidence.quotes if quote.passage == passage.number), None)
        made.clicked.connect(lambda _=False: self.source_requested.emit(span_of(passage, quote)))
        return made

    def _marked(self, passage: Passage, evidence: Evidence) -> str:
        spans = sorted(
            (max(0, quote.start - passage.start), quote.end - passage.start)
            for quote in evidence.quotes
            if quote.passage == passage.number
        )
        text, html = passage.text, ""
        headings = _HEADINGS.match(text)
        at = headings.end() if headings is not None and headings.end() < len(text) else 0
        shown = text[: at + SHOWN_CHARS]
        for start, end in spans:
            if start < at or start >= len(shown):
                continue
            mark = f'<span style="background-color: {self._theme.colors.mark}">'
            html += escape(shown[at:start]) + mark + escape(shown[start:end]) + "</span>"
            at = end
        html += escape(shown[at:]) + ("…" if len(text) > len(shown) else "")
        return html.replace("\n", "<br>")

    def _clear(self) -> None:
        while self._cards.count() > 1:
            item = self._cards.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()

    def _paint_again(self) -> None:
        if self._evidence is not None and self._cards.count() > 1:
            self.show_evidence(self._evidence)
