"""What helps against an error in a terminal: services name the window's settings, which here are commands."""

from __future__ import annotations

from app.core.errors import HubError, HubReason, OfflineError, SatchelError

_COMMANDS: dict[HubReason, str] = {
    "gated": "satchel hub token set",
    "token": "satchel hub token set",
    "not_found": "satchel hub token set",
    "mirror": "satchel hub endpoint URL",
}


def command_for(error: SatchelError) -> str:
    """The command that does what an error says to do in Settings; empty where it says nothing of the kind."""
    if "in Settings" not in error.next_step:
        return ""
    if isinstance(error, OfflineError):
        return "satchel network offline off"
    return _COMMANDS.get(error.reason, "") if isinstance(error, HubError) else ""
