"""Which hub is asked, and the access token, which is never an argument: every program can read those."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import replace

from app.cli.terminal import Terminal
from app.core.errors import HubError
from app.models.hub.access import OFFICIAL, endpoint_of
from app.services.compose import Services


def set_token(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Keep a token that is typed unseen, or comes from a pipe."""
    services.hub.set_token(_read_token())
    return token_status(services, terminal, options)


def forget_token(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Forget it."""
    services.hub.forget_token()
    return token_status(services, terminal, options)


def token_status(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Whether there is one, where it is, and who gets to see it. Requests nothing."""
    hub = services.hub
    there = hub.has_token()
    made = {
        "token": there,
        "place": hub.token_place() if there else "",
        "endpoint": hub.endpoint,
        "sent": there and hub.token_is_sent(),
    }
    if options.json:
        terminal.json(made)
    elif not there:
        terminal.paragraph("There is no access token. Most models need none; keep one with: satchel hub token set")
    else:
        terminal.paragraph(f"There is an access token. It is kept {made['place']}.")
        if made["sent"]:
            terminal.paragraph(f"It is sent to {hub.endpoint} and to nobody else.")
        else:
            terminal.paragraph(f"It is not sent to {hub.endpoint}.")
            terminal.line(_allow(hub.endpoint))
    return 0


def check_token(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Ask the hub whose it is."""
    hub = services.hub
    if not hub.has_token():
        raise HubError("There is no access token.", "", "Keep one with: satchel hub token set", reason="token")
    if not hub.token_is_sent():
        why = f"You have not allowed that {hub.endpoint} sees it."
        raise HubError("The access token was not sent.", why, _allow(hub.endpoint), reason="token")
    name = hub.check_token()
    if options.json:
        terminal.json({"user": name, "endpoint": services.hub.endpoint})
    else:
        terminal.line(f"{services.hub.endpoint} takes it: it is {name}'s.")
    return 0


def endpoint(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Show which hub is asked, or change it."""
    current = services.settings.current
    if options.url or options.official:
        wanted = endpoint_of(options.url or "")
        chosen = "" if wanted == OFFICIAL else wanted
        services.settings.save(replace(current, network=replace(current.network, endpoint=chosen)))
    if options.send_token:
        services.hub.approve_endpoint()
    hub = services.hub
    made = {"endpoint": hub.endpoint, "official": hub.endpoint == OFFICIAL, "token_is_sent": hub.token_is_sent()}
    if options.json:
        terminal.json(made)
        return 0
    terminal.line(f"Models come from {hub.endpoint}{', which is Hugging Face itself' if made['official'] else ''}.")
    if not hub.token_is_sent():
        terminal.line("The access token is not sent there; --send-token allows it.")
    elif not made["official"]:
        terminal.line("The access token may be sent there.")
    return 0


def _allow(endpoint: str) -> str:
    return f"Allow that with: satchel hub endpoint {endpoint} --send-token"


def _read_token() -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass("Access token (it is not shown): ")
    return sys.stdin.readline() if sys.stdin is not None else ""
