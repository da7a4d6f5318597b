"""Downloads in a process that is killed, and through all services into the library."""

from __future__ import annotations

import queue
import random
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.paths import Home
from app.models.download.journal import RANGE_BYTES
from app.models.download.names import target_paths
from app.models.download.values import Download
from app.models.source import ModelSource
from app.services.compose import Services
from app.services.events import DownloadsChanged, Event
from tests.helpers.download_child import start
from tests.helpers.downloads import MIB, REPO, Bench, publish, random_bytes, running
from tests.helpers.hostile_hub import Calls
from tests.helpers.hub_repos import File
from tests.helpers.hub_server import Behaviour, HangUp, HubServer

TIMEOUT_S = 120.0


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def killed(hub: HubServer, root: Path, data: bytes, at_chunks: list[int]) -> None:
    """Fetch ``data`` in processes that are killed after so many chunks of a body; then let one end."""
    file = publish(hub, {"model.gguf": data})
    children: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        children[-1].kill()
        children[-1].wait(TIMEOUT_S)
        raise HangUp

    for after_chunks in at_chunks:
        hub.behaviour = Calls(kill, after_chunks)
        children.append(start(root, hub.url, file))
        assert children[-1].wait(TIMEOUT_S) != 0, "it was to be killed"
    hub.behaviour = Behaviour()
    assert start(root, hub.url, file).wait(TIMEOUT_S) == 0

    (target,) = target_paths(root / "models", file)
    assert target.read_bytes() == data
    assert hub.sent_bytes("/repos/") - len(data) <= len(at_chunks) * RANGE_BYTES
    with running(Bench(root, hub.url)) as bench:
        assert bench.ended().state == "done"
        assert bench.left() == []


def test_a_killed_process_costs_at_most_one_range_each_time(hub: HubServer, tmp_path: Path) -> None:
    killed(hub, tmp_path, random_bytes(30 * MIB + 7), [20, 100, 120])


@pytest.mark.slow
def test_thirty_kills_cost_at_most_one_range_each(hub: HubServer, tmp_path: Path) -> None:
    chance = random.Random(7)
    killed(hub, tmp_path, random_bytes(240 * MIB + 7), [chance.randrange(5, 125) for _ in range(30)])


def test_a_finished_download_is_in_the_library_with_where_it_came_from(
    hub: HubServer, home: Home, embedding_model: Path
) -> None:
    name = embedding_model.name
    hub.add(REPO, {name: File(embedding_model)})
    services = Services.open(home)
    ended: queue.Queue[Download] = queue.Queue()

    def listen(event: Event) -> None:
        if isinstance(event, DownloadsChanged):
            for download in event.downloads:
                if download.state in ("done", "failed", "paused"):
                    ended.put(download)

    services.events.subscribe(listen)
    try:
        settings = services.settings.current
        services.settings.save(replace(settings, network=replace(settings.network, endpoint=hub.url)))
        details = services.hub.details(REPO)
        (file,) = details.files
        services.downloads.add(file)
        done = ended.get(timeout=TIMEOUT_S)

        assert (done.state, done.problem, done.note) == ("done", "", "")
        (model,) = [model for model in services.models.models() if model.path == done.target]
        assert model.source == ModelSource(REPO, details.revision, name, hub.url)
        assert model.sha256 == file.sha256s[0]
    finally:
        services.close()
