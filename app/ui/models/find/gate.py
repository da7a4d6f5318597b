"""What has to be done for a model that not everyone may download."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame

from app.models.hub.values import HubModel
from app.services.hub import ModelHub
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, label, row

TokenState = Literal["none", "kept_back", "sent"]
"""``kept_back``: there is one, but the mirror that is asked was not approved to see it."""


def token_state(hub: ModelHub) -> TokenState:
    """Whether there is an access token that the hub gets. May look into a keyring. Errors: HubError."""
    if not hub.has_token():
        return "none"
    return "sent" if hub.token_is_sent() else "kept_back"


class Gate(QFrame):
    """Explains, and leads to the model's page and to the settings; hidden where everyone may download it."""

    page_requested = Signal()
    settings_requested = Signal()
    retry_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._token: TokenState = "none"
        self.setObjectName("models.find.gate")
        self.setProperty("kind", "notice")
        self.setProperty("state", "warning")
        self._words = label(wrap=True, selectable=True, name="models.find.gate.words")
        top = row(Icon(theme, "lock", "warn", 18), self._words, spacing=10)
        top.setStretch(1, 1)
        top.setAlignment(Qt.AlignmentFlag.AlignTop)
        page = button(self.tr("Open its page"), "models.find.gate.page", self.page_requested.emit)
        self._settings = button(self.tr("Add a token"), "models.find.gate.token", self.settings_requested.emit)
        self._retry = button(self.tr("Try again"), "models.find.gate.retry", self.retry_requested.emit)
        actions = row(page, self._settings, self._retry, spacing=8)
        actions.addStretch()
        layout = column(margin=12, spacing=10, parent=self)
        layout.addLayout(top)
        layout.addLayout(actions)

    def show_model(self, model: HubModel, token: TokenState, page: str) -> None:
        """Say what this one asks for, on its ``page``."""
        self._token = token
        self.setVisible(bool(model.gated) or model.private)
        self._settings.setHidden(token == "sent")
        self._settings.setText(self.tr("Add a token") if token == "none" else self.tr("Network settings"))
        self._settings.setAccessibleName(self._settings.text())
        self._retry.setVisible(token == "sent")
        self._words.setText(" ".join((self._conditions(model, page), self._token_words(model))))

    def let_in(self) -> None:
        """The hub gave something out to the token, so nothing is left to be done."""
        if self._token == "sent":
            self.hide()

    def _conditions(self, model: HubModel, page: str) -> str:
        if model.gated == "manual":
            words = self.tr("Its author lets in each person: ask for it with your account at {page}.")
        elif model.gated:
            words = self.tr("Its author asks you to accept conditions: do that with your account at {page}.")
        else:
            words = self.tr("It is private: only accounts that its author let in can download it.")
        return words.format(page=page.partition("://")[2])

    def _token_words(self, model: HubModel) -> str:
        if self._token == "none":
            if model.gated:
                return self.tr("Then give Satchel an access token of that account.")
            return self.tr("Give Satchel an access token of such an account.")
        if self._token == "kept_back":
            return self.tr("Your access token is not sent to this mirror: allow that in the settings.")
        if model.gated == "manual":
            return self.tr("It has to be the account of your access token. Once its author has let it in, try again.")
        return self.tr("It has to be the account of your access token. Once it has access, try again.")
