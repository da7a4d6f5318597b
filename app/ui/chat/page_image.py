"""A page of a PDF as a picture, with the cited span marked as with a highlighter."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.knowledge.protocol import PageImage, Rect
from app.ui.tokens import LIGHT


class PageView(QWidget):
    """The page, as wide as the pane. Paper stays white in the dark theme, and the highlighter yellow."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("source.page")
        self._picture = QPixmap()
        self._marks: list[Rect] = []
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_image(self, image: PageImage) -> bool:
        """Show a page; False when the picture cannot be read."""
        self._picture = QPixmap()
        ok = self._picture.loadFromData(image.png, "PNG")
        self._marks = list(image.marks)
        self.setAccessibleName(self.tr("The page, with the cited passage marked"))
        self.updateGeometry()
        self.update()
        return ok

    @property
    def scale(self) -> float:
        """Shown pixels for one of the picture."""
        return self.width() / self._picture.width() if self._picture.width() else 1.0

    def first_mark(self) -> QRectF | None:
        """The first marked rectangle as it is shown."""
        return self._shown(self._marks[0]) if self._marks else None

    def heightForWidth(self, width: int) -> int:
        return round(width * self._picture.height() / self._picture.width()) if self._picture.width() else 0

    def sizeHint(self) -> QSize:
        return QSize(400, self.heightForWidth(400))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(self.rect(), self._picture)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(LIGHT.mark))
        for mark in self._marks:
            painter.drawRoundedRect(self._shown(mark).adjusted(-2, -1, 2, 1), 2, 2)
        painter.end()

    def _shown(self, mark: Rect) -> QRectF:
        scale = self.scale
        return QRectF(mark.x * scale, mark.y * scale, mark.width * scale, mark.height * scale)
