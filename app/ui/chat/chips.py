"""The collections that answer in a conversation, as chips in one line; those that find no room fold into a menu."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from app.knowledge.protocol import CollectionInfo
from app.ui.documents.words import percent, progress_line, unfinished
from app.ui.theme import Theme, room_px
from app.ui.widgets.basic import IconButton, button, column, frame, row
from app.ui.widgets.elided import ElidedButton

LEAST_WIDTH = 150
"""Of a chip: below this, a name cannot be told from another, and the chip goes into the menu."""
SPACING = 6


class Chips(QWidget):
    """See the module. ``clicked`` and ``detached`` carry a collection's id."""

    clicked = Signal(int)
    detached = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.chips: list[Chip] = []
        self._folded = 0
        self.more = button("+1", "header.collections.more", self._open_more, "chip")
        self.more.hide()
        self._row = row(spacing=SPACING, parent=self)
        self._row.addWidget(self.more)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def show_collections(self, infos: Mapping[int, CollectionInfo], attached: tuple[int, ...]) -> None:
        """A chip for each attached collection that there is, in this order."""
        for chip in self.chips:
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = []
        for number in attached:
            if number in infos:
                chip = Chip(self._theme, infos[number])
                chip.clicked.connect(self.clicked)
                chip.detached.connect(self.detached)
                self._row.insertWidget(len(self.chips), chip)
                self.chips.append(chip)
        self.setVisible(bool(self.chips))
        self._fold()

    def show_progress(self, infos: Mapping[int, CollectionInfo]) -> None:
        """The same collections, further on."""
        for chip in self.chips:
            chip.show_info(infos[chip.info.id])
        self.updateGeometry()

    def more_menu(self) -> QMenu:
        """The collections that found no room: their files, and the way to leave them out."""
        menu = QMenu(self)
        menu.setObjectName("header.collections.more.menu")
        for chip in self.chips[len(self.chips) - self._folded :]:
            info = chip.info
            inside = menu.addMenu(self._theme.icon("folder"), chip.text)
            shows = inside.addAction(self._theme.icon("files"), self.tr("Show the files"))
            shows.triggered.connect(lambda _=False, number=info.id: self.clicked.emit(number))
            leaves = inside.addAction(self._theme.icon("x"), self.tr("Do not answer from it here"))
            leaves.triggered.connect(lambda _=False, number=info.id: self.detached.emit(number))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def sizeHint(self) -> QSize:
        wide = sum(chip.sizeHint().width() for chip in self.chips) + SPACING * max(0, len(self.chips) - 1)
        return QSize(wide, max((chip.sizeHint().height() for chip in self.chips), default=0))

    def minimumSizeHint(self) -> QSize:
        least = min((chip.sizeHint().width() for chip in self.chips[:1]), default=0)
        more = self.more.sizeHint().width() + SPACING if len(self.chips) > 1 else 0
        return QSize(min(least, room_px(LEAST_WIDTH)) + more, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # a chip is new, or as wide as its style makes it only now
            self._fold()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """Show as many chips as there is room for, at least one."""
        least = [min(chip.sizeHint().width(), room_px(LEAST_WIDTH)) + SPACING for chip in self.chips]
        shown, written = len(least), self.more.fontMetrics().horizontalAdvance
        widest = self.tr("+{count}").format(count=max(1, len(least) - 1))
        # Reckoned, not tried: each change of the text asks for a new layout, which folds again.
        more = self.more.sizeHint().width() + max(0, written(widest) - written(self.more.text())) + SPACING
        while shown > 1:
            beside = more if shown < len(least) else 0
            if sum(least[:shown]) + beside - SPACING <= self.width():
                break
            shown -= 1
        self._folded = len(least) - shown
        for place, chip in enumerate(self.chips):
            chip.setVisible(place < shown)
        self.more.setVisible(self._folded > 0)
        if self._folded:
            self.more.setText(self.tr("+{count}").format(count=self._folded))
        names = ", ".join(chip.info.name for chip in self.chips[shown:])
        words = self.tr("More documents that answer here: {names}").format(names=names)
        self.more.setAccessibleName(words)
        self.more.setToolTip(words)

    def _open_more(self) -> None:
        self.more_menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height() + 4)))


class Chip(QWidget):
    """One attached collection: its name and how far its index is."""

    clicked = Signal(int)
    detached = Signal(int)

    def __init__(self, theme: Theme, info: CollectionInfo) -> None:
        super().__init__()
        self.info = info
        name = f"header.collection.{info.id}"
        self._name = ElidedButton(name, "plain")
        self._name.clicked.connect(lambda _=False: self.clicked.emit(self.info.id))
        self._name.setIcon(theme.icon("folder", theme.colors.accent, 14))
        self._close = IconButton(theme, "x", "", f"{name}.detach", lambda: self.detached.emit(self.info.id), size=12)
        box = frame("chipbox")
        inside = row(self._name, self._close, parent=box, spacing=0)
        inside.setContentsMargins(0, 0, 4, 0)
        column(box, parent=self)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.show_info(info)

    @property
    def text(self) -> str:
        """The name and the progress."""
        return self._name.text().strip()

    def show_info(self, info: CollectionInfo) -> None:
        """The name, and progress while it is indexed."""
        self.info = info
        short, how_far = shortened(info.name), f"{progress_line(info).removesuffix('…')}."
        if info.problem and unfinished(info):
            text = self.tr("{name}: stopped").format(name=short)
        elif info.phase == "scanning":
            text = self.tr("{name}: looking for files").format(name=short)
        elif not unfinished(info):
            text, how_far = short, ""
        elif info.phase == "paused":
            text = self.tr("{name}: paused").format(name=short)
        else:
            text = self.tr("{name}: {percent} %").format(name=short, percent=percent(info))
        self._name.setText(f" {text}")
        self._name.setAccessibleName(self.tr("Documents: {state}").format(state=text))
        shows = self.tr("Show the files of {name}").format(name=info.name)
        self._name.setToolTip(info.problem or f"{how_far} {shows}".strip())
        words = self.tr("Do not answer from {name} here").format(name=info.name)
        self._close.setToolTip(words)
        self._close.setAccessibleName(words)


def shortened(name: str) -> str:
    """A name as long as it may be where several stand side by side."""
    most = 34
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"
