"""How fast a model writes here, and what its last load took beside what was predicted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.models.plan import Plan
from app.storage.measurements import Measurement
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, column, label, row


class SpeedLine(QWidget):
    """Measured, else estimated and said so; hidden while nothing is known."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._measured = False
        self.setObjectName("models.speed")
        self._speed = label(kind="strong", wrap=True, name="models.speed.words")
        self._took = label(kind="small", wrap=True, name="models.speed.took")
        words = column(self._speed, self._took, spacing=2)
        layout = row(spacing=10, parent=self)
        layout.addWidget(Icon(theme, "gauge", "accent", 18), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        self.clear()

    def clear(self) -> None:
        """Another model: nothing is known."""
        self._measured = False
        self._speed.clear()
        self._took.clear()
        self._show()

    def show_measured(self, measurements: tuple[Measurement, ...]) -> None:
        """What was measured on this machine, the newest first."""
        spoken = next((each for each in measurements if each.tokens_per_s > 0), None)
        self._measured = spoken is not None
        if spoken is not None:
            self._speed.setText(self.tr("{n} tokens per second, measured here").format(n=_rate(spoken.tokens_per_s)))
        if measurements:
            newest = measurements[0]
            words = (
                self.tr("Memory of the last load: {words} so far. The prediction is for a full context.")
                if newest.peak_bytes < newest.predicted.resident_bytes
                else self.tr("Memory of the last load: {words}.")
            )
            self._took.setText(words.format(words=newest.sentence))
        self._show()

    def show_plan(self, plan: Plan) -> None:
        """What the plan expects, unless it was measured."""
        if not self._measured:
            known = plan.tokens_per_s is not None
            text = self.tr("About {n} tokens per second, estimated").format(n=_rate(plan.tokens_per_s or 0.0))
            self._speed.setText(text if known else "")
            self._show()

    def _show(self) -> None:
        self._speed.setVisible(bool(self._speed.text()))
        self._took.setVisible(bool(self._took.text()))
        self.setVisible(bool(self._speed.text() or self._took.text()))


def _rate(tokens_per_s: float) -> str:
    return f"{tokens_per_s:.0f}" if tokens_per_s >= 10 else f"{tokens_per_s:.1f}"
