"""Downloads from a hub on loopback that behaves badly, and their speed beside curl's from the same server.

References: over 100 kills and resets at most 8 MiB fetched twice for each, the right hash, 0 orphans; of 50 corrupted
bodies none accepted; at least 0.8 of curl's speed, though curl checks nothing and does not wait for the disk.

    python -m tests.bench.downloads [megabytes]
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.core.connections import NetworkPolicy
from app.core.network import Network
from app.models.download.journal import RANGE_BYTES
from app.models.download.manager import DownloadManager
from app.models.download.names import target_paths
from app.models.download.part import Means
from app.models.download.patience import Timing
from app.models.download.room import Room
from app.models.download.values import Download
from app.models.hub.values import HubFile, ResolvedUrl
from tests.helpers.download_child import start
from tests.helpers.downloads import MIB, REPO, Bench, publish, random_bytes, running
from tests.helpers.hostile_hub import BreaksOff, Calls, Corrupts
from tests.helpers.hub_server import Behaviour, HangUp, HubServer
from tests.helpers.sendfile_server import sendfile_server

KILLS = 50
RESETS = 50
CORRUPTED = 50
ROUNDS = 7
THROTTLED_BYTES_PER_S = 50e6


def say(what: str, figure: str, reference: str = "") -> None:
    """One line of the report."""
    print(f"{what:<62} {figure:>14}   {reference}", flush=True)


# -- kills and resets -------------------------------------------------------------------------------------------------


def kills_and_resets(root: Path) -> None:
    """One file, fetched by processes that are killed at random, and then over connections that are reset at random."""
    chance = random.Random(11)
    data = random_bytes(400 * MIB + 12_345)
    with HubServer() as hub:
        file = publish(hub, {"model.gguf": data})
        children: list[subprocess.Popen[bytes]] = []

        def kill() -> None:
            children[-1].kill()
            children[-1].wait()
            raise HangUp

        for _ in range(KILLS):
            hub.behaviour = Calls(kill, chance.randrange(1, 120))
            children.append(start(root, hub.url, file))
            children[-1].wait()
        killed = sum(child.returncode != 0 for child in children)
        hub.behaviour = resets = BreaksOff(RESETS, seed=12)
        whole = start(root, hub.url, file).wait() == 0
        requests = sorted(hub.asked("cdn"), key=lambda seen: seen.started_at)
        lost = twice_bytes([(seen.range[0] if seen.range else 0, seen.sent_bytes) for seen in requests])
        sent = hub.sent_bytes("/repos/")
        hub.behaviour = Behaviour()
        (target,) = target_paths(root / "models", file)
        right = whole and hashlib.sha256(target.read_bytes()).hexdigest() == file.sha256s[0]
        with running(Bench(root, hub.url)) as bench:
            bench.ended()
            orphans = len(bench.left())
    say("kills and resets", f"{killed} + {resets.done}", f"reference {KILLS} + {RESETS}")
    say("bytes sent twice, the most for one interruption", mib(max(lost)), f"reference at most {mib(RANGE_BYTES)}")
    say("bytes sent twice, per interruption", mib((sent - len(data)) / (killed + resets.done)))
    say("hash right at the end", str(right), "reference True")
    say("orphans", str(orphans), "reference 0")


def twice_bytes(sent: list[tuple[int, int]]) -> list[int]:
    """For each request that was not used up: how much of what was sent was sent again by a later one."""
    twice = []
    for number, (begin, count) in enumerate(sent):
        later = [other for other, _ in sent[number + 1 :] if begin <= other < begin + count]
        twice.append(begin + count - min(later) if later else 0)
    return twice or [0]


def mib(count: float) -> str:
    """Mebibytes."""
    return f"{count / MIB:.2f} MiB"


# -- corruption -------------------------------------------------------------------------------------------------------


def corrupted(root: Path) -> None:
    """Files whose every transfer is corrupted: none may ever be seen at its place."""
    bodies = accepted = said = 0
    with HubServer() as hub:
        for number in range(CORRUPTED // 2):
            hub.behaviour = bad = Corrupts(times=2)
            with running(Bench(root / str(number), hub.url)) as bench:
                file = publish(hub, {"model.gguf": random_bytes(9 * MIB + number, number)})
                bench.manager.add(file)
                ended = bench.ended()
                bodies += bad.done
                accepted += Path(ended.target).exists() or ended.state == "done"
                said += ended.problem.startswith("model.gguf was not accepted.")
    say("corrupted bodies", str(bodies), f"reference {CORRUPTED}")
    say("accepted", str(accepted), "reference 0")
    say("said in words", f"{said} of {CORRUPTED // 2}", "(each file is fetched twice before it is refused)")


# -- speed ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fixed:
    """A source that leads to one URL."""

    url: str
    size: int
    sha256: str

    def resolve(self, repo_id: str, revision: str, path: str) -> ResolvedUrl:
        """See :class:`app.models.download.values.Source`."""
        return ResolvedUrl(self.url, (), "", self.size, self.sha256, revision)


def ours(root: Path, source: Fixed) -> float:
    """Seconds from the click until the file is whole, checked, on the disk and in its place."""
    shutil.rmtree(root, ignore_errors=True)
    network = Network(NetworkPolicy, lambda: None)
    done: list[tuple[float, Download]] = []
    manager = DownloadManager(
        root / "downloads",
        root / "models",
        Means(network, source, Room(), Timing()),
        parallel=lambda: 1,
        on_change=lambda downloads: None,
        on_finished=lambda download: done.append((time.perf_counter(), download)),
    )
    manager.start()
    began = time.perf_counter()
    manager.add(HubFile(REPO, "main", "model.gguf", ("model.gguf",), (source.size,), (source.sha256,)))
    while not done:
        time.sleep(0.02)
    manager.close()
    network.close()
    return done[0][0] - began


def curl(target: Path, url: str, *, sync: bool) -> float:
    """Seconds that curl takes for the same; ``sync``: and until the disk has it."""
    target.unlink(missing_ok=True)
    began = time.perf_counter()
    subprocess.run(["curl", "--silent", "--show-error", "--fail", "--output", str(target), url], check=True)
    if sync:
        with target.open("r+b") as file:
            os.fsync(file.fileno())
    return time.perf_counter() - began


def speed(root: Path, megabytes: int) -> None:
    """In turns, several rounds; the medians count. Ours uses two cores (it hashes meanwhile), curl uses one: what else
    runs on a small machine counts against ours.
    """
    path = root / "source.bin"
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(megabytes):
            chunk = os.urandom(10**6)
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    size = path.stat().st_size
    for name, limit, rounds in (("at 50 MB/s", THROTTLED_BYTES_PER_S, 1), ("as fast as it goes", 0.0, ROUNDS)):
        with sendfile_server(path, limit) as url:
            source = Fixed(url, size, digest.hexdigest())
            taken: dict[str, list[float]] = {"ours": [], "curl": [], "curl, until the disk has it": []}
            for _ in range(rounds):
                taken["curl"].append(curl(root / "curl.bin", url, sync=False))
                taken["ours"].append(ours(root / "ours", source))
                taken["curl, until the disk has it"].append(curl(root / "curl.bin", url, sync=True))
        rates = {what: size / statistics.median(seconds) for what, seconds in taken.items()}
        for what, rate in rates.items():
            fastest = f"best of {rounds} rounds: {size / min(taken[what]) / 1e6:.0f} MB/s"
            say(f"{megabytes} MB {name}: {what}", f"{rate / 1e6:.0f} MB/s", fastest)
        best = min(taken["curl"]) / min(taken["ours"])
        beside = f"reference at least 0.8; best rounds {best:.2f}"
        say("   ours beside curl", f"{rates['ours'] / rates['curl']:.2f}", beside)
        say(
            "   ours beside curl, until the disk has it",
            f"{rates['ours'] / rates['curl, until the disk has it']:.2f}",
        )


def main() -> None:
    """Print all figures."""
    logging.disable()  # damaged bodies are warned of
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 800
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        kills_and_resets(root / "killed")
        corrupted(root / "corrupted")
        speed(root, megabytes)


if __name__ == "__main__":
    main()
