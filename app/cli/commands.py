"""All commands by their names."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from app.cli import documents, hub, network, talk
from app.cli.models import (
    adapters,
    downloads,
    getting,
    hashing,
    info,
    keeping,
    listing,
    machine,
    places,
    planning,
    presets,
    removing,
    searching,
    sizing,
    updates,
)
from app.cli.terminal import Terminal
from app.services.compose import Services

Command = Callable[[Services, Terminal, argparse.Namespace], int]
"""Carries out one command; returns the exit code."""

COMMANDS: dict[str, Command] = {
    "hardware": machine.hardware,
    "models search": searching.search,
    "models curated": searching.curated,
    "models show": searching.show,
    "models get": getting.get,
    "models downloads list": downloads.list_all,
    "models downloads pause": downloads.pause,
    "models downloads resume": downloads.resume,
    "models downloads retry": downloads.retry,
    "models downloads cancel": downloads.cancel,
    "models downloads clear": downloads.clear,
    "models list": listing.list_all,
    "models info": info.info,
    "models add": listing.add,
    "models find": places.find,
    "models use": places.use,
    "models size": sizing.size,
    "models plan": planning.plan,
    "models duplicates": hashing.duplicates,
    "models hash": hashing.hash_model,
    "models relink": removing.relink,
    "models delete": removing.delete,
    "models trash list": removing.trash,
    "models trash restore": removing.restore,
    "models trash empty": removing.empty,
    "models rename": keeping.rename,
    "models note": keeping.note,
    "models template": keeping.template,
    "models changed": keeping.changed,
    "models preset": presets.preset,
    "models adapter attach": adapters.attach,
    "models adapter detach": adapters.detach,
    "models adapter list": adapters.list_all,
    "models update-check": updates.check,
    "hub token set": hub.set_token,
    "hub token forget": hub.forget_token,
    "hub token status": hub.token_status,
    "hub token check": hub.check_token,
    "hub endpoint": hub.endpoint,
    "network status": network.status,
    "network offline": network.offline,
    "documents add": documents.add,
    "documents status": documents.status,
    "documents search": documents.search,
    "ask": talk.ask,
    "chat": talk.chat,
}
