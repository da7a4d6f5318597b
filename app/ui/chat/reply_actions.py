"""What can be done with a reply: copy it, answer again, see its figures, go to its other versions."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QSizePolicy, QWidget

from app.chat.transcript import Message
from app.ui.chat.copy_button import CopyButton
from app.ui.chat.intents import Intents
from app.ui.chat.versions import VersionSwitch
from app.ui.theme import Theme
from app.ui.widgets.basic import IconButton, row


class ReplyActions(QWidget):
    """A row of small buttons. ``again`` is called for a new answer, ``figures`` to show or hide them."""

    def __init__(
        self,
        theme: Theme,
        intents: Intents,
        message: Message,
        name: str,
        again: Callable[[], None],
        figures: Callable[[], None],
    ) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.copy = CopyButton(theme, self.tr("Copy the answer"), f"{name}.copy")
        self._again = IconButton(theme, "refresh-cw", self.tr("Answer again"), f"{name}.regenerate", again, size=15)
        self._figures = IconButton(theme, "gauge", self.tr("Speed and tokens"), f"{name}.details", figures, size=15)
        self.versions = VersionSwitch(theme, intents, message.id, f"{name}.versions")
        for made in (self.copy, self._again, self._figures):
            made.setProperty("kind", "inline")
        actions = row(self.copy, self._again, self._figures, self.versions, parent=self, spacing=2)
        actions.addStretch()

    def finish(self, message: Message) -> None:
        """The reply is complete."""
        self.copy.text_to_copy = message.text
        self.copy.setVisible(bool(message.text))
        self._figures.setVisible(message.figures is not None)

    def set_last(self, last: bool) -> None:
        """Only the last answer can be asked for again."""
        self._again.setVisible(last)
