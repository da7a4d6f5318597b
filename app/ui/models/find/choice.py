"""Which file of a repository: the advised one and why, all of them by size, and whether the chosen one fits."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.core.errors import SatchelError
from app.inference.protocol import KvType
from app.models.hub.estimate import Advice, advise
from app.models.hub.values import HubDetails, HubFile
from app.models.model import Verdict
from app.models.plan import DeviceRoom, Plan, Room
from app.ui.models.find.advice import AdviceCard, advice_of
from app.ui.models.find.files import FileList
from app.ui.models.find.next_steps import NextSteps
from app.ui.models.find.room import room_bytes
from app.ui.models.fit import FitPanel
from app.ui.parts import Parts
from app.ui.widgets.basic import column, label, row
from app.ui.widgets.words import counted


class FileChoice(QWidget):
    """``changed`` when another file is chosen, and when the chosen one was judged."""

    changed = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._turn = 0
        self._room = 0
        self._gpus: tuple[DeviceRoom, ...] = ()
        self._trained = 0
        """The context that the model was trained for; 0: not known."""
        self._files = FileList(parts.theme)
        self._files.chosen.connect(self._choose)
        self._none = label(kind="muted", wrap=True, name="models.find.details.none")
        self._advised = AdviceCard(parts.theme)
        self.fit = FitPanel(parts.theme, parts.bridge, "models.find.fit")
        self.fit.changed.connect(self._judged)
        self.steps = NextSteps("models.find.fit", leading=False)
        self.fit.failed.connect(self.steps.show_for)
        which = label(self.tr("Which file?"), "heading")
        cost = label(
            self.tr("The same model, stored more or less exactly. Choosing one reads its header: a few MB."),
            "small",
            wrap=True,
        )
        self._fit_title = label(self.tr("Does it fit?"), "heading")
        self._some = QWidget()
        column(which, self._advised, self._files, cost, spacing=6, parent=self._some)
        self._fits = QWidget()
        title = row(self._fit_title, self.steps, spacing=8)
        title.insertStretch(1)
        below = column(spacing=6, parent=self._fits)
        below.addLayout(title)
        below.addWidget(self.fit)
        column(self._some, self._none, self._fits, spacing=14, parent=self)

    @property
    def file(self) -> HubFile | None:
        """The chosen one."""
        return self._files.file

    def set_room(self, room: Room) -> None:
        """How much memory a model may take here now."""
        self._room, self._gpus = room_bytes(room), room.gpus
        self.fit.show_gpus(self._gpus)

    def set_present(self, files: Collection[HubFile]) -> None:
        """Which files are in the library already."""
        self._files.rows.set_present(files)

    def show_details(self, details: HubDetails) -> None:
        """Show a repository's files. The advised one is chosen once it is known, unless the person was quicker."""
        self._turn += 1
        self._trained = details.model.n_ctx_train
        files = [file for file in details.files if file.role == "model"]
        self._some.setVisible(bool(files))
        self._none.setHidden(bool(files))
        missing = next((file.missing_parts for file in details.files if file.missing_parts), 0)
        self._none.setText(self._why_none(missing))
        self._fits.hide()
        self._files.show_files(files)
        if files:
            self._ask_advice(details)

    def _why_none(self, missing: int) -> str:
        if not missing:
            return self.tr("There is no model in the GGUF format in this repository.")
        words = self.tr(
            "The model comes in parts, and %Ln part(s) cannot be found: the rest is of no use.", "", missing
        )
        return " ".join((counted(words, missing), self.tr("Its author may still be uploading; look again later.")))

    def _ask_advice(self, details: HubDetails) -> None:
        """Of the planner; of sizes alone where it cannot be asked."""
        planner, turn = self._parts.planner, self._turn
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
        self._advised.show_advice(advice, changes, self._files.files)
        self._files.rows.advise(advice.file if advice is not None else None, self._room)
        if self._files.file is None:
            self._files.choose(advice.file if advice is not None else None)

    def _choose(self, file: HubFile) -> None:
        parts = self._parts

        def ask(n_ctx: int, kv_type: KvType) -> Verdict:
            return parts.hub.verdict(file, n_ctx, kv_type, measure=True)

        self._fits.show()
        self.steps.hide()
        self.fit.watch(ask, self._trained, parts.settings.current.model.load_settings())
        self.fit.show_gpus(self._gpus)
        self.changed.emit()

    def _judged(self, verdict: Verdict) -> None:
        self.steps.hide()
        if self.file is not None:
            self._files.rows.set_verdict(self.file, verdict)
            self.changed.emit()
