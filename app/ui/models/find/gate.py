"""What has to be done for a model that not everyone may download."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame

from app.models.hub.values import HubModel
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, label, row


class Gate(QFrame):
    """Explains, and leads to the model's page and to the settings; hidden where everyone may download it."""

    page_requested = Signal()
    token_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("models.find.gate")
        self.setProperty("kind", "notice")
        self.setProperty("state", "warning")
        self._words = label(wrap=True, name="models.find.gate.words")
        top = row(Icon(theme, "lock", "warn", 18), self._words, spacing=10)
        top.setStretch(1, 1)
        top.setAlignment(Qt.AlignmentFlag.AlignTop)
        page = button(self.tr("Open its page"), "models.find.gate.page", self.page_requested.emit)
        token = button(self.tr("Add a token"), "models.find.gate.token", self.token_requested.emit)
        actions = row(page, token, spacing=8)
        actions.addStretch()
        layout = column(margin=12, spacing=10, parent=self)
        layout.addLayout(top)
        layout.addLayout(actions)

    def show_model(self, model: HubModel) -> None:
        """Say what this one asks for."""
        self.setVisible(bool(model.gated) or model.private)
        if model.gated == "manual":
            words = self.tr(
                "Its author lets in each person: ask for it on its page with your account, "
                "then give Satchel an access token of that account."
            )
        elif model.gated:
            words = self.tr(
                "Its author asks you to accept conditions: do that on its page with your account, "
                "then give Satchel an access token of that account."
            )
        else:
            words = self.tr("It is private: only an access token of an account that may see it can download it.")
        self._words.setText(words)
