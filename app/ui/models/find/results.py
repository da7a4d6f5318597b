"""What the middle of the Find view shows: the start list, a search on its way, what it found, or why it did not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QStackedWidget, QWidget

from app.core.errors import SatchelError
from app.models.hub.values import CuratedModel, HubPage
from app.ui.models.find.next_steps import NextSteps, ProblemPanel
from app.ui.models.find.repositories import Repositories, Row
from app.ui.models.find.repository_list import RepositoryList
from app.ui.models.find.search import Search
from app.ui.models.find.skeleton import Skeleton
from app.ui.models.find.start_list import StartList
from app.ui.theme import Theme
from app.ui.widgets.basic import column, label
from app.ui.widgets.state_panel import StatePanel


class Results(QStackedWidget):
    """``opened`` with a repository and its title; ``changed`` when something else is shown."""

    opened = Signal(str, str)
    browse_requested = Signal()
    settings_requested = Signal()
    changed = Signal()

    def __init__(self, theme: Theme, search: Search) -> None:
        super().__init__()
        self._search = search
        self._rows = Repositories(self)
        self._list = RepositoryList(theme, self._rows, "models.find.results", self.tr("Models found"))
        self._start = StartList(theme)
        self._looking = QWidget()
        self._looking.setObjectName("models.find.looking")
        bar = QProgressBar(textVisible=False, maximum=0)
        waiting = column(label(self.tr("Looking…"), "small"), bar, Skeleton(theme), spacing=8, parent=self._looking)
        waiting.setStretch(2, 1)
        self._nothing = StatePanel(theme, "search", "models.find.nothing")
        steps = NextSteps("models.find.problem")
        steps.retry_requested.connect(search.again)
        steps.settings_requested.connect(self.settings_requested)
        self._problem = ProblemPanel(theme, "models.find.problem", steps)
        for state in (self._start, self._looking, self._list, self._nothing, self._problem):
            self.addWidget(state)
        for shown in (self._list, self._start.list):
            shown.opened.connect(self.opened)
        self._list.more_requested.connect(search.more)
        self._start.browse_requested.connect(self.browse_requested)
        search.looking.connect(self._show_looking)
        search.found.connect(self._show_found)
        search.failed.connect(self._show_failed)

    def name_hub(self, name: str) -> None:
        """How the hub is called that is asked."""
        self._start.name_hub(name)

    @property
    def at_start(self) -> bool:
        """Whether the start list is shown."""
        return self.currentWidget() is self._start

    @property
    def failed(self) -> bool:
        """Whether the last search failed, so that the same words may be looked for again."""
        return self.currentWidget() is self._problem

    @property
    def left_out(self) -> int:
        """How many of those found are not shown."""
        return self._rows.hidden_count if self.currentWidget() is self._list else 0

    def show_start(self) -> None:
        """Back to the start list."""
        self._show(self._start)

    def show_curated(self, models: Sequence[CuratedModel]) -> None:
        """Have these in the start list."""
        self._start.show_models(models)

    def set_room(self, room_bytes: int, *, only_fitting: bool) -> None:
        """How much memory a model may take here, and whether to leave out what takes more."""
        for rows in (self._rows, self._start.rows):
            rows.set_room(room_bytes, only_fitting=only_fitting and bool(room_bytes))

    def mark(self, repo_id: str) -> None:
        """Mark the repository that is opened; empty: none is."""
        for shown in (self._list, self._start.list):
            shown.mark(repo_id)

    def enter(self) -> None:
        """Let the keyboard walk the list."""
        shown = self._start.list if self.at_start else self._list
        shown.setFocus()
        if not shown.currentIndex().isValid():
            shown.setCurrentIndex(shown.model().index(0, 0))

    # -- what the search tells ----------------------------------------------------------------------------------------

    def _show_looking(self, first: bool) -> None:
        if first:
            self._show(self._looking)
        else:
            self._rows.set_more("looking")

    def _show_found(self, page: HubPage, first: bool) -> None:
        rows = [Row.of_found(model) for model in page.models]
        if first:
            self._rows.set_more("none")
            self._rows.show_rows(rows)
            self._list.scrollToTop()
        else:
            self._rows.add_rows(rows)
        self._rows.set_more("more" if page.next else "none")
        if first and not rows:
            question = self._search.question
            self._nothing.say(
                self.tr("Nothing was found for “{words}”").format(words=question.text if question else ""),
                self.tr("Only models in the GGUF format are looked for. Try fewer or other words."),
            )
            self._show(self._nothing)
        else:
            self._show(self._list)

    def _show_failed(self, error: SatchelError, first: bool) -> None:
        if not first:
            self._rows.set_more("failed")
            return
        self._problem.say_error(error)
        self._show(self._problem)

    def _show(self, state: QWidget) -> None:
        self.setCurrentWidget(state)
        self.changed.emit()
