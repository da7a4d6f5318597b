"""Where things are dropped: the whole window, with an overlay that says before the drop what it will do."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.ui.drop import Dropped
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, column, frame, label


class DropZone(QWidget):
    """Takes folders, files and models that are dropped anywhere on it: ``dropped`` with a :class:`Dropped`."""

    dropped = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self._overlay = DropOverlay(theme, self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        dropped = Dropped.of_mime(event.mimeData())
        if dropped:
            self._overlay.show_for(dropped)
            take_copy(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        take_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._overlay.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._overlay.hide()
        dropped = Dropped.of_mime(event.mimeData())
        if dropped:
            take_copy(event)
            # Not at once: a dialog must not hold up the drag's source.
            QTimer.singleShot(0, self, lambda: self.dropped.emit(dropped))


class DropOverlay(QWidget):
    """Over the whole zone while something is dragged; it lets the drag through to what lies below."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._over = theme, parent
        self.setObjectName("drop.overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._icon = Icon(theme, "folder-plus", "accent", 48)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words = label(kind="title", wrap=True, name="drop.words")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint = label(self.tr("Your files stay where they are."), "muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box = frame("drop")
        inner = column(spacing=14, margin=24, parent=box)
        inner.addStretch()
        inner.addWidget(self._icon)
        inner.addWidget(self._words)
        inner.addWidget(self._hint)
        inner.addStretch()
        column(box, margin=28, parent=self)
        parent.installEventFilter(self)
        self.hide()

    def show_for(self, dropped: Dropped) -> None:
        """Say what will happen."""
        only_models = bool(dropped.models) and not dropped.documents
        self._icon.set_icon("box" if only_models else "folder-plus" if dropped.usable else "unlink", "accent")
        self._words.setText(dropped.sentence)
        self._hint.setVisible(dropped.usable)
        self.setAccessibleName(dropped.sentence)
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._over.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = QColor(self._theme.colors.ground)
        ground.setAlpha(225)
        painter.fillRect(self.rect(), ground)


class TextDrops(QObject):
    """Lets a field take text that is dropped on it, and leaves files and addresses to the zone."""

    def __init__(self, field: QPlainTextEdit) -> None:
        super().__init__(field)
        field.setAcceptDrops(True)
        field.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragMoveEvent) and Dropped.of_mime(event.mimeData()):  # entering is a move, too
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def take_copy(event: QDropEvent) -> None:
    """Take what is dragged as a copy, whatever its source proposes: one that believes "move" deletes the person's file.

    While it is entering and moving, too: some sources go by what they were told then.
    """
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def leave_drops(page: QWidget) -> None:
    """Text inputs would paste a dropped file's address; the zone below them has something better to do with it."""
    for kind in (QLineEdit, QPlainTextEdit):
        for found in page.findChildren(kind):
            found.setAcceptDrops(False)
