"""Buttons that hold more than a word, and labels that shorten what does not fit."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLayout, QPushButton, QSizePolicy, QVBoxLayout

from app.ui.widgets.basic import label, restyle


class CardButton(QPushButton):
    """A button with a layout in it: the whole card is clicked, by mouse, Space or Enter."""

    def __init__(self, kind: str, name: str, accessible: str) -> None:
        super().__init__()
        self.setProperty("kind", kind)
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._content: QLayout = QVBoxLayout()

    def fill(self, layout: QLayout) -> None:
        """Put the content in; clicks on it go to the button."""
        self._content = layout
        self.setLayout(layout)
        wraps = layout.hasHeightForWidth()
        # Fixed would hold it to the height that its words have on their widest lines.
        policy = QSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred if wraps else QSizePolicy.Policy.Fixed
        )
        policy.setHeightForWidth(wraps)
        self.setSizePolicy(policy)
        for child in self.findChildren(QLabel):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def hasHeightForWidth(self) -> bool:
        return self._content.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        return self._content.totalHeightForWidth(width)

    def sizeHint(self) -> QSize:
        return self._content.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 20 if self.hasHeightForWidth() else self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        # Unlike a plain widget, a button does not tell its parent that its content has another size now.
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Polish):
            self.updateGeometry()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def number_badge(number: int, *, quiet: bool = False) -> QLabel:
    """A source's number, as it also stands in the text."""
    made = label(str(number), "badge")
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    if quiet:
        restyle(made, state="quiet")
    return made
