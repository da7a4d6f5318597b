"""Which file to take on this machine, and why."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame

from app.models.hub.estimate import Advice
from app.ui.models.find.words import file_title
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, column, label, row


class AdviceCard(QFrame):
    """The advised file with the reasons, or that none fits."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("models.find.advice")
        self.setProperty("kind", "well")
        self._icon = Icon(theme, "sparkles", "accent", 16)
        self._title = label(kind="strong", wrap=True, name="models.find.advice.title")
        self._words = label(kind="muted", wrap=True, name="models.find.advice.words")
        top = row(self._icon, self._title, spacing=8)
        top.setStretch(1, 1)
        layout = column(spacing=4, parent=self)
        layout.setContentsMargins(14, 10, 14, 12)
        layout.addLayout(top)
        layout.addWidget(self._words)

    def show_advice(self, advice: Advice | None) -> None:
        """Show it; None: no file fits."""
        if advice is not None:
            self._icon.set_icon("sparkles", "accent")
            self._title.setText(self.tr("Best for this machine: {name}").format(name=file_title(advice.file)))
            self._words.setText(" ".join(advice.reasons))
        else:
            self._icon.set_icon("circle-alert", "bad")
            self._title.setText(self.tr("None of its files fits this machine"))
            self._words.setText(
                self.tr("Each needs more memory than is free. Close other programs, or choose a smaller model.")
            )
