"""Text that is too long or too deeply nested to be rendered: its beginning as it is, the rest on demand."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from app.ui.chat.prose import TextView
from app.ui.chat.render import MarkdownRenderer
from app.ui.theme import Theme
from app.ui.widgets.basic import button, column
from app.ui.widgets.words import number

SHOWN = 3_000
PIECE = 1_000
"""Qt lays out one paragraph in time that grows with the square of its length, so long lines are cut into pieces."""
VIEWER_HEIGHT = 420


class PlainBlock(QWidget):
    """The first characters as plain text; "Show all" opens the rest in a viewer with a scroll bar of its own."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._text = ""
        self._shown = ""
        self._theme = theme
        self.view = TextView(theme, f"{name}.text")
        self._viewer: QPlainTextEdit | None = None
        self._more = button("", f"{name}.more", self._show_all, "link")
        self._column = column(self.view, self._more, parent=self, spacing=4)

    @property
    def text(self) -> str:
        """All of it."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show another text; costs nothing where only what is hidden has changed."""
        self._text = text
        shown = text[:SHOWN]
        if shown != self._shown:
            self._shown = shown
            self.view.clear()
            MarkdownRenderer(self.view.document(), self._theme.colors).write_plain(in_pieces(shown))
        self._more.setVisible(len(text) > SHOWN and self._viewer is None)
        self._more.setText(self.tr("Show all {count} characters as plain text").format(count=number(len(text))))

    def _show_all(self) -> None:
        viewer = QPlainTextEdit()
        viewer.setObjectName(f"{self.objectName()}.all")
        viewer.setAccessibleName(self.tr("The whole text"))
        viewer.setReadOnly(True)
        viewer.setUndoRedoEnabled(False)
        viewer.setFrameShape(QFrame.Shape.NoFrame)
        viewer.setTabChangesFocus(True)
        viewer.setFixedHeight(VIEWER_HEIGHT)
        viewer.setPlainText(in_pieces(self._text))
        self._viewer = viewer
        self.view.hide()
        self._more.hide()
        self._column.addWidget(viewer)


def in_pieces(text: str) -> str:
    """The same text with a line break put into every line that is too long."""
    return "\n".join(
        line if len(line) <= PIECE else "\n".join(line[at : at + PIECE] for at in range(0, len(line), PIECE))
        for line in text.split("\n")
    )
