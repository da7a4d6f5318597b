"""Side by side: the conversations, the one that is open, and a source. Widths and what is hidden survive a restart."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

SIDEBAR_WIDTH = 248
SOURCE_WIDTH = 420
GRIP = 7
"""What can be taken hold of between two of them: 3 pixels were hardly found."""
NARROW = 1080
"""Below this width the sidebar makes room for the source."""
_SIDEBAR, _SOURCE, _COLLAPSED = "chat/sidebar_width", "chat/source_width", "chat/sidebar_collapsed"


class Arrangement(QSplitter):
    """``sidebar_shown``: whether it is visible now; whoever shows the way back to it listens."""

    sidebar_shown = Signal(bool)

    def __init__(self, sidebar: QWidget, middle: QWidget, source: QWidget, state: QSettings | None) -> None:
        """``state`` is where the window keeps its looks; None forgets them."""
        super().__init__(Qt.Orientation.Horizontal)
        self._sidebar, self._middle, self._source, self._state = sidebar, middle, source, state
        self._gave_way = False
        self.setHandleWidth(GRIP)
        self.setProperty("kind", "flush")
        self.setChildrenCollapsible(False)
        for widget in (sidebar, middle, source):
            self.addWidget(widget)
        self.setStretchFactor(1, 1)
        self.setSizes([self._kept(_SIDEBAR, SIDEBAR_WIDTH), 800, self._kept(_SOURCE, SOURCE_WIDTH)])
        source.hide()
        sidebar.setHidden(self._kept(_COLLAPSED, 0) == 1)
        self.splitterMoved.connect(self._remember_widths)

    def show_sidebar(self) -> None:
        """The person wants to see the conversations; where all three have no room, the source goes."""
        self._gave_way = False
        if self._least_width() > self.width():
            self._source.hide()
        self._set_sidebar(shown=True)
        self._remember(_COLLAPSED, 0)

    def hide_sidebar(self) -> None:
        """The person wants them out of the way, also next time."""
        self._set_sidebar(shown=False)
        self._remember(_COLLAPSED, 1)

    def show_source(self) -> None:
        """Make room for the source; where there is little, the sidebar gives way for as long."""
        if self._source.isHidden():
            self._source.show()
            if self.width() < NARROW:
                self._give_way()

    def hide_source(self) -> bool:
        """Put the source away; whether it was there."""
        if self._source.isHidden():
            return False
        self._source.hide()
        self._come_back()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._source.isHidden():
            return
        if event.size().width() >= NARROW:
            self._come_back()
        elif event.oldSize().width() >= NARROW or self._least_width() > event.size().width():
            self._give_way()

    def _least_width(self) -> int:
        """What all three need side by side."""
        widgets = (self._sidebar, self._middle, self._source)
        return sum(widget.minimumWidth() for widget in widgets) + 2 * self.handleWidth()

    def _give_way(self) -> None:
        if not self._sidebar.isHidden():
            self._gave_way = True
            self._set_sidebar(shown=False)

    def _come_back(self) -> None:
        if self._gave_way:
            self._gave_way = False
            self._set_sidebar(shown=True)

    def _set_sidebar(self, *, shown: bool) -> None:
        self._sidebar.setVisible(shown)
        self.sidebar_shown.emit(shown)

    def _remember_widths(self) -> None:
        for key, widget in ((_SIDEBAR, self._sidebar), (_SOURCE, self._source)):
            if not widget.isHidden():
                self._remember(key, widget.width())

    def _remember(self, key: str, value: int) -> None:
        if self._state is not None:
            self._state.setValue(key, value)

    def _kept(self, key: str, otherwise: int) -> int:
        kept = str(self._state.value(key, otherwise)) if self._state is not None else ""
        return int(kept) if kept.isdecimal() else otherwise
