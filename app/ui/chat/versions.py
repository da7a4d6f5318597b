"""‹ 2 of 3 ›: which version of a question or an answer is shown, and the way to the others."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.chat.intents import Intents
from app.ui.theme import Theme
from app.ui.widgets.basic import IconButton, label, row


class VersionSwitch(QWidget):
    """Hidden as long as there is one version only. ``name`` begins the object names."""

    def __init__(self, theme: Theme, intents: Intents, message_id: int, name: str) -> None:
        super().__init__()
        self._intents, self._message_id = intents, message_id
        self._ids: tuple[int, ...] = ()
        self.setObjectName(name)
        back, on = self.tr("Previous version"), self.tr("Next version")
        self._previous = IconButton(theme, "chevron-left", back, f"{name}.previous", lambda: self._go(-1), size=15)
        self._next = IconButton(theme, "chevron-right", on, f"{name}.next", lambda: self._go(1), size=15)
        self._label = label("", "small", name=f"{name}.label")
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for each in (self._previous, self._next):
            each.setProperty("kind", "inline")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row(self._previous, self._label, self._next, parent=self, spacing=0)
        self.hide()

    def show_versions(self, ids: Sequence[int]) -> None:
        """All versions, oldest first, the one that is shown among them; one or none hides this."""
        self._ids = tuple(ids)
        at = self._at
        self.setVisible(at >= 0 and len(self._ids) > 1)
        if self.isHidden():
            return
        numbers = {"number": at + 1, "count": len(self._ids)}
        self._label.setText(self.tr("{number} of {count}").format(**numbers))
        self.setAccessibleName(self.tr("Version {number} of {count}").format(**numbers))
        for button, words, there in (
            (self._previous, self.tr("Previous version; {number} of {count} is shown"), at > 0),
            (self._next, self.tr("Next version; {number} of {count} is shown"), at < len(self._ids) - 1),
        ):
            button.setEnabled(there)
            button.setToolTip(words.format(**numbers))
            button.setAccessibleName(words.format(**numbers))

    def take_focus(self, *, forward: bool) -> None:
        """Focus the arrow that goes on in the direction one came from, or the other one at the end."""
        first, other = (self._next, self._previous) if forward else (self._previous, self._next)
        (first if first.isEnabled() else other).setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def _at(self) -> int:
        return self._ids.index(self._message_id) if self._message_id in self._ids else -1

    def _go(self, step: int) -> None:
        self._intents.version_requested.emit(self._ids[self._at + step])
