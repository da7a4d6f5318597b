"""The row of the access token: none yet, or where it is kept, whose it is, and the way to forget it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.core.errors import SatchelError
from app.ui.parts import Parts
from app.ui.settings.controls import told_entry
from app.ui.theme import room_px
from app.ui.widgets.basic import button, column, label, restyle


class TokenEntry(QWidget):
    """``changed`` when there is one now, or none any more. The token itself is never shown."""

    changed = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._words = label(kind="small", name="settings.network.token.words")
        self._field = QLineEdit()
        self._field.setObjectName("settings.network.token")
        self._field.setAccessibleName(self.tr("Access token"))
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self._field.setPlaceholderText("hf_…")
        self._field.setFixedWidth(room_px(200))
        self._field.returnPressed.connect(self._keep)
        self._set = button(self.tr("Keep it"), "settings.network.token.set", self._keep)
        self._set.setEnabled(False)
        self._field.textChanged.connect(lambda text: self._set.setEnabled(bool(text.strip())))
        self._check = button(self.tr("Check"), "settings.network.token.check", self._do_check)
        self._forget = button(self.tr("Forget"), "settings.network.token.forget", self._do_forget)
        self._showing = (self._field, self._set, self._check, self._forget)
        column(told_entry(self.tr("Access token"), self._words, *self._showing), parent=self)
        self._show(False, "")
        self._look()

    def _look(self) -> None:
        hub = self._parts.hub
        self._parts.bridge.run(
            lambda: (hub.has_token(), hub.token_place()), lambda found: self._show(*found), owner=self
        )

    def _show(self, there: bool, place: str) -> None:
        for widget in (self._field, self._set):
            widget.setHidden(there)
        for widget in (self._check, self._forget):
            widget.setHidden(not there)
        if there:
            self._say(self.tr("It is kept {place}.").format(place=place))
        else:
            self._say(
                self.tr("For models that ask for one. Make it at huggingface.co/settings/tokens; reading is enough.")
            )

    def _say(self, text: str, kind: str = "small") -> None:
        self._words.setText(text)
        restyle(self._words, kind=kind)

    def _keep(self) -> None:
        hub, token = self._parts.hub, self._field.text()
        if not token.strip():
            return

        def done(_none: None) -> None:
            self._field.clear()
            self._look()
            self.changed.emit()

        self._parts.bridge.run(lambda: hub.set_token(token), done, self._failed, self)

    def _do_check(self) -> None:
        self._check.setEnabled(False)
        self._say(self.tr("Asking…"))

        def done(name: str) -> None:
            self._check.setEnabled(True)
            self._say(self.tr("It works: it is the token of {name}.").format(name=name), "good")

        def failed(error: SatchelError) -> None:
            self._check.setEnabled(True)
            self._failed(error)

        self._parts.bridge.run(self._parts.hub.check_token, done, failed, self)

    def _do_forget(self) -> None:
        def done(_none: None) -> None:
            self._look()
            self.changed.emit()

        self._parts.bridge.run(self._parts.hub.forget_token, done, self._failed, self)

    def _failed(self, error: SatchelError) -> None:
        self._say(" ".join(part for part in (error.what, error.why, error.next_step) if part), "bad")
