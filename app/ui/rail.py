"""The rail at the window's left: the pages, and how full this machine's memory is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from app.core.sizes import size_text
from app.ui.bridge import Bridge
from app.ui.theme import RESOURCES, Theme, font_px, room_px
from app.ui.tokens import FONT_TINY
from app.ui.widgets.basic import label

Page = Literal["chat", "models", "documents", "settings"]
PAGES: tuple[Page, ...] = get_args(Page)

WIDTH = 84
MEMORY_EVERY_MS = 2000
FIRST_MS = 300
"""Soon, but not before the window is painted."""

_ICONS: dict[Page, str] = {"chat": "message-square", "models": "box", "documents": "library", "settings": "settings"}


@dataclass(frozen=True)
class Memory:
    """This machine's memory now, all programs together, in bytes."""

    used_bytes: int
    total_bytes: int

    @property
    def fraction(self) -> float:
        """0.0 to 1.0."""
        return min(1.0, self.used_bytes / self.total_bytes) if self.total_bytes else 0.0


class Rail(QFrame):
    """Emits ``chosen`` with the page that was clicked; :meth:`show_page` follows the window.

    ``offline_clicked``: the person wants to see the offline switch.
    """

    chosen = Signal(str)
    offline_clicked = Signal()

    def __init__(self, theme: Theme, bridge: Bridge, read_memory: Callable[[], Memory]) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("rail")
        self.setProperty("kind", "rail")
        self.setAccessibleName(self.tr("Pages"))
        words: dict[Page, str] = {
            "chat": self.tr("Chat"),
            "models": self.tr("Models"),
            "documents": self.tr("Documents"),
            "settings": self.tr("Settings"),
        }
        self._buttons = {page: self._button(page, words[page], number) for number, page in enumerate(PAGES, 1)}
        self._rings = {page: ProgressRing(theme, made, f"rail.{page}.progress") for page, made in self._buttons.items()}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 14, 8, 12)
        layout.setSpacing(4)
        logo = label(name="rail.logo")
        logo.setPixmap(QIcon(str(RESOURCES / "satchel.svg")).pixmap(QSize(34, 34), self.devicePixelRatioF()))
        logo.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(logo)
        layout.addSpacing(12)
        for page in ("chat", "models", "documents"):
            layout.addWidget(self._buttons[page])
        layout.addStretch()
        self._offline = self._make_offline()
        layout.addWidget(self._offline)
        layout.addWidget(self._buttons["settings"])
        layout.addSpacing(6)
        layout.addWidget(MemoryMeter(theme, bridge, read_memory))
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_page("chat")

    def show_page(self, page: Page) -> None:
        """Mark the page that is shown."""
        self._buttons[page].setChecked(True)
        for each, made in self._buttons.items():  # Tab comes to the page that is shown, arrows go to the others
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus if each == page else Qt.FocusPolicy.NoFocus)
        self._retint()

    @property
    def page(self) -> Page:
        """The page that is marked: the last one that was shown or clicked."""
        return next(page for page, button in self._buttons.items() if button.isChecked())

    def show_progress(self, page: Page, fraction: float | None, words: str) -> None:
        """A ring at a page's icon: something goes on there, 0.0 to 1.0 of it done. None: nothing does."""
        self._rings[page].show_fraction(fraction, words)

    def show_offline(self, offline: bool) -> None:
        """Say that nothing is requested."""
        self._offline.setVisible(offline)

    def button(self, page: Page) -> QToolButton:
        """The button of a page."""
        return self._buttons[page]

    def _button(self, page: Page, text: str, number: int) -> QToolButton:
        made = QToolButton()
        made.setObjectName(f"rail.{page}")
        made.setText(text)
        made.setAccessibleName(text)
        made.setToolTip(self.tr("{page} (Ctrl+{number})").format(page=text, number=number))
        made.setCheckable(True)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setAutoExclusive(True)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setIconSize(QSize(22, 22))
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        made.clicked.connect(lambda _=False: self._choose(page))
        return made

    def _choose(self, page: Page) -> None:
        self._retint()
        self.chosen.emit(page)

    def _make_offline(self) -> QToolButton:
        made = QToolButton()
        made.setObjectName("rail.offline")
        made.setText(self.tr("Offline"))
        made.setAccessibleName(self.tr("Offline: nothing is requested"))
        made.setToolTip(self.tr("Offline: nothing is requested. The switch is in Settings, under Network."))
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setIconSize(QSize(18, 18))
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        made.clicked.connect(lambda _=False: self.offline_clicked.emit())
        made.hide()
        return made

    def _restyle(self) -> None:
        self.setFixedWidth(room_px(WIDTH))
        for button in self._buttons.values():
            button.setFixedSize(room_px(WIDTH) - 16, room_px(58))
        self._offline.setFixedSize(room_px(WIDTH) - 16, room_px(50))
        for ring in self._rings.values():
            ring.place()
        self._retint()

    def _retint(self) -> None:
        for page, button in self._buttons.items():
            color = self._theme.colors.accent if button.isChecked() else self._theme.colors.muted
            button.setIcon(self._theme.icon(_ICONS[page], color, 22))
        self._offline.setIcon(self._theme.icon("wifi-off", self._theme.colors.warn, 18))


