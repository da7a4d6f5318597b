"""Which file to take on this machine, and why: as the planner says; by sizes alone where it cannot be asked."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFrame

from app.models.hub.estimate import Advice
from app.models.hub.values import HubDetails, HubFile
from app.models.plan import Plan
from app.ui.models.find.words import file_title
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, label, row


def advice_of(plan: Plan, details: HubDetails) -> Advice | None:
    """A plan as advice to take one of the files; None: none of them fits."""
    key = plan.choice.candidate.key if plan.fits and plan.choice is not None else None
    file = next((file for file in details.files if file.paths[0] == key), None)
    if file is None:
        return None
    reasons = plan.reasons
    if plan.tokens_per_s is not None:
        words = QCoreApplication.translate("find", "Expect about {n} tokens per second: an estimate.")
        n = str(round(plan.tokens_per_s)) if plan.tokens_per_s >= 2 else f"{plan.tokens_per_s:.1f}"
        first = " ".join((*reasons[:1], words.format(n=n)))  # what people want to know
        reasons = (first, *reasons[1:])
    return Advice(file, reasons)


class AdviceCard(QFrame):
    """The advised file with the reasons, or that none fits."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("models.find.advice")
        self.setProperty("kind", "well")
        self._icon = Icon(theme, "sparkles", "accent", 16)
        self._title = label(kind="strong", wrap=True, name="models.find.advice.title")
        self._words = label(kind="muted", wrap=True, name="models.find.advice.words")
        self._why = button(self.tr("Why?"), "models.find.advice.why", self._toggle, "flat")
        self._reasons = label(kind="muted", wrap=True, selectable=True, name="models.find.advice.reasons")
        top = row(self._icon, self._title, self._why, spacing=8)
        top.setStretch(1, 1)
        layout = column(spacing=4, parent=self)
        layout.setContentsMargins(14, 8, 10, 10)
        layout.addLayout(top)
        layout.addWidget(self._words)
        layout.addWidget(self._reasons)
        self._why.hide()
        self._reasons.hide()

    def wait(self) -> None:
        """It is being worked out."""
        self._icon.set_icon("hourglass", "muted")
        self._title.setText(self.tr("Working out which file is best here…"))
        for widget in (self._words, self._why, self._reasons):
            widget.hide()

    def show_advice(
        self, advice: Advice | None, changes: tuple[str, ...] = (), among: Collection[HubFile] = ()
    ) -> None:
        """Show it, ``among`` all files. None: no file fits; ``changes`` says what would help."""
        self._words.show()
        self._reasons.hide()
        self._why.setText(self.tr("Why?"))
        self._why.setVisible(advice is not None and len(advice.reasons) > 1)
        if advice is not None:
            self._icon.set_icon("sparkles", "accent")
            self._title.setText(self.tr("Best for this machine: {name}").format(name=file_title(advice.file, among)))
            self._words.setText(advice.reasons[0] if advice.reasons else "")
            self._reasons.setText("\n".join(advice.reasons[1:]))
        else:
            self._icon.set_icon("circle-alert", "bad")
            self._title.setText(self.tr("None of its files fits this machine"))
            self._words.setText(
                " ".join(changes)
                or self.tr("Each needs more memory than is free. Close other programs, or choose a smaller model.")
            )

    def _toggle(self) -> None:
        shown = self._reasons.isHidden()
        self._reasons.setVisible(shown)
        self._why.setText(self.tr("Hide the reasons") if shown else self.tr("Why?"))
