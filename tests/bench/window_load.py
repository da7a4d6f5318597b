"""How smooth the window stays beside heavy work of its own process: gaps between ticks of a 10 ms timer.

The real program with 500 models in its library and 20 paused downloads. Once while it starts, once while the verdicts
of all models are computed as the list is scrolled through, once while a file is downloaded as fast as loopback goes
(and hashed, and its card redrawn), once while duplicates are hashed; these two also while every processor has other
work, as when a model answers.

    python -m tests.bench.window_load [megabytes]
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QListView

from app.core.connections import NetworkPolicy
from app.core.network import Network
from app.core.paths import Home
from app.main import Program
from app.models.download.manager import DownloadManager
from app.models.download.part import Means
from app.models.download.patience import Timing
from app.models.download.room import Room
from app.models.hub.values import HubFile
from app.services.compose import Services
from app.services.events import DownloadsChanged
from app.ui.models.page import ModelsPage
from tests.bench.downloads import Fixed
from tests.helpers.burner import busy_machine
from tests.helpers.full_home import put_models, put_paused_downloads
from tests.helpers.sendfile_server import sendfile_server

TICK_MS = 10
REFERENCE_MS = 50.0
MODELS = 500
DOWNLOADS = 20
COPIES = range(477, 480)
"""Large models of the library that are there twice."""
PATIENCE_S = 120.0


class Watch:
    """The window's event loop, and the gaps between the ticks of its timer in ms."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._loop = QEventLoop()
        self._until: Callable[[], bool] = lambda: True
        self._deadline = 0.0
        self._previous = time.perf_counter()
        self._timer = QTimer(interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def run(self, until: Callable[[], bool]) -> None:
        """Let the window live until it is so, and keep the gaps."""
        self._until, self._deadline = until, time.perf_counter() + PATIENCE_S
        self._loop.exec()

    def settle(self, seconds: float) -> None:
        """Let it come to rest; these gaps do not count."""
        end = time.perf_counter() + seconds
        self.run(lambda: time.perf_counter() > end)
        self.gaps.clear()

    def report(self, label: str, beside: str = "") -> None:
        """One line, and begin anew."""
        ordered = sorted(self.gaps)
        at = {share: ordered[int((len(ordered) - 1) * share)] for share in (0.5, 0.99)}
        figures = f"{at[0.5]:7.1f} {at[0.99]:7.1f} {ordered[-1]:7.1f}   {REFERENCE_MS:.0f} ms"
        load = f"load {os.getloadavg()[0]:.1f}"
        print(f"{label:50}{figures}   {load}{', ' if beside else ''}{beside}", flush=True)
        self.gaps.clear()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._previous) * 1000)
        self._previous = now
        if now > self._deadline:
            raise TimeoutError(f"nothing came of it within {PATIENCE_S:.0f} s")
        if self._until():
            self._loop.quit()


