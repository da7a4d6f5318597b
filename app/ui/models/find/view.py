"""The Find view: a search on the hub, a list to start from, and the details of the repository that is chosen.

Nothing is requested but what the person asks for: a search by typing or Enter, a page by scrolling to the end, a
repository by a click.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from app.models.plan import Room
from app.services.events import ConnectionsChanged, Event
from app.ui.models.find.details import HubDetailsPane
from app.ui.models.find.offline import OfflineBar
from app.ui.models.find.results import Results
from app.ui.models.find.room import room_bytes
from app.ui.models.find.search import Question, Search
from app.ui.models.find.words import hub_name, sort_words
from app.ui.parts import Parts
from app.ui.theme import room_px
from app.ui.widgets.basic import button, column, row
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.fields import ListField
from app.ui.widgets.search_field import SearchField
from app.ui.widgets.words import counted

PAUSE_MS = 700
"""After the last letter; Enter does not wait."""
SHORTEST = 3
"""Letters that are searched for without Enter."""
DETAILS_SHARE, NARROWEST_DETAILS, WIDEST_DETAILS = 0.46, 380, 600
NARROWEST_LIST = 440


class FindView(QWidget):
    """``settings_requested``, ``downloads_requested``: go there; ``model_requested``: show it in the library."""

    settings_requested = Signal()
    downloads_requested = Signal()
    model_requested = Signal(int)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._room = 0
        self.setObjectName("models.find")
        self._search = Search(parts, self)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self.field = SearchField(parts.theme, self._search_words(), "models.find.search")
        self._sort = ListField()
        self._sort.setObjectName("models.find.sort")
        self._sort.setAccessibleName(self.tr("Order"))
        for value, words in sort_words().items():
            self._sort.addItem(words, value)
        self._fitting = QCheckBox(self.tr("Only what fits here"))
        self._fitting.setObjectName("models.find.fitting")
        self._fitting.setAccessibleName(self._fitting.text())
        self._fitting.setToolTip(
            self.tr("Leaves out models whose smallest good file needs more memory than is free now: an estimate.")
        )
        self._count = ElidedLabel(kind="small", name="models.find.count")
        self._to_start = button(self.tr("Back to the start list"), "models.find.to_start", self._back_to_start, "link")
        self._offline = OfflineBar(parts.theme, self.settings_requested.emit)
        self._results = Results(parts.theme, self._search)
        self.details = HubDetailsPane(parts)
        self.details.hide()
        self._lay_out()
        self._wire()
        self._show_controls()
        self._show_offline()
        parts.bridge.run(parts.hub.curated, self._results.show_curated, owner=self)

    def _lay_out(self) -> None:
        top = row(self.field, self._sort, spacing=8)
        top.setStretch(0, 1)
        below = row(self._fitting, self._count, self._to_start, spacing=12)
        below.setStretch(1, 1)
        self._listing = QWidget()
        inside = column(self._offline, spacing=12, parent=self._listing)
        inside.setContentsMargins(24, 18, 16, 12)
        inside.addLayout(top)
        inside.addLayout(below)
        inside.addWidget(self._results, 1)
        row(self._listing, self.details, spacing=0, parent=self).setStretch(0, 1)

    def _wire(self) -> None:
        self._pause.timeout.connect(lambda: self._ask(SHORTEST))
        self.field.textEdited.connect(self._typed)
        self.field.textChanged.connect(self._changed)
        self.field.returnPressed.connect(lambda: self._ask(1))
        self._sort.currentIndexChanged.connect(lambda _index: self._resort())
        self._fitting.toggled.connect(lambda _on: self._look_at_room())
        self._results.opened.connect(self._open)
        self._results.changed.connect(self._show_controls)
        self._results.browse_requested.connect(lambda: self._ask(0))
        self._results.settings_requested.connect(self.settings_requested)
        self.details.closed.connect(self.close_details)
        self.details.settings_requested.connect(self.settings_requested)
        self.details.downloads_requested.connect(self.downloads_requested)
        self.details.model_requested.connect(self.model_requested)
        self._parts.bridge.happened.connect(self._happened)
        self._parts.theme.changed.connect(self._make_room)
        down = QShortcut(QKeySequence("Down"), self.field, context=Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self._results.enter)

    # -- searching ----------------------------------------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        if text.strip():
            self._pause.start()

    def _changed(self, text: str) -> None:
        if not text.strip():  # the cross, too
            self._back_to_start()

    def _back_to_start(self) -> None:
        self._pause.stop()
        self.field.clear()
        self._search.put_aside()
        self._results.show_start()

    def _ask(self, shortest: int) -> None:
        """``shortest``: with fewer letters, nothing is asked."""
        self._pause.stop()
        text = self.field.text().strip()
        question = Question(text, self._sort.currentData())
        if len(text) >= shortest and (question != self._search.question or self._results.failed):
            self._search.ask(question)

    def _resort(self) -> None:
        if self._search.question is not None:
            self._search.ask(Question(self._search.question.text, self._sort.currentData()))

    def _show_controls(self) -> None:
        at_start, hidden = self._results.at_start, self._results.left_out
        self._sort.setHidden(at_start)
        self._to_start.setHidden(at_start)
        words = self.tr("%Ln result(s) left out: too large, or of unknown size", "", hidden)
        self._count.setText(counted(words, hidden) if hidden else "")

    # -- details ------------------------------------------------------------------------------------------------------

    def _open(self, repo_id: str, title: str) -> None:
        self.details.open(repo_id, title)
        self.details.show()
        self._results.mark(repo_id)
        self._make_room()

    def close_details(self) -> None:
        """Back to the list alone."""
        if self.details.isHidden():
            return
        self.details.hide()
        self._results.mark("")
        self._make_room()
        self.field.setFocus()

    def _make_room(self) -> None:
        """Beside each other; in a small window the details stand in the list's place."""
        share = round(self.width() * DETAILS_SHARE)
        wanted = min(max(share, room_px(NARROWEST_DETAILS)), room_px(WIDEST_DETAILS))
        narrow = self.width() - wanted < room_px(NARROWEST_LIST)
        self._listing.setHidden(narrow and not self.details.isHidden())
        self.details.set_narrow(narrow)
        if narrow:
            self.details.setMinimumWidth(0)
            self.details.setMaximumWidth(16_777_215)
        else:
            self.details.setFixedWidth(wanted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    # -- what is so here ----------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_offline()
        self.field.setPlaceholderText(self._search_words())
        self._results.name_hub(hub_name(self._parts.settings.current.network.endpoint))
        self._parts.bridge.run(self._parts.planner.room, self._room_known, lambda _error: None, self)
        if self.details.isHidden():
            self.field.setFocus()

    def _search_words(self) -> str:
        hub = hub_name(self._parts.settings.current.network.endpoint)
        return self.tr("Search {hub} for models").format(hub=hub)

    def _room_known(self, room: Room) -> None:
        self._room = room_bytes(room)
        self.details.set_room(room)
        self._look_at_room()

    def _look_at_room(self) -> None:
        self._results.set_room(self._room, only_fitting=self._fitting.isChecked())
        self._show_controls()

    def _show_offline(self) -> None:
        self._offline.setVisible(self._parts.settings.current.network.offline)

    def _happened(self, event: Event) -> None:
        if isinstance(event, ConnectionsChanged):
            self._show_offline()
