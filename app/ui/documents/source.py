"""The source that is looked at on the Documents page, in the pane that the chat has, too."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.core.errors import SatchelError
from app.knowledge.protocol import Source
from app.ui.chat.intents import SourceSpan
from app.ui.chat.source_pane import SourcePane
from app.ui.parts import Parts

PANE_WIDTH = 420


class OpenedSource(QObject):
    """Reads sources into :attr:`pane`. ``shown``: the pane came or went."""

    shown = Signal(bool)

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._asked: SourceSpan | None = None
        self.pane = SourcePane(parts.theme)
        self.pane.hide()
        self.pane.closed.connect(self.close)

    def open(self, span: SourceSpan) -> None:
        """Show a file at this span; of several that were asked for, the last."""
        self._asked = span
        self.pane.show_loading(span)
        self.pane.show()
        self.shown.emit(True)

        def show(source: Source) -> None:
            if span is self._asked:
                self.pane.show_source(source)

        def fail(error: SatchelError) -> None:
            if span is self._asked:
                self.pane.show_error(error)

        documents = self._parts.documents
        self._parts.bridge.run(lambda: documents.read_source(span.file_id, span.start, span.end), show, fail)

    def close(self) -> None:
        """Put the pane away."""
        self._asked = None
        if not self.pane.isHidden():
            self.pane.hide()
            self.shown.emit(False)
