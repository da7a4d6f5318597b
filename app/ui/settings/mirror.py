"""The row of a mirror's address, and whether the mirror may see the access token."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtWidgets import QLineEdit, QWidget

from app.core.errors import SatchelError
from app.models.hub.access import OFFICIAL
from app.ui.parts import Parts
from app.ui.settings.controls import told_entry
from app.ui.theme import room_px
from app.ui.widgets.basic import button, column, label, restyle, row


@dataclass(frozen=True)
class _Seen:
    """What the mirror may see; ``problem``: why its address cannot be used."""

    token: bool = False
    sent: bool = False
    problem: str = ""


class MirrorEntry(QWidget):
    """The token goes to a mirror only when the person has allowed it for this very address."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._words = label(kind="small", name="settings.network.endpoint.words")
        self._field = QLineEdit(parts.settings.current.network.endpoint)
        self._field.setObjectName("settings.network.endpoint")
        self._field.setAccessibleName(self.tr("Mirror"))
        self._field.setPlaceholderText(OFFICIAL)
        self._field.setFixedWidth(room_px(280))
        self._field.editingFinished.connect(self._keep)
        self._token_words = label(kind="small", wrap=True, name="settings.network.endpoint.token")
        self._approve = button(self.tr("Send it there, too"), "settings.network.endpoint.approve", self._do_approve)
        self._revoke = button(self.tr("Do not send it"), "settings.network.endpoint.revoke", self._do_revoke)
        self._about_token = QWidget()
        across = row(self._token_words, self._approve, self._revoke, spacing=12, parent=self._about_token)
        across.setStretch(0, 1)
        across.setContentsMargins(0, 0, 0, 12)
        column(told_entry(self.tr("Mirror"), self._words, self._field), self._about_token, spacing=0, parent=self)
        self._show(_Seen())
        self.look()

    def look(self) -> None:
        """Look again whether there is a token, and whether the mirror may see it."""
        hub = self._parts.hub

        def ask() -> _Seen:
            try:
                return _Seen(hub.has_token(), hub.token_is_sent())
            except SatchelError as error:  # the address is none
                return _Seen(problem=f"{error.what} {error.why}")

        self._parts.bridge.run(ask, self._show, owner=self)

    def _show(self, seen: _Seen) -> None:
        mirror = self._parts.settings.current.network.endpoint
        self._words.setText(
            seen.problem or self.tr("Another server with the same models, asked instead of Hugging Face.")
        )
        restyle(self._words, kind="bad" if seen.problem else "small")
        self._about_token.setVisible(bool(mirror) and seen.token and not seen.problem)
        self._approve.setVisible(not seen.sent)
        self._revoke.setVisible(seen.sent)
        self._token_words.setText(
            self.tr("Your access token is sent to {mirror}, as you have allowed.").format(mirror=mirror)
            if seen.sent
            else self.tr("Your access token is not sent to {mirror}: whoever runs it could use it.").format(
                mirror=mirror
            )
        )

    def _keep(self) -> None:
        wanted = self._field.text().strip().rstrip("/")
        if wanted != self._parts.settings.current.network.endpoint:
            self._save(endpoint=wanted)

    def _do_approve(self) -> None:
        self._parts.bridge.run(self._parts.hub.approve_endpoint, lambda _none: self.look(), owner=self)

    def _do_revoke(self) -> None:
        self._save(token_endpoint_approved="")

    def _save(self, **changes: str) -> None:
        settings = self._parts.settings

        def save() -> None:
            current = settings.current
            settings.save(replace(current, network=replace(current.network, **changes)))  # type: ignore[arg-type]

        self._parts.bridge.run(save, lambda _none: self.look(), owner=self)
