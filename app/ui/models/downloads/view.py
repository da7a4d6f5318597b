"""The Downloads view: what is on its way, what waits, what failed and why, and what is ready."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QStackedWidget, QWidget

from app.core.errors import ModelError
from app.core.sizes import size_text
from app.models.download.values import Download
from app.models.model import LibraryModel
from app.ui.models.downloads.card import DownloadCard
from app.ui.models.downloads.feed import DownloadFeed
from app.ui.models.downloads.words import unfinished
from app.ui.parts import Parts
from app.ui.widgets.basic import button, column, label, row
from app.ui.widgets.page import centred_column, scrolling
from app.ui.widgets.state_panel import StatePanel

WIDTH = 860
ASK_FROM_BYTES = 100_000_000
"""Cancelling throws this much away only when it is confirmed."""


class DownloadsView(QWidget):
    """``model_requested``: show it in the library; ``chat_requested``: talk to it; ``find_requested``: look for one."""

    model_requested = Signal(int)
    chat_requested = Signal(int)
    find_requested = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._downloads: tuple[Download, ...] = ()
        self._cards: dict[int, DownloadCard] = {}
        self.setObjectName("models.downloads")
        self._title = label(kind="heading", name="models.downloads.title")
        self._pause_all = button(self.tr("Pause all"), "models.downloads.pause_all", self._do_pause_all, "quiet")
        self._resume_all = button(self.tr("Go on with all"), "models.downloads.resume_all", self._go_on, "quiet")
        self._ready = label(self.tr("Ready"), "heading")
        self._clear = button(self.tr("Clear this list"), "models.downloads.clear", self._do_clear, "quiet")
        self._clear.setToolTip(self.tr("The models stay in the library."))
        self._lay_out()
        DownloadFeed(parts, self).changed.connect(self.show_downloads)

    def _lay_out(self) -> None:
        content, inside = centred_column(WIDTH, spacing=10)
        top = row(self._title, spacing=4)
        top.addStretch()
        for widget in (self._pause_all, self._resume_all):
            top.addWidget(widget)
        self._head = QWidget()
        column(parent=self._head).addLayout(top)
        self._going = column(spacing=8)
        self._ready_head = QWidget()
        ready = row(self._ready, spacing=4, parent=self._ready_head)
        ready.addStretch()
        ready.addWidget(self._clear)
        ready.setContentsMargins(0, 10, 0, 0)
        self._done = column(spacing=8)
        inside.addWidget(self._head)
        inside.addLayout(self._going)
        inside.addWidget(self._ready_head)
        inside.addLayout(self._done)
        inside.addStretch()
        find = button(self.tr("Find a model"), "models.downloads.find", self.find_requested.emit, "primary")
        empty = StatePanel(self._parts.theme, "download", "models.downloads.empty", find)
        empty.say(
            self.tr("Nothing is being downloaded"),
            self.tr(
                "What you choose under Find comes here. It goes on after a break, and is checked before it is used."
            ),
        )
        self._states = QStackedWidget()
        self._states.addWidget(empty)
        self._states.addWidget(scrolling(content, "models.downloads.scroll"))
        column(self._states, parent=self)

    def show_downloads(self, downloads: tuple[Download, ...]) -> None:
        """Show these."""
        self._downloads = downloads
        there = {download.id for download in downloads}
        for number in [number for number in self._cards if number not in there]:
            self._drop(number)
        going = [download for download in downloads if download.state != "done"]
        ready = sorted((each for each in downloads if each.state == "done"), key=lambda each: each.id, reverse=True)
        waiting = [download.id for download in going if download.state == "queued"]
        for layout, shown in ((self._going, going), (self._done, ready)):
            for at, download in enumerate(shown):
                card = self._card(download, may_go_first=download.id in waiting[1:])
                if layout.indexOf(card) != at:
                    layout.insertWidget(at, card)
                card.setVisible(True)
        self._head.setVisible(bool(going))
        self._ready_head.setVisible(bool(ready))
        self._states.setCurrentIndex(1 if downloads else 0)
        self._say(going)

    def _say(self, going: list[Download]) -> None:
        active, paused = sum(each.active for each in going), sum(each.state == "paused" for each in going)
        waiting, failed = sum(each.state == "queued" for each in going), sum(each.state == "failed" for each in going)
        words = [
            self.tr("{n} downloading").format(n=active) if active else "",
            self.tr("{n} waiting").format(n=waiting) if waiting else "",
            self.tr("{n} paused").format(n=paused) if paused else "",
            self.tr("{n} failed").format(n=failed) if failed else "",
        ]
        self._title.setText(", ".join(part for part in words if part))
        self._pause_all.setVisible(len(unfinished(going)) > 1)
        self._resume_all.setVisible(paused > 1)

    def _card(self, download: Download, *, may_go_first: bool) -> DownloadCard:
        card = self._cards.get(download.id)
        if card is None:
            card = self._make_card(download)
        card.show_download(download, may_go_first=may_go_first)
        return card

    def _make_card(self, download: Download) -> DownloadCard:
        card = self._cards[download.id] = DownloadCard(self._parts.theme, download)
        downloads = self._parts.downloads
        card.first.connect(lambda number: self._do(lambda: downloads.move_first(number)))
        card.pause.connect(lambda number: self._do(lambda: downloads.pause(number)))
        card.resume.connect(lambda number: self._do(lambda: downloads.resume(number)))
        card.retry.connect(lambda number: self._do(lambda: downloads.retry(number)))
        card.cancel.connect(self._ask_cancel)
        card.show_model.connect(lambda number: self._with_model(number, self.model_requested.emit))
        card.chat.connect(lambda number: self._with_model(number, self.chat_requested.emit))
        return card

    def _drop(self, number: int) -> None:
        card = self._cards.pop(number)
        card.hide()
        card.setParent(None)
        card.deleteLater()

    # -- what is done -------------------------------------------------------------------------------------------------

    def _do(self, work: Callable[[], object]) -> None:
        self._parts.bridge.run(work)

    def _do_each(self, work: Callable[[int], None], numbers: list[int]) -> None:
        def all_of_them() -> None:
            for number in numbers:
                work(number)

        self._do(all_of_them)

    def _do_pause_all(self) -> None:
        # The last first: else the next one in the queue would begin when one is paused.
        self._do_each(self._parts.downloads.pause, [each.id for each in reversed(unfinished(self._downloads))])

    def _go_on(self) -> None:
        self._do_each(self._parts.downloads.resume, [each.id for each in self._downloads if each.state == "paused"])

    def _do_clear(self) -> None:
        self._do(self._parts.downloads.clear_done)

    def _ask_cancel(self, number: int) -> None:
        download = self._cards[number].download

        def cancel() -> None:
            self._do(lambda: self._parts.downloads.cancel(number))

        if download.done_bytes < ASK_FROM_BYTES:
            cancel()
            return
        box = QMessageBox(self)
        box.setObjectName("models.downloads.cancel.dialog")
        box.setWindowTitle(self.tr("Cancel the download"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("Cancel the download of “{title}”?").format(title=download.title))
        box.setInformativeText(
            self.tr("The {size} that have come are deleted. To go on later, pause it instead.").format(
                size=size_text(download.done_bytes)
            )
        )
        yes = box.addButton(self.tr("Cancel the download"), QMessageBox.ButtonRole.DestructiveRole)
        yes.setObjectName("models.downloads.cancel.yes")
        keep = box.addButton(self.tr("Keep it"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.buttonClicked.connect(lambda clicked: cancel() if clicked is yes else None)
        box.finished.connect(box.deleteLater)
        box.open()

    def _with_model(self, number: int, then: Callable[[int], None]) -> None:
        """``then`` with the library's id of what was downloaded, if it is still there."""
        target = self._cards[number].download.target

        def came(models: list[LibraryModel]) -> None:
            found = next((model for model in models if model.path == target), None)
            if found is not None:
                then(found.id)
            else:
                self._parts.bridge.failed.emit(
                    ModelError(
                        self.tr("This model is not in the library any more."),
                        self.tr("It was removed from it, or its file was."),
                        self.tr("Add the file to the library, or download it again."),
                    )
                )

        self._parts.bridge.run(self._parts.models.models, came, owner=self)
