"""The Find view: a search on the hub, a list to start from, and the details of the repository that is chosen.

Nothing is requested but what the person asks for: a search by typing or Enter, a page by scrolling to the end, a
repository by a click.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QProgressBar, QStackedWidget, QWidget

from app.core.errors import OfflineError, SatchelError
from app.models.hub.values import CuratedModel, HubPage
from app.services.events import ConnectionsChanged, Event
from app.ui.models.find.details import HubDetailsPane
from app.ui.models.find.offline import OfflineBar
from app.ui.models.find.repositories import Repositories, Row
from app.ui.models.find.repository_list import RepositoryList
from app.ui.models.find.room import room_bytes
from app.ui.models.find.search import Question, Search
from app.ui.models.find.skeleton import Skeleton
from app.ui.models.find.start_list import StartList
from app.ui.models.find.words import sort_words
from app.ui.parts import Parts
from app.ui.theme import room_px
from app.ui.widgets.basic import button, column, label, row
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.search_field import SearchField
from app.ui.widgets.state_panel import StatePanel
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
        self._pause.timeout.connect(lambda: self._ask(SHORTEST))
        self.field = SearchField(parts.theme, self.tr("Search the hub for models"), "models.find.search")
        self.field.textEdited.connect(self._typed)
        self.field.textChanged.connect(self._changed)
        self.field.returnPressed.connect(lambda: self._ask(1))
        self._sort = QComboBox()
        self._sort.setObjectName("models.find.sort")
        self._sort.setAccessibleName(self.tr("Order"))
        for value, words in sort_words().items():
            self._sort.addItem(words, value)
        self._sort.currentIndexChanged.connect(lambda _index: self._resort())
        self._fitting = QCheckBox(self.tr("Only what fits here"))
        self._fitting.setObjectName("models.find.fitting")
        self._fitting.setToolTip(
            self.tr("Leaves out models whose smallest good file needs more memory than is free now: an estimate.")
        )
        self._fitting.toggled.connect(lambda _on: self._look_at_room())
        self._start = StartList(parts.theme)
        self._rows = Repositories(self)
        self._list = RepositoryList(parts.theme, self._rows, "models.find.results", self.tr("Models found"))
        self._count = ElidedLabel(kind="small", name="models.find.count")
        self._to_start = button(self.tr("Back to the start list"), "models.find.to_start", self._back_to_start, "link")
        self._offline = OfflineBar(parts.theme, self.settings_requested.emit)
        self.details = HubDetailsPane(parts)
        self.details.hide()
        self._make_states()
        self._lay_out()
        self._wire()
        self._show_state(self._start)
        self._show_offline()
        parts.bridge.run(parts.hub.curated, self._show_curated)

    def _make_states(self) -> None:
        theme = self._parts.theme
        looking = QWidget()
        looking.setObjectName("models.find.looking")
        bar = QProgressBar(textVisible=False, maximum=0)
        column(label(self.tr("Looking…"), "small"), bar, Skeleton(theme), spacing=8, parent=looking).setStretch(2, 1)
        self._nothing = StatePanel(theme, "search", "models.find.nothing")
        self._retry = button(self.tr("Try again"), "models.find.retry", self._search.again, "primary")
        self._to_settings = button(self.tr("Settings"), "models.find.problem.settings", self.settings_requested.emit)
        self._problem = StatePanel(theme, "circle-alert", "models.find.problem", self._retry, self._to_settings)
        self._looking = looking
        self._states = QStackedWidget()
        for state in (self._start, looking, self._list, self._nothing, self._problem):
            self._states.addWidget(state)

    def _lay_out(self) -> None:
        top = row(self.field, self._sort, spacing=8)
        top.setStretch(0, 1)
        self._listing = QWidget()
        inside = column(self._offline, spacing=12, parent=self._listing)
        inside.setContentsMargins(24, 18, 16, 12)
        inside.addLayout(top)
        below = row(self._fitting, self._count, self._to_start, spacing=12)
        below.setStretch(1, 1)
        inside.addLayout(below)
        inside.addWidget(self._states, 1)
        row(self._listing, self.details, spacing=0, parent=self).setStretch(0, 1)

    def _wire(self) -> None:
        for shown in (self._list, self._start.list):
            shown.opened.connect(self._open)
        self._list.more_requested.connect(self._search.more)
        self._start.browse_requested.connect(lambda: self._ask(0))
        self._search.looking.connect(self._show_looking)
        self._search.found.connect(self._show_found)
        self._search.failed.connect(self._show_failed)
        self.details.closed.connect(self._close_details)
        self.details.settings_requested.connect(self.settings_requested)
        self.details.downloads_requested.connect(self.downloads_requested)
        self.details.model_requested.connect(self.model_requested)
        self._parts.bridge.happened.connect(self._happened)
        self._parts.theme.changed.connect(self._make_room)
        down = QShortcut(QKeySequence("Down"), self.field, context=Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self._enter_list)

    # -- searching ----------------------------------------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        if text.strip():
            self._pause.start()

    def _changed(self, text: str) -> None:
        if not text.strip():  # the cross, too
            self._pause.stop()
            self._back_to_start()

    def _back_to_start(self) -> None:
        self.field.clear()
        self._search.put_aside()
        self._show_state(self._start)

    def _ask(self, shortest: int) -> None:
        """``shortest``: with fewer letters, nothing is asked."""
        self._pause.stop()
        text = self.field.text().strip()
        question = Question(text, self._sort.currentData())
        if len(text) >= shortest and (question != self._search.question or not self._showing_results()):
            self._search.ask(question)

    def _showing_results(self) -> bool:
        return self._states.currentWidget() in (self._list, self._looking, self._nothing)

    def _resort(self) -> None:
        if self._search.question is not None:
            self._search.ask(Question(self._search.question.text, self._sort.currentData()))

    def _show_looking(self, first: bool) -> None:
        if first:
            self._show_state(self._looking)
        else:
            self._rows.set_more("looking")

    def _show_found(self, page: HubPage, first: bool) -> None:
        rows = [Row.of_found(model) for model in page.models]
        if first:
            self._rows.set_more("none")
            self._rows.show_rows(rows)
            self._list.scrollToTop()
            self._mark_opened()
        else:
            self._rows.add_rows(rows)
        self._rows.set_more("more" if page.next else "none")
        if first and not rows:
            question = self._search.question
            self._nothing.say(
                self.tr("Nothing was found for “{words}”").format(words=question.text if question else ""),
                self.tr("Only models in the GGUF format are looked for. Try fewer or other words."),
            )
            self._show_state(self._nothing)
        else:
            self._show_state(self._list)

    def _show_failed(self, error: SatchelError, first: bool) -> None:
        if not first:
            self._rows.set_more("failed")
            return
        self._problem.say_error(error)
        self._to_settings.setVisible(isinstance(error, OfflineError))
        self._retry.setVisible(not isinstance(error, OfflineError))
        self._show_state(self._problem)

    def _show_state(self, state: QWidget) -> None:
        self._states.setCurrentWidget(state)
        self._sort.setVisible(state is not self._start)
        self._to_start.setVisible(state is not self._start)
        self._show_count()

    def _show_count(self) -> None:
        hidden = self._rows.hidden_count if self._states.currentWidget() is self._list else 0
        words = self.tr("%Ln result(s) left out: too large, or of unknown size", "", hidden)
        self._count.setText(counted(words, hidden) if hidden else "")

    def _enter_list(self) -> None:
        shown = self._start.list if self._states.currentWidget() is self._start else self._list
        shown.setFocus()
        if not shown.currentIndex().isValid():
            shown.setCurrentIndex(shown.model().index(0, 0))

    # -- details ------------------------------------------------------------------------------------------------------

    def _open(self, repo_id: str, title: str) -> None:
        self.details.open(repo_id, title)
        self.details.show()
        self._make_room()

    def close_details(self) -> None:
        """Back to the list alone."""
        if not self.details.isHidden():
            self._close_details()

    def _close_details(self) -> None:
        self.details.hide()
        for shown in (self._list, self._start.list):
            shown.clearSelection()
        self._make_room()
        self.field.setFocus()

    def _make_room(self) -> None:
        """Beside each other; in a small window the details stand in the list's place."""
        share = round(self.width() * DETAILS_SHARE)
        wanted = min(max(share, room_px(NARROWEST_DETAILS)), room_px(WIDEST_DETAILS))
        narrow = self.width() - wanted < room_px(NARROWEST_LIST)
        opened = not self.details.isHidden()
        self._listing.setVisible(not (opened and narrow))
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
        parts = self._parts
        parts.bridge.run(lambda: room_bytes(parts.planner), self._room_known, lambda _error: None, self)
        if self.details.isHidden():
            self.field.setFocus()

    def _room_known(self, room: int) -> None:
        self._room = room
        self.details.set_room(room)
        self._look_at_room()

    def _look_at_room(self) -> None:
        for rows in (self._rows, self._start.rows):
            rows.set_room(self._room, only_fitting=self._fitting.isChecked() and bool(self._room))
        self._mark_opened()
        self._show_count()

    def _mark_opened(self) -> None:
        for shown in (self._list, self._start.list):
            shown.choose(self.details.repo_id if not self.details.isHidden() else "")

    def _show_curated(self, models: tuple[CuratedModel, ...]) -> None:
        self._start.show_models(models)

    def _show_offline(self) -> None:
        self._offline.setVisible(self._parts.settings.current.network.offline)

    def _happened(self, event: Event) -> None:
        if isinstance(event, ConnectionsChanged):
            self._show_offline()
