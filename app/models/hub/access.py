"""Which hub is asked, and whether it may see the person's access token."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.errors import HubError

OFFICIAL = "https://huggingface.co"


@dataclass(frozen=True)
class Access:
    """``endpoint``: the hub's address without a slash at its end. ``token``: to be sent to it; empty: none is."""

    endpoint: str = OFFICIAL
    token: str = ""


def endpoint_of(setting: str) -> str:
    """The endpoint that a setting means; an empty one means the hub itself.

    Errors: :class:`HubError` when it is no web address.
    """
    endpoint = setting.strip().rstrip("/")
    if not endpoint:
        return OFFICIAL
    try:
        parts = urlsplit(endpoint)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or parts.query or parts.fragment or parts.username is not None:
        raise HubError(
            "The mirror's address cannot be used.",
            f"“{setting}” is not an address like https://example.org.",
            "Correct it in Settings, under Network, or leave it empty for Hugging Face itself.",
            reason="mirror",
        )
    return endpoint


def may_have_token(endpoint: str, approved: str) -> bool:
    """Whether the token goes there: to the hub itself, or to exactly the mirror that the person approved."""
    return endpoint == OFFICIAL or (bool(approved) and endpoint == approved.strip().rstrip("/"))


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL: what has to be equal for two to be the same server."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