def scroll_through(watch: Watch, program: Program) -> None:
    """Every row is painted once, and its verdict asked for."""
    page, services = models_page(program), opened(program)
    rows = page.findChild(QListView, "models.list")
    assert rows is not None
    watch.run(lambda: rows.model().rowCount() >= MODELS)
    watch.report("  the Models page, built on the first click")
    bar = rows.verticalScrollBar()
    began = time.perf_counter()

    def one_page_on() -> bool:
        bar.setValue(bar.value() + bar.pageStep() // 4)
        return bar.value() >= bar.maximum()

    watch.run(one_page_on)
    watch.report(f"  {MODELS} rows scrolled through", f"{time.perf_counter() - began:.1f} s")
    verdicts: list[object] = []
    ids = [model.id for model in services.models.models()]
    watch.settle(1.0)
    began = time.perf_counter()
    judge = services.models.verdicts.of
    threading.Thread(target=lambda: verdicts.extend(judge(each) for each in ids), daemon=True).start()
    watch.run(lambda: len(verdicts) == len(ids))
    seconds = time.perf_counter() - began
    watch.report(f"  {len(ids)} verdicts in one go", f"{1000 * seconds / len(ids):.1f} ms each")


def download(watch: Watch, program: Program, root: Path, megabytes: int, beside: str = "") -> None:
    """A file that arrives as fast as loopback goes, on the Downloads view, beside paused ones."""
    root = Path(tempfile.mkdtemp(dir=root))
    path, digest = root / "source.bin", hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(megabytes):
            digest.update(chunk := os.urandom(10**6))
            file.write(chunk)
    put_paused_downloads(root / "downloads", DOWNLOADS)
    models_page(program).show_view("downloads")
    name, size = "model.gguf", path.stat().st_size
    with sendfile_server(path) as url, manager(root, program, Fixed(url, size, digest.hexdigest())) as downloads:
        watch.settle(2.0)
        began = time.perf_counter()
        added = downloads.add(HubFile("ada/Model", "main", name, (name,), (size,), (digest.hexdigest(),)))
        watch.run(lambda: downloads.get(added.id).state == "done")
        rate = size / (time.perf_counter() - began) / 1e6
    watch.report(f"  downloaded and hashed{beside}", f"{rate:.0f} MB/s")
    path.unlink()


@contextmanager
def manager(root: Path, program: Program, source: Fixed) -> Iterator[DownloadManager]:
    """Downloads in this process, told to the window as the program's own are."""
    network = Network(NetworkPolicy, lambda: None)
    made = DownloadManager(
        root / "downloads",
        root / "arrived",
        Means(network, source, Room(), Timing()),
        parallel=lambda: 1,
        on_change=lambda downloads: program.bridge.publish(DownloadsChanged(downloads)),
        on_finished=lambda download: None,
    )
    made.start()
    try:
        yield made
    finally:
        made.close()
        network.close()


def hash_duplicates(watch: Watch, program: Program, root: Path, beside: str = "") -> None:
    """The same models in two places (sparse, so that the disk does not slow it down), hashed for the duplicates."""
    services = opened(program)
    paths = [root / folder / copy.name for copy in (root / "copies").iterdir() for folder in ("models", "copies")]
    for path in paths:
        path.touch()  # what was hashed before is not known any more
    models_page(program).show_view("library")
    watch.settle(1.0)
    began = time.perf_counter()
    services.models.duplicates.look()
    watch.run(lambda: services.models.hashing.wait(0.0))
    seconds = time.perf_counter() - began
    hashed = sum(path.stat().st_size for path in paths)
    watch.report(f"  duplicates hashed{beside}", f"{hashed / seconds / 1e6:.0f} MB/s")


def models_page(program: Program) -> ModelsPage:
    """The Models page, shown."""
    program.window.navigation.go("models")
    page = program.window.findChild(ModelsPage)
    assert page is not None
    return page


def opened(program: Program) -> Services:
    """The services of a program that has started."""
    assert program.services is not None
    return program.services


def main(megabytes: int = 2000) -> None:
    """Print the figures beside the reference."""
    logging.disable()  # these models cannot be loaded, and that is said
    application = QApplication([])
    with tempfile.TemporaryDirectory(prefix="satchel-bench-") as folder:
        root = Path(folder)
        home = Home(root / "home").create()
        put_models(home, root / "models", range(MODELS))
        put_models(home, root / "copies", COPIES)
        put_paused_downloads(home.downloads, DOWNLOADS)
        print(f"{MODELS} models, {DOWNLOADS} paused downloads; gaps of a {TICK_MS} ms timer in the window")
        print(f"{'':50}{'p50':>7}{'p99':>8}{'max':>8}   reference p99")
        program, watch = Program(application, home), Watch()
        began = time.perf_counter()
        program.start()
        watch.run(lambda: program.services is not None)
        watch.report("  starting, until the services are open", f"{time.perf_counter() - began:.2f} s")
        rest = time.perf_counter() + 3.0
        watch.run(lambda: time.perf_counter() > rest)
        watch.report("  the first three seconds after")
        scroll_through(watch, program)
        hash_duplicates(watch, program, root)
        with busy_machine():
            hash_duplicates(watch, program, root, ", beside a busy machine")
        download(watch, program, root, megabytes)
        with busy_machine():
            download(watch, program, root, megabytes, ", beside a busy machine")
        program.close()


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
