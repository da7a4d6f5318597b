"""A part of a pane that folds: a line with a title and a few quiet words about what is inside, and the inside."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.theme import Theme, room_px
from app.ui.widgets.basic import Icon, column, label, restyle, row
from app.ui.widgets.elided import ElidedLabel

HEIGHT = 36


class FoldButton(QPushButton):
    """The line; ``summary`` is one line that is shortened where there is no room."""

    def __init__(self, theme: Theme, title: str, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setProperty("kind", "fold")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._icon = Icon(theme, "chevron-right", "muted", 16)
        self.title = label(title, "strong")
        self.summary = ElidedLabel(kind="small", name=f"{name}.summary")
        keeps_room = self.summary.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)  # else the title would move
        self.summary.setSizePolicy(keeps_room)
        self._inside = row(self._icon, self.title, spacing=8, parent=self)
        self._inside.addSpacing(8)
        self._inside.addWidget(self.summary, 1)
        self._inside.setContentsMargins(4, 0, 8, 0)
        for part in (self._icon, self.title, self.summary):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.toggled.connect(lambda opened: self._icon.set_icon("chevron-down" if opened else "chevron-right", "muted"))

    def sizeHint(self) -> QSize:
        return QSize(self._inside.sizeHint().width(), room_px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, room_px(HEIGHT))


class Fold(QWidget):
    """``opened`` when the person unfolds it. Put the inside into :attr:`inside`."""

    opened = Signal()

    def __init__(self, theme: Theme, title: str, name: str) -> None:
        super().__init__()
        self.button = FoldButton(theme, title, name)
        self._body = QWidget()
        self.inside: QVBoxLayout = column(spacing=10, parent=self._body)
        self.inside.setContentsMargins(28, 4, 4, 14)
        self._body.hide()
        column(self.button, self._body, spacing=0, parent=self)
        self.button.toggled.connect(self._toggled)

    @property
    def is_open(self) -> bool:
        """Whether the inside is shown."""
        return self.button.isChecked()

    def set_open(self, opened: bool) -> None:
        """Unfold or fold it."""
        self.button.setChecked(opened)

    def set_summary(self, text: str, kind: str = "small") -> None:
        """A few words behind the title; ``kind``: a style of labels ("warn")."""
        self.button.summary.setText(text)
        restyle(self.button.summary, kind=kind)
        self.button.setAccessibleDescription(text)

    def _toggled(self, opened: bool) -> None:
        self._body.setVisible(opened)
        if opened:
            self.opened.emit()
