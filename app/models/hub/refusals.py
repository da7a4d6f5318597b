"""When the hub says no: why, and what to do, in words."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from app.core.errors import HubError
from app.models.hub.access import OFFICIAL, Access

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

PASSING = frozenset((408, 429, 500, 502, 503, 504))
"""Answers that another try may change."""

_DAY_S = 86_400.0
_BAD_TOKEN = "Invalid credentials in Authorization header"
_TOKEN_PLACE = "Settings, under Network"


def busy(status: int, headers: Mapping[str, str], host: str) -> HubError:
    """An answer of :data:`PASSING`."""
    wait = retry_after_s(headers)
    when = f"Try again in {_wait_words(wait)}." if wait is not None else "Try again in a few minutes."
    if status == 429:
        return HubError(
            f"{host} asks for a pause.",
            "It got more requests from this address than it allows.",
            f"{when} With an access token it allows more.",
            reason="busy",
            retry_after_s=wait,
        )
    return HubError(
        f"{host} has trouble of its own.",
        f"It answered with the error {status}.",
        when,
        reason="busy",
        retry_after_s=wait,
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as ``Retry-After`` says, as a number or as a date, a day at most; None where it does not.

    A date is counted from the server's own, where it tells it: the clock here may be wrong.
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    text = given.get("retry-after", "")
    if re.fullmatch("[0-9]+", text):
        return min(float(text), _DAY_S)
    until = _time_of(text)
    if until is None:
        return None
    now = _time_of(given.get("date", ""))
    return min(max(0.0, until - (time.time() if now is None else now)), _DAY_S)


def _time_of(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def refusal(error: HfHubHTTPError, subject: str, access: Access) -> HubError:
    """An error of the hub's library. ``subject``: the repository's id; empty when it is not about one."""
    from huggingface_hub import errors

    status = error.response.status_code
    if isinstance(error, errors.GatedRepoError):
        return _gated(subject, access)
    if isinstance(error, errors.DisabledRepoError):
        return HubError(f"{subject} is closed.", "The hub has disabled it.", "Choose another model.")
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(
            f"{subject} does not have this version any more.",
            "Its author removed or replaced it.",
            "Open the model's page again to see what is there now.",
            reason="not_found",
        )
    if isinstance(error, errors.EntryNotFoundError):
        return HubError(
            f"{subject} does not have this file any more.",
            "Its author removed or renamed it.",
            "Open the model's page again to see what is there now.",
            reason="not_found",
        )
    if status == 401 and (_BAD_TOKEN in error.response.headers.get("X-Error-Message", "") or not subject):
        return bad_token()
    if isinstance(error, errors.RepositoryNotFoundError) or (status == 401 and not access.token):
        return _no_repository(subject, access)  # strangers are told 401, not which private ones exist
    if status in (401, 403):
        return HubError(
            f"{subject or access.endpoint} is not open to this access token.",
            "The token has no permission for it.",
            f"Allow it in the token's settings at {OFFICIAL}/settings/tokens, or use another one.",
            reason="token",
        )
    return HubError(f"{access.endpoint} refused the request.", f"It answered with the error {status}.", "Try it later.")


def bad_token() -> HubError:
    """The token is not one that the hub knows."""
    return HubError(
        "The access token is not taken.",
        "It was mistyped, or it has expired or been revoked.",
        f"Make a new one at {OFFICIAL}/settings/tokens and enter it in {_TOKEN_PLACE}.",
        reason="token",
    )


def not_a_hub(endpoint: str) -> HubError:
    """What answered does not answer as a hub does."""
    look = "Open a web page to see whether the network lets you through"
    official = endpoint == OFFICIAL
    return HubError(
        f"What answers at {endpoint} is not a model hub.",
        "Its answer cannot be understood. A network that asks to sign in first does this"
        + ("." if official else ", and so does a wrong address."),
        f"{look}, then try again." if official else f"{look}, and check the mirror in {_TOKEN_PLACE}.",
        reason="other" if official else "mirror",
    )


def _gated(subject: str, access: Access) -> HubError:
    page = f"{OFFICIAL}/{subject}"
    if not access.token:
        return HubError(
            f"{subject} is shared under conditions.",
            "Its author wants them accepted first, by somebody who is signed in.",
            f"Accept them at {page}, then enter an access token of that account in {_TOKEN_PLACE}.",
            reason="gated",
        )
    return HubError(
        f"{subject} is shared under conditions.",
        "The account of your access token has not accepted them, or its author has not let it in yet.",
        f"See {page}; some authors decide by hand, which takes days.",
        reason="gated",
    )


def _no_repository(subject: str, access: Access) -> HubError:
    if access.token:
        why, next_step = "There is none of this name, or it is private and not yours.", "Check the name."
    else:
        why = "There is none of this name, or it is private."
        next_step = f"Check the name; a private one needs an access token in {_TOKEN_PLACE}."
    return HubError(f"{subject} was not found.", why, next_step, reason="not_found")


def _wait_words(seconds: float) -> str:
    if seconds < 90:
        whole = max(1, round(seconds))
        return "a second" if whole == 1 else f"{whole} seconds"
    if seconds < 5_400:
        return f"{round(seconds / 60)} minutes"
    return f"{round(seconds / 3600)} hours"
