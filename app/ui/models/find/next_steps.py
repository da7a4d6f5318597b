"""What helps against an error of the hub or the network, as buttons: the one that helps most first."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.core.errors import HubError, HubReason, NetworkError, OfflineError, SatchelError
from app.ui.theme import Theme
from app.ui.widgets.basic import button, restyle, row
from app.ui.widgets.state_panel import StatePanel

Step = Literal["retry", "settings", "token", "page", "back"]

_OF_THE_HUB: dict[HubReason, tuple[Step, ...]] = {
    "not_found": ("back", "token"),
    "gated": ("page", "token", "retry"),
    "token": ("token", "retry"),
    "busy": ("retry",),
    "mirror": ("settings", "retry"),
    "other": ("retry",),
}


def steps_for(error: SatchelError) -> tuple[Step, ...]:
    """What a person can do about it."""
    if isinstance(error, OfflineError):
        return ("settings",)
    if isinstance(error, NetworkError):
        return ("settings", "retry") if error.reason == "proxy" else ("retry",)
    return _OF_THE_HUB[error.reason] if isinstance(error, HubError) else ("retry",)


class NextSteps(QWidget):
    """The buttons, those of them that are ``offered``; hidden where there is no error.

    ``leading``: the first one is what the view is about now.
    """

    retry_requested = Signal()
    settings_requested = Signal()
    """Where the offline switch, the proxy, the mirror and the token are."""
    page_requested = Signal()
    back_requested = Signal()

    def __init__(
        self, name: str, offered: tuple[Step, ...] = ("retry", "settings", "token"), *, leading: bool = True
    ) -> None:
        super().__init__()
        self._leading = leading
        self.setObjectName(f"{name}.steps")
        settings = self.settings_requested.emit
        made = {
            "back": button(self.tr("Back to the list"), f"{name}.to_list", self.back_requested.emit),
            "page": button(self.tr("Open its page"), f"{name}.to_page", self.page_requested.emit),
            "settings": button(self.tr("Network settings"), f"{name}.settings", settings),
            "token": button(self.tr("Access token"), f"{name}.token", settings),
            "retry": button(self.tr("Try again"), f"{name}.retry", self.retry_requested.emit),
        }
        self._buttons = {step: widget for step, widget in made.items() if step in offered}
        row(*self._buttons.values(), spacing=8, parent=self)
        self.hide()

    def show_for(self, error: SatchelError) -> None:
        """Offer what helps against this one."""
        steps = [step for step in steps_for(error) if step in self._buttons] or ["retry"]
        for step, widget in self._buttons.items():
            widget.setVisible(step in steps)
            restyle(widget, kind="primary" if self._leading and step == steps[0] else "")
        self.show()


class ProblemPanel(StatePanel):
    """An error in the middle of a view, with its next steps below."""

    def __init__(self, theme: Theme, name: str, steps: NextSteps) -> None:
        super().__init__(theme, "circle-alert", name, steps)
        self._steps = steps

    def say_error(self, error: SatchelError) -> None:
        """Show it, and offer what helps."""
        super().say_error(error)
        self._steps.show_for(error)
