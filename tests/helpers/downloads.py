"""Downloads for tests: files of random bytes on a hub on loopback, and a manager that fetches them."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.core.connections import NetworkPolicy
from app.core.network import Network
from app.models.download.manager import DownloadManager
from app.models.download.part import Means
from app.models.download.patience import Timing
from app.models.download.room import Room
from app.models.download.values import Download
from app.models.hub.access import Access
from app.models.hub.client import Hub
from app.models.hub.header_cache import HeaderCache
from app.models.hub.values import HubFile
from tests.helpers.hub_repos import File
from tests.helpers.hub_server import HubServer

REPO = "author/Model-GGUF"
QUICK = Timing(first_wait_s=0.05, longest_wait_s=0.2, give_up_s=2.0, stall_s=1.0, sync_every_s=0.5, tell_every_s=0.02)
MIB = 2**20


def random_bytes(size: int, seed: int = 1) -> bytes:
    """The same for the same seed."""
    chance = random.Random(seed)
    return b"".join(chance.randbytes(min(16 * MIB, size - at)) for at in range(0, size, 16 * MIB))


def publish(hub: HubServer, files: dict[str, bytes]) -> HubFile:
    """Put a (split) model on the hub and list it as the hub does."""
    kept = {path: File(content, kept_in_lfs=True) for path, content in files.items()}
    if REPO in hub.repos:
        hub.repos[REPO].commit(kept)
    else:
        hub.add(REPO, kept)
    parts = list(kept.values())
    return HubFile(
        REPO,
        hub.repos[REPO].head,
        next(iter(files)),
        tuple(files),
        tuple(part.size for part in parts),
        tuple(part.sha256 for part in parts),
        "Q4_K_M",
    )


@dataclass
class Bench:
    """A manager on a folder of its own, and what it told."""

    root: Path
    hub_url: str
    timing: Timing = QUICK
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    token: str = ""
    offline: bool = False
    finished: list[Download] = field(default_factory=list)
    manager: DownloadManager = field(init=False)

    def __post_init__(self) -> None:
        self.on_finished: Callable[[Download], None] = self.finished.append
        self._changed = threading.Condition()
        self._seen: tuple[Download, ...] = ()
        self.history: list[Download] = []
        for name in ("downloads", "models"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.network = Network(lambda: NetworkPolicy(offline=self.offline), lambda: None)
        hub = Hub(self.network, lambda: Access(self.hub_url, self.token), HeaderCache(self.root / "headers"))
        self.manager = DownloadManager(
            self.root / "downloads",
            self.root / "models",
            Means(self.network, hub, Room(self.free_bytes), self.timing),
            parallel=lambda: 1,
            on_change=self._on_change,
            on_finished=lambda download: self.on_finished(download),
        )

    def _on_change(self, downloads: tuple[Download, ...]) -> None:
        with self._changed:
            self._seen = downloads
            self.history.extend(downloads)
            self._changed.notify_all()

    def wait(self, until: Callable[[Download], bool], number: int = 0, timeout_s: float = 30.0) -> Download:
        """The download of this place in the list as soon as it is so."""
        with self._changed:
            there = self._changed.wait_for(lambda: len(self._seen) > number and until(self._seen[number]), timeout_s)
            assert there, f"it did not come to that: {self._seen}"
            return self._seen[number]

    def ended(self, number: int = 0, timeout_s: float = 30.0) -> Download:
        """The download when it is done or has failed or paused."""
        return self.wait(lambda download: download.state in ("done", "failed", "paused"), number, timeout_s)

    def ended_after(self, state: str, number: int = 0) -> Download:
        """The same, though not this state, that it is in now or was in a moment ago."""
        return self.wait(lambda download: download.state in {"done", "failed", "paused"} - {state}, number)

    def gone(self) -> None:
        """Wait until the list is empty."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._seen, 30)

    @property
    def notes(self) -> str:
        """All notes so far."""
        return " ".join(dict.fromkeys(download.note for download in self.history))

    def left(self) -> list[str]:
        """Names of all files of bytes below the downloads and models that are not finished."""
        return sorted(
            path.name
            for folder in ("downloads", "models")
            for path in (self.root / folder).rglob("*")
            if path.name.endswith((".part", ".ranges", ".arriving")) or path.name.startswith(("new-", "."))
        )


@contextmanager
def running(bench: Bench) -> Iterator[Bench]:
    """Start the manager; close it at the end."""
    bench.manager.start()
    try:
        yield bench
    finally:
        bench.manager.close()
        bench.network.close()
