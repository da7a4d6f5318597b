"""Where a conversation is scrolled to: it follows new text at the end, or keeps in place what is being read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QScrollBar, QWidget

_AT_END = 12


class Following(QObject):
    """Moves ``bar``. ``is_complete``: whether the end that it can reach is the conversation's end.

    Signals: ``scrolled(value)``: by whomever; ``resized``: there is more or less to scroll through.
    """

    scrolled = Signal(int)
    resized = Signal()

    def __init__(self, bar: QScrollBar, is_complete: Callable[[], bool]) -> None:
        super().__init__(bar)
        self._bar, self._is_complete = bar, is_complete
        self.follows = True
        """Whether new text at the end is scrolled to."""
        self._held: tuple[QWidget, int] | None = None
        self._moving = False
        bar.rangeChanged.connect(self._range_changed)
        bar.valueChanged.connect(self._value_changed)

    @property
    def is_away(self) -> bool:
        """Whether the conversation's end is out of sight and not followed."""
        return not self.follows and not self._is_at_end(self._bar.value())

    def follow_end(self) -> None:
        """Go to the end, and stay there as it moves."""
        self.let_go()
        self.follows = True
        self._scroll_to(self._bar.maximum())

    def hold(self, widget: QWidget | None, *, instead: bool = False) -> None:
        """Keep ``widget`` where it is seen while others come and go, until the person scrolls.

        While the end is followed nothing is held, unless this is ``instead`` of following it.
        """
        self.let_go()
        if instead:
            self.follows = False
        if widget is None or self.follows:
            return
        self._held = (widget, widget.y() - self._bar.value())
        widget.installEventFilter(self)

    def let_go(self) -> None:
        """Hold nothing any more."""
        if self._held is not None:
            self._held[0].removeEventFilter(self)
        self._held = None

    def forget(self, widget: QWidget) -> None:
        """This widget goes away."""
        if self._held is not None and self._held[0] is widget:
            self._held = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Texts find their heights in a few passes of the layout after they are added; each moves what is held.
        if event.type() == QEvent.Type.Move:
            self._keep()
        return False

    def _range_changed(self) -> None:
        if self._held is None and self.follows:
            self._scroll_to(self._bar.maximum())
        self._keep()
        self.resized.emit()

    def _value_changed(self, value: int) -> None:
        if not self._moving:
            self.let_go()
            self.follows = self._is_at_end(value)
        self.scrolled.emit(value)

    def _is_at_end(self, value: int) -> bool:
        return self._is_complete() and value >= self._bar.maximum() - _AT_END

    def _keep(self) -> None:
        if self._held is not None:
            widget, offset = self._held
            self._scroll_to(widget.y() - offset)

    def _scroll_to(self, value: int) -> None:
        self._moving = True
        self._bar.setValue(value)
        self._moving = False
