"""Verdicts on models that are not here: all of Satchel put together, a hub on loopback, the real llama.cpp."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import OfflineError
from app.core.paths import Home
from app.services.compose import Services
from app.services.events import ConnectionsChanged, Event
from tests.helpers.hub_server import HubServer


@pytest.fixture
def services(home: Home) -> Iterator[Services]:
    services = Services.open(home)
    yield services
    services.close()


def test_a_remote_verdict_is_that_of_the_whole_file(services: Services, chat_model: Path) -> None:
    events: list[Event] = []
    services.events.subscribe(events.append)
    with HubServer() as server:
        server.add("HuggingFaceTB/SmolLM2-135M-Instruct-GGUF", {"smollm2-q8_0.gguf": chat_model})
        current = services.settings.current
        services.settings.save(replace(current, network=replace(current.network, endpoint=server.url)))

        (found,) = services.hub.search("smollm2").models
        (file,) = services.hub.details(found.repo_id).files
        assert (file.quantization, file.size_bytes) == ("Q8_0", chat_model.stat().st_size)
        remote = services.hub.verdict(file, 4096, measure=True)
        local = services.models.verdicts.of(chat_model, 4096, measure=True)
        assert remote.measured_by_llama
        assert replace(remote, sentence="", available_bytes=0) == replace(local, sentence="", available_bytes=0)
        assert server.sent_bytes() < 2_200_000

        server.requests.clear()
        services.connections.set_offline(True)
        again = services.hub.verdict(file, 4096, measure=True)
        assert (again.total_bytes, again.measured_by_llama) == (remote.total_bytes, True)
        with pytest.raises(OfflineError):
            services.hub.search("smollm2")
        assert server.requests == []
    assert ConnectionsChanged() in events
    assert services.connections.list()[0].state == "refused"
