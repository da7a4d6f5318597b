"""The chosen repository, at the right of the Find view: which file to take, whether it fits, its author's words.

A click that opens it requests its description, and the header of the file that is advised; choosing another file
requests that one's header. Nothing else is requested.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QStackedWidget, QWidget

from app.core.errors import HubError, OfflineError, SatchelError
from app.inference.protocol import KvType
from app.models.hub.estimate import Advice, advise
from app.models.hub.values import HubDetails, HubFile
from app.models.model import Verdict
from app.models.plan import Plan
from app.ui.models.find.advice import AdviceCard, advice_of
from app.ui.models.find.card import CardView, open_page
from app.ui.models.find.files import FileList
from app.ui.models.find.foot import Foot
from app.ui.models.find.gate import Gate
from app.ui.models.find.skeleton import Skeleton
from app.ui.models.find.whereabouts import Whereabouts
from app.ui.models.find.words import model_title, one_line
from app.ui.models.fit import FitPanel
from app.ui.parts import Parts
from app.ui.widgets.basic import IconButton, button, column, label, line, row
from app.ui.widgets.page import scrolling
from app.ui.widgets.state_panel import StatePanel
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
        self._room = 0
        self._trained = 0
        """The context that the model was trained for; 0: not known."""
        self._turn = 0
        self.repo_id = ""
        self.setProperty("kind", "pane")
        self.setObjectName("models.find.details")
        self.setAccessibleName(self.tr("Details of the model"))
        theme = parts.theme
        self._title = label(kind="title", wrap=True, name="models.find.details.title")
        self._author = label(kind="muted", wrap=True, selectable=True, name="models.find.details.author")
        self._back = IconButton(theme, "chevron-left", self.tr("Back to the list"), "models.find.details.back")
        self._back.clicked.connect(lambda _=False: self.closed.emit())
        page = IconButton(theme, "external-link", self.tr("Open its page in the browser"), "models.find.details.page")
        page.clicked.connect(lambda _=False: self._open_page())
        self._close = IconButton(theme, "x", self.tr("Close the details"), "models.find.details.close")
        self._close.clicked.connect(lambda _=False: self.closed.emit())
        self._facts = label(kind="small", wrap=True, name="models.find.details.facts")
        self._gate = Gate(theme)
        self._files = FileList(theme)
        self._no_files = label(kind="muted", wrap=True, name="models.find.details.none")
        self._advised = AdviceCard(theme)
        self.fit = FitPanel(theme, parts.bridge, "models.find.fit")
        self._card = CardView(theme)
        self._where = Whereabouts(parts, self)
        self._foot = Foot()
        self._make_states()
        head = QWidget()
        top = row(self._back, self._title, page, self._close, spacing=6)
        top.setStretch(1, 1)
        for widget in (self._back, page, self._close):
            top.setAlignment(widget, Qt.AlignmentFlag.AlignTop)
        inside = column(spacing=2, parent=head)
        inside.addLayout(top)
        inside.addWidget(self._author)
        inside.setContentsMargins(22, 16, 12, 8)
        column(head, self._states, self._foot, spacing=0, parent=self).setStretch(1, 1)
        self.set_narrow(False)
        self._wire()

    def _make_states(self) -> None:
        theme = self._parts.theme
        looking = QWidget()
        looking.setObjectName("models.find.details.looking")
        bar = QProgressBar(textVisible=False, maximum=0)
        waiting = column(label(self.tr("Looking…"), "small"), bar, Skeleton(theme), spacing=8, parent=looking)
        waiting.setContentsMargins(22, 4, 18, 0)
        waiting.setStretch(2, 1)
        self._retry = button(self.tr("Try again"), "models.find.details.retry", self._again, "primary")
        self._settings = button(self.tr("Settings"), "models.find.details.settings", self.settings_requested.emit)
        self._problem = StatePanel(theme, "circle-alert", "models.find.details.problem", self._retry, self._settings)
        content = QWidget()
        self._size_words = label(
            self.tr("The same model, stored more or less exactly. Choosing one reads its header: a few MB."),
            "small",
            wrap=True,
        )
        self._size_title = label(self.tr("Which file?"), "heading")
        self._fit_title = label(self.tr("Does it fit?"), "heading")
        inside = column(self._facts, self._gate, spacing=12, parent=content)
        inside.addSpacing(4)
        for group in (
            (self._size_title, self._advised, self._files, self._size_words, self._no_files),
            (self._fit_title, self.fit),
        ):
            inside.addLayout(column(*group, spacing=6))
            inside.addSpacing(4)
        inside.addWidget(line())
        inside.addWidget(self._card)
        inside.addStretch()
        inside.setContentsMargins(22, 2, 18, 20)
        self._looking, self._content = looking, scrolling(content, "models.find.details.scroll")
        self._states = QStackedWidget()
        for state in (looking, self._content, self._problem):
            self._states.addWidget(state)

    def _wire(self) -> None:
        self._files.chosen.connect(self._choose)
        self.fit.changed.connect(self._judged)
        self._gate.page_requested.connect(self._open_page)
        self._gate.token_requested.connect(self.settings_requested)
        self._foot.download_requested.connect(self._download)
        self._foot.downloads_requested.connect(self.downloads_requested)
        self._foot.model_requested.connect(self.model_requested)
        self._where.changed.connect(self._show_whereabouts)

    # -- what others may ask ------------------------------------------------------------------------------------------

    def open(self, repo_id: str, title: str) -> None:
        """Look at a repository."""
        self.repo_id = repo_id
        self._details = None
        self._title.setText(title)
        self._author.setText(repo_id)
        self._states.setCurrentWidget(self._looking)
        self._foot.hide()
        self._where.refresh()
        self._turn += 1
        turn = self._turn

        def came(details: HubDetails) -> None:
            if turn == self._turn:
                self._show(details)

        def failed(error: SatchelError) -> None:
            if turn == self._turn:
                self._show_problem(error)

        self._parts.bridge.run(lambda: self._parts.hub.details(repo_id), came, failed, self)

    def set_room(self, room_bytes: int) -> None:
        """How much memory a model may take here now."""
        self._room = room_bytes

    def set_narrow(self, narrow: bool) -> None:
        """Whether it stands in the list's place, so that closing it is going back."""
        self._back.setVisible(narrow)
        self._close.setVisible(not narrow)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _again(self) -> None:
        self.open(self.repo_id, self._title.text())

    def _show_problem(self, error: SatchelError) -> None:
        self._problem.say_error(error)
        offline = isinstance(error, OfflineError)
        needs_token = isinstance(error, HubError) and error.reason in ("gated", "token")
        self._retry.setHidden(offline)
        self._settings.setVisible(offline or needs_token)
        self._settings.setText(self.tr("Add a token") if needs_token else self.tr("Settings"))
        self._states.setCurrentWidget(self._problem)

    def _show(self, details: HubDetails) -> None:
        self._details = details
        model = details.model
        self._trained = model.n_ctx_train
        self._title.setText(model_title(model))
        trained = self.tr("trained for {n} tokens").format(n=number(model.n_ctx_train)) if model.n_ctx_train else ""
        self._facts.setText(" · ".join(part for part in (model.architecture, trained, one_line(model)) if part))
        self._gate.show_model(model)
        self._content.verticalScrollBar().setValue(0)
        files = [file for file in details.files if file.role == "model"]
        for widget in (self._size_title, self._size_words, self._files, self._advised):
            widget.setVisible(bool(files))
        for later in (self._fit_title, self.fit, self._foot):
            later.hide()  # until a file is chosen
        self._no_files.setHidden(bool(files))
        self._no_files.setText(self.tr("There is no model in the GGUF format in this repository."))
        self._files.show_files(files)
        if files:
            self._ask_advice(details, self._turn)
        self._states.setCurrentWidget(self._content)
        turn = self._turn  # a long card takes a moment to lay out: what is asked for first is shown first
        QTimer.singleShot(0, self, lambda: self._card.show_card(details.card_markdown) if turn == self._turn else None)

    def _ask_advice(self, details: HubDetails, turn: int) -> None:
        """Which file to take, of the planner; of sizes alone where it cannot be asked."""
        planner = self._parts.planner
        by_size = advise(details.files, details.model.parameters, self._room)
        self._files.rows.advise(None, self._room)

        def came(plan: Plan) -> None:
            if turn == self._turn:
                if plan.choice is not None:  # from the header: the hub does not always say
                    self._trained = self._trained or plan.choice.candidate.n_ctx_train
                self._advise(advice_of(plan, details), plan.changes)

        def failed(_error: SatchelError) -> None:
            if turn == self._turn:  # the verdict of the chosen file says why
                self._advise(by_size)

        self._advised.wait()
        self._parts.bridge.run(lambda: planner.plan(details), came, failed, self)

    def _advise(self, advice: Advice | None, changes: tuple[str, ...] = ()) -> None:
        self._advised.show_advice(advice, changes)
        self._files.rows.advise(advice.file if advice is not None else None, self._room)
        if self._files.file is None:  # else the person was quicker
            self._files.choose(advice.file if advice is not None else None)

    def _choose(self, file: HubFile) -> None:
        details, parts = self._details, self._parts
        if details is None:
            return

        def ask(n_ctx: int, kv_type: KvType) -> Verdict:
            return parts.hub.verdict(file, n_ctx, kv_type, measure=True)

        for widget in (self._fit_title, self.fit, self._foot):
            widget.show()
        self.fit.watch(ask, self._trained, parts.settings.current.model.load_settings())
        self._show_whereabouts()

    def _judged(self, verdict: Verdict) -> None:
        file = self._files.file
        if file is not None:
            self._files.rows.set_verdict(file, verdict)
            self._show_whereabouts()

    def _show_whereabouts(self) -> None:
        file, details = self._files.file, self._details
        if details is None:
            return
        self._files.rows.set_present([each for each in details.files if self._where.model(each) is not None])
        if file is None:
            return
        model, download = self._where.model(file), self._where.download(file)
        if model is not None:
            self._foot.show_model(model.id, model.title)
        elif download is not None:
            self._foot.show_download(download)
        else:
            self._foot.offer(file, self.fit.verdict.fit if self.fit.verdict is not None else None)

    def _download(self) -> None:
        file, details, parts = self._files.file, self._details, self._parts
        if file is None or details is None:
            return
        title = model_title(details.model)
        self._foot.wait()

        def failed(error: SatchelError) -> None:
            self._show_whereabouts()
            parts.bridge.failed.emit(error)

        parts.bridge.run(lambda: parts.downloads.add(file, title), lambda _added: self._where.refresh(), failed, self)

    def _open_page(self) -> None:
        try:
            open_page(f"{self._parts.hub.endpoint}/{self.repo_id}")
        except SatchelError as error:  # the setting of a mirror is no address
            self._parts.bridge.failed.emit(error)