class ProgressRing(QWidget):
    """A small ring at the upper right of a button's icon."""

    SIZE = 16

    def __init__(self, theme: Theme, button: QToolButton, name: str) -> None:
        super().__init__(button)
        self._theme, self._button = theme, button
        self._fraction = 0.0
        self.setObjectName(name)
        self.setFixedSize(self.SIZE, self.SIZE)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.changed.connect(self.update)
        self.hide()

    def show_fraction(self, fraction: float | None, words: str) -> None:
        """Show so much of the ring, and say ``words`` for it; None hides it."""
        self.setVisible(fraction is not None)
        self._button.setAccessibleDescription(words)
        if fraction is not None:
            self._fraction = min(1.0, max(0.0, fraction))
            self.setAccessibleName(words)
            self.place()
            self.update()

    def place(self) -> None:
        """Stand where the button's icon ends."""
        self.move(self._button.width() // 2 + 6, 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self._theme.colors
        ground = colors.selected if self._button.isChecked() else colors.sunken
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawEllipse(self.rect())
        ring = QRectF(3, 3, self.SIZE - 6, self.SIZE - 6)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.line_strong), 2.5))
        painter.drawEllipse(ring)
        painter.setPen(QPen(QColor(colors.accent), 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(ring, 90 * 16, -round(max(0.04, self._fraction) * 360 * 16))


class MemoryMeter(QWidget):
    """A bar with words: how much of this machine's memory is used, by all programs."""

    def __init__(self, theme: Theme, bridge: Bridge, read_memory: Callable[[], Memory]) -> None:
        super().__init__()
        self._theme, self._bridge, self._read = theme, bridge, read_memory
        self._memory: Memory | None = None
        self.setObjectName("rail.memory")
        self.setAccessibleName(self.tr("Memory"))
        theme.changed.connect(self._restyle)
        self._restyle()
        self._timer = QTimer(self, interval=MEMORY_EVERY_MS)
        self._timer.timeout.connect(self._ask)
        self._timer.start()
        QTimer.singleShot(FIRST_MS, self, self._ask)

    def show_memory(self, memory: Memory) -> None:
        """Draw this reading."""
        if memory == self._memory:
            return
        self._memory = memory
        free = memory.total_bytes - memory.used_bytes
        words = self.tr(
            "{used} of this machine's {total} of memory are in use by all programs; {free} are free."
        ).format(used=size_text(memory.used_bytes), total=size_text(memory.total_bytes), free=size_text(free))
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.update()

    def _restyle(self) -> None:
        self.setFixedHeight(2 * room_px(14) + 12)
        self.update()

    def _ask(self) -> None:
        if self.isVisible():
            self._bridge.run(self._read, self.show_memory)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self._theme.colors
        font = self.font()
        font.setPixelSize(font_px(FONT_TINY))
        painter.setFont(font)
        painter.setPen(QColor(colors.muted))
        memory = self._memory
        text = size_text(memory.total_bytes - memory.used_bytes) if memory else "…"
        line = room_px(14)
        painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignCenter, text)
        painter.drawText(QRectF(0, line, self.width(), line), Qt.AlignmentFlag.AlignCenter, self.tr("free"))
        bar = QRectF(8, 2 * line + 5, self.width() - 16, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.pressed))
        painter.drawRoundedRect(bar, 2.5, 2.5)
        if memory is not None:
            full = memory.fraction
            painter.setBrush(QColor(colors.bad if full > 0.92 else colors.warn if full > 0.8 else colors.accent))
            bar.setWidth(max(5.0, bar.width() * full))
            painter.drawRoundedRect(bar, 2.5, 2.5)
