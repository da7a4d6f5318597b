"""How smooth the window stays: gaps between ticks of a 10 ms timer while an answer of 200 tokens/s streams in.

``python -m tests.bench.streaming [--index FOLDER] [--seconds 20]``

The conversation has 1,000 messages. Once with nothing else going on, once while a folder is being indexed: with
``--index``, by the real knowledge worker (its embedding model as for the tests); without, a process that keeps one core
busy and five events a second stand in for it.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.chat.transcript import Message
from app.services.events import CollectionsChanged, MessageAdded, MessageFinished, TextArrived
from tests.helpers.fake_libraries import collection
from tests.helpers.screens_chat import RICH, Stage

TOKENS_PER_SECOND = 200
TOKEN_CHARS = 4
TICK_MS = 10
REFERENCE_MS = 50.0
MESSAGES = 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--index", type=Path, help="a folder to index meanwhile")
    options.add_argument("--seconds", type=float, default=20.0)
    chosen = options.parse_args()
    from app.ui.theme import Theme

    app = QApplication([])
    theme = Theme(app, "light")
    print(f"{TOKENS_PER_SECOND} tokens/s for {chosen.seconds:.0f} s into {MESSAGES:,} messages; gaps of a 10 ms timer")
    print(f"{'':38}{'p50':>8}{'p99':>8}{'max':>8}   reference p99")
    report("nothing else", measure(theme, chosen.seconds, contextlib.nullcontext))
    if chosen.index is not None:
        label, beside = f"indexing {chosen.index.name}", lambda stage: indexing(stage, chosen.index)
    else:
        label, beside = "a busy core and 5 events a second", busy
    report(label, measure(theme, chosen.seconds, beside))


def measure(theme, seconds, beside):  # type: ignore[no-untyped-def]
    """The gaps in ms, in order."""
    stage = Stage(theme)
    texts = [
        RICH if number % 10 == 1 else f"Message {number}. " + "Some more words. " * 12 for number in range(MESSAGES)
    ]
    number = stage.session.add("Long", texts)
    page = stage.open()
    stage.settle(1.0)
    last = stage.session.messages(number)[-1]
    gaps: list[float] = []
    with beside(stage):
        run(stage, number, last, seconds, gaps)
    reply = page.pane.messages.widgets[-1]
    assert reply.message.text, "the reply is there"
    page.deleteLater()
    stage.bridge.close()
    return gaps


def run(stage: Stage, number: int, last: Message, seconds: float, gaps: list[float]) -> None:
    """Stream for ``seconds`` and count."""
    question = replace(last, id=last.id + 1, parent_id=last.id, role="user", text="Go on")
    reply = replace(last, id=last.id + 2, parent_id=last.id + 1, role="assistant", text="", state="streaming")
    stage.hub.publish(MessageAdded(question))
    stage.hub.publish(MessageAdded(reply))
    stage.settle(0.3)
    loop = QEventLoop()
    done = threading.Event()

    def stream() -> None:
        text, sent = RICH * 50, 0
        began = time.perf_counter()
        while (now := time.perf_counter() - began) < seconds:
            due = min(len(text), int(now * TOKENS_PER_SECOND) * TOKEN_CHARS)
            while sent < due:
                stage.hub.publish(TextArrived(number, reply.id, text[sent : sent + TOKEN_CHARS]))
                sent += TOKEN_CHARS
            time.sleep(1 / TOKENS_PER_SECOND)
        stage.hub.publish(MessageFinished(replace(reply, text=text[:sent], state="complete")))
        done.set()

    previous = [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append((now - previous[0]) * 1000)
        previous[0] = now
        if done.is_set():
            done.clear()
            QTimer.singleShot(300, loop.quit)

    timer = QTimer(interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start()
    threading.Thread(target=stream, daemon=True).start()
    loop.exec()
    timer.stop()


@contextlib.contextmanager
def indexing(stage: Stage, folder: Path) -> Iterator[None]:
    """The real services index ``folder`` in their worker; their events reach the window."""
    from app.core.paths import Home
    from app.services.compose import Services

    models = Path(os.environ.get("SATCHEL_MODELS") or Path(__file__).parents[2] / ".models")
    with tempfile.TemporaryDirectory(prefix="satchel-bench-") as root:
        home = Home(Path(root)).create()
        for model in models.glob("*.gguf"):
            (home.models / model.name).symlink_to(model.resolve())
        services = Services.open(home)
        services.events.subscribe(stage.hub.publish)
        made = services.documents.create([folder])
        yield
        infos = [info for info in services.documents.collections() if info.id == made.id]
        print(f"  (meanwhile {infos[0].indexed:,} of {infos[0].files:,} files, {infos[0].embedded:,} chunks embedded)")
        services.close()


@contextlib.contextmanager
def busy(stage: Stage) -> Iterator[None]:
    """One busy core, and the events of an indexer."""
    process = multiprocessing.get_context("spawn").Process(target=_burn, daemon=True)
    process.start()
    stop = threading.Event()

    def tell() -> None:
        done = 0
        while not stop.wait(0.2):
            done += 7
            info = collection(1, "House", phase="indexing", files=5000, indexed=done, pending=5000 - done)
            stage.hub.publish(CollectionsChanged((info, collection(2, "Trip notes"))))

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        process.kill()
        process.join()


def _burn() -> None:
    number = 0
    while True:
        number += 1


def report(label: str, gaps: list[float]) -> None:
    """One line: what was measured beside the reference."""
    ordered = sorted(gaps)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    print(f"{label:38}{at(0.5):7.1f} {at(0.99):7.1f} {ordered[-1]:7.1f}   {REFERENCE_MS:.0f} ms")


if __name__ == "__main__":
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    main()
