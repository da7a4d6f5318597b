"""The best settings for a model on this machine, with the reasons; or what would have to change so that it fits."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel

from app.core.errors import SatchelError
from app.models.model import LibraryModel
from app.models.plan import ALL_LAYERS, Plan, PlanChoice
from app.ui.models.sections.section import Section
from app.ui.parts import Parts
from app.ui.widgets.basic import button, column, label, restyle
from app.ui.widgets.words import number

ASK_AFTER_MS = 500
"""A plan may take llama.cpp a second or two: who only walks through the library does not ask for it."""


class BestSection(Section):
    """``planned`` with the plan; ``chosen`` with the choice the person wants to use, ``keep_requested``: always."""

    planned = Signal(object)
    chosen = Signal(object)
    keep_requested = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts, self.tr("Best settings here"), "models.best")
        self._plan: Plan | None = None
        self._of: int | None = None
        self._wanted = False
        self._turn = 0
        self._title = label(kind="strong", wrap=True, name="models.best.title")
        self._sentences = column(spacing=6)
        self._shown: list[QLabel] = []
        self._use = button(self.tr("Use these settings"), "models.best.use", self._choose)
        self._use.hide()
        self._used = label(kind="good", wrap=True, name="models.best.used")
        self._keep = button(self.tr("Always load it like this"), "models.best.keep", self._do_keep, "link")
        restyle(self._keep, state="flush")
        self.say_unused()
        self.inside.addWidget(self._title)
        self.inside.addLayout(self._sentences)
        self.inside.addWidget(self._use)
        self.inside.addWidget(self._used)
        self.inside.addWidget(self._keep, 0, Qt.AlignmentFlag.AlignLeft)
        self.button.toggled.connect(self.button.summary.setHidden)  # the title says the same
        self._later = QTimer(self, singleShot=True, interval=ASK_AFTER_MS)
        self._later.timeout.connect(self._ask)

    def summarize(self, model: LibraryModel) -> None:
        self._wanted = self.parts.planner is not None and model.present and model.summary.kind != "embedding"
        self.setVisible(self._wanted)
        if self._wanted and model.id != self._of:
            self._of = model.id
            self._wait()
            self._later.start()

    def plan_again(self) -> None:
        """Free memory is another now."""
        if self._wanted:
            self._later.start()

    def say_used(self) -> None:
        """The plan's settings are chosen now: said where the person clicked, as what changed may be out of sight."""
        self._used.setText(self.tr("Chosen for the next load, as the bar above shows."))
        self._used.show()
        self._keep.show()
        self._use.setEnabled(False)

    def say_unused(self) -> None:
        """Something else is chosen."""
        self._used.hide()
        self._keep.hide()
        self._use.setEnabled(True)

    def _do_keep(self) -> None:
        self.keep_requested.emit()
        self._used.setText(self.tr("Kept: it is always loaded like this. “Use the default” above takes it back."))
        self._keep.hide()

    def _wait(self) -> None:
        self._turn += 1
        self._plan = None
        self.say_unused()
        self.set_summary(self.tr("working it out…"))
        self._title.setText(self.tr("Working out what is best on this machine…"))
        self._say(())
        self._use.hide()

    def _ask(self) -> None:
        planner, model = self.parts.planner, self.model
        if planner is None or model is None:
            return
        self._turn += 1
        turn = self._turn

        def came(plan: Plan) -> None:
            if turn == self._turn:
                self._show(plan)

        def failed(error: SatchelError) -> None:
            if turn == self._turn:
                self.set_summary("")
                self._title.setText(error.what)
                self._say((error.why, error.next_step))

        self.parts.bridge.run(lambda: planner.plan(model.id), came, failed, self)

    def _show(self, plan: Plan) -> None:
        if self._plan is not None and self._plan.choice != plan.choice:
            self.say_unused()
        self._plan, choice = plan, plan.choice
        if plan.fits and choice is not None:
            words = self._words(choice)
            self.set_summary(words)
            self._title.setText(words)
            self._say((*plan.reasons, *plan.changes))
        else:
            self.set_summary(self.tr("nothing fits now"), "bad")
            self._title.setText(self.tr("It does not fit, whatever the settings. What would help:"))
            self._say(plan.changes)
        self._use.setVisible(plan.fits)
        self.planned.emit(plan)

    def _words(self, choice: PlanChoice) -> str:
        kinds = {"f16": self.tr("16 bit cache"), "q8_0": self.tr("8 bit cache"), "q4_0": self.tr("4 bit cache")}
        words = [self.tr("{n} tokens").format(n=number(choice.n_ctx)), kinds[choice.kv_type]]
        if choice.n_gpu_layers == ALL_LAYERS:
            words.append(self.tr("all on the GPU"))
        elif choice.n_gpu_layers:
            words.append(self.tr("{n} layers on the GPU").format(n=choice.n_gpu_layers))
        return ", ".join(words)

    def _say(self, sentences: tuple[str, ...]) -> None:
        for old in self._shown:
            self._sentences.removeWidget(old)
            old.deleteLater()
        self._shown = [label(sentence, "muted", wrap=True) for sentence in sentences if sentence]
        for made in self._shown:
            self._sentences.addWidget(made)

    def _choose(self) -> None:
        if self._plan is not None and self._plan.choice is not None:
            self.chosen.emit(self._plan.choice)
