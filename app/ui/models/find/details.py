"""The chosen repository, at the right of the Find view: which file to take, whether it fits, its author's words.

A click that opens it requests its description, and the header of the file that is advised; choosing another file
requests that one's header. Nothing else is requested.
"""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QProgressBar, QStackedWidget, QWidget

from app.core.errors import SatchelError
from app.models.hub.values import HubDetails
from app.models.plan import Room
from app.ui.models.find.card import CardView, open_page
from app.ui.models.find.choice import FileChoice
from app.ui.models.find.foot import Foot
from app.ui.models.find.gate import Gate, TokenState, token_state
from app.ui.models.find.head import DetailsHead
from app.ui.models.find.next_steps import NextSteps, ProblemPanel
from app.ui.models.find.skeleton import Skeleton
from app.ui.models.find.whereabouts import Whereabouts
from app.ui.models.find.words import one_line
from app.ui.parts import Parts
from app.ui.widgets.basic import column, label, line
from app.ui.widgets.page import scrolling
from app.ui.widgets.words import number


class HubDetailsPane(QFrame):
    """``closed`` when the person closes it; the others lead to where they say."""

    closed = Signal()
    settings_requested = Signal()
    downloads_requested = Signal()
    model_requested = Signal(int)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._details: HubDetails | None = None
        self._turn = 0
        self.repo_id = ""
        self.setProperty("kind", "pane")
        self.setObjectName("models.find.details")
        self.setAccessibleName(self.tr("Details of the model"))
        self._head = DetailsHead(parts.theme)
        self._facts = label(kind="small", wrap=True, name="models.find.details.facts")
        self._gate = Gate(parts.theme)
        self.choice = FileChoice(parts)
        self._card = CardView(parts.theme)
        self._where = Whereabouts(parts, self)
        self._foot = Foot()
        self._make_states()
        column(self._head, self._states, self._foot, spacing=0, parent=self).setStretch(1, 1)
        self._wire()

    def _make_states(self) -> None:
        theme = self._parts.theme
        self._looking = QWidget()
        self._looking.setObjectName("models.find.details.looking")
        bar = QProgressBar(textVisible=False, maximum=0)
        waiting = column(label(self.tr("Looking…"), "small"), bar, Skeleton(theme), spacing=8, parent=self._looking)
        waiting.setContentsMargins(22, 4, 18, 0)
        waiting.setStretch(2, 1)
        self._steps = NextSteps("models.find.details", ("back", "page", "settings", "token", "retry"))
        self._problem = ProblemPanel(theme, "models.find.details.problem", self._steps)
        content = QWidget()
        inside = column(self._facts, self._gate, self.choice, line(), self._card, spacing=14, parent=content)
        inside.addStretch()
        inside.setContentsMargins(22, 2, 18, 20)
        self._content = scrolling(content, "models.find.details.scroll")
        self._states = QStackedWidget()
        for state in (self._looking, self._content, self._problem):
            self._states.addWidget(state)

    def _wire(self) -> None:
        self._head.closed.connect(self.closed)
        self._head.page_requested.connect(self._open_page)
        for source in (self._gate, self._steps, self.choice.steps):
            source.page_requested.connect(self._open_page)
            source.settings_requested.connect(self.settings_requested)
            source.retry_requested.connect(self._again)
        self._steps.back_requested.connect(self.closed)
        self.choice.changed.connect(self._show_whereabouts)
        self._foot.download_requested.connect(self._download)
        self._foot.downloads_requested.connect(self.downloads_requested)
        self._foot.model_requested.connect(self.model_requested)
        self._where.changed.connect(self._show_whereabouts)

    # -- what others may ask ------------------------------------------------------------------------------------------

    def open(self, repo_id: str, title: str) -> None:
        """Look at a repository."""
        self.repo_id = repo_id
        self._details = None
        self._head.show_title(title, repo_id)
        self._states.setCurrentWidget(self._looking)
        self._foot.hide()
        self._where.refresh()
        self._turn += 1
        turn = self._turn

        def ask() -> tuple[HubDetails, TokenState]:
            return self._parts.hub.details(repo_id), token_state(self._parts.hub)

        def came(found: tuple[HubDetails, TokenState]) -> None:
            if turn == self._turn:
                self._show(*found)

        def failed(error: SatchelError) -> None:
            if turn == self._turn:
                self._show_problem(error)

        self._parts.bridge.run(ask, came, failed, self)

    def set_room(self, room: Room) -> None:
        """How much memory a model may take here now."""
        self.choice.set_room(room)

    def set_narrow(self, narrow: bool) -> None:
        """Whether it stands in the list's place."""
        self._head.set_narrow(narrow)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _again(self) -> None:
        self.open(self.repo_id, self._head.title)

    def _show_problem(self, error: SatchelError) -> None:
        self._problem.say_error(error)
        self._states.setCurrentWidget(self._problem)

    def _show(self, details: HubDetails, token: TokenState) -> None:
        self._details = details
        model = details.model
        self._head.show_title(model.title, model.repo_id)
        trained = self.tr("trained for {n} tokens").format(n=number(model.n_ctx_train)) if model.n_ctx_train else ""
        self._facts.setText(" · ".join(part for part in (model.architecture, trained, one_line(model)) if part))
        self._gate.show_model(model, token, self._page())
        self._content.verticalScrollBar().setValue(0)
        self.choice.show_details(details)
        self._show_whereabouts()
        self._states.setCurrentWidget(self._content)
        turn = self._turn  # a long card takes a moment to lay out: what is asked for first is shown first
        QTimer.singleShot(0, self, lambda: self._card.show_card(details.card_markdown) if turn == self._turn else None)

    def _show_whereabouts(self) -> None:
        file, details = self.choice.file, self._details
        if details is None:
            return
        self.choice.set_present([each for each in details.files if self._where.model(each) is not None])
        self._foot.setVisible(file is not None)
        if file is None:
            return
        model, download, verdict = self._where.model(file), self._where.download(file), self.choice.fit.verdict
        if verdict is not None:
            self._gate.let_in()
        if model is not None:
            self._foot.show_model(model.id, model.title)
        elif download is not None and not (download.state == "failed" and download.revision != file.revision):
            self._foot.show_download(download)
        else:
            newer = self._where.older(file) is not None
            self._foot.offer(file, verdict.fit if verdict is not None else None, newer=newer)

    def _download(self) -> None:
        file, details, parts = self.choice.file, self._details, self._parts
        if file is None or details is None:
            return
        title = details.model.title
        self._foot.wait()

        def failed(error: SatchelError) -> None:
            self._show_whereabouts()
            parts.bridge.failed.emit(error)

        parts.bridge.run(lambda: parts.downloads.add(file, title), lambda _added: self._where.refresh(), failed, self)

    def _open_page(self) -> None:
        if page := self._page():
            open_page(page)

    def _page(self) -> str:
        """The address of the model's page; empty where the mirror's is none, which is told."""
        try:
            return f"{self._parts.hub.endpoint}/{self.repo_id}"
        except SatchelError as error:
            self._parts.bridge.failed.emit(error)
            return ""

    def showEvent(self, event: QShowEvent) -> None:
        """Back from the settings, say: there may be a token now."""
        super().showEvent(event)
        details, hub = self._details, self._parts.hub

        def came(token: TokenState) -> None:
            if details is self._details and details is not None and not self._gate.isHidden():
                self._gate.show_model(details.model, token, self._page())

        if details is not None:
            self._parts.bridge.run(lambda: token_state(hub), came, lambda _error: None, self)
