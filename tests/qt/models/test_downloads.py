"""The Downloads view, its badges, and the notices of what is ready or failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel, QMessageBox, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.models.download.values import DownloadState
from app.ui.models.downloads.card import DownloadCard
from app.ui.models.downloads.view import DownloadsView
from app.ui.models.downloads.watch import DownloadWatch
from app.ui.models.downloads.words import amount, percent, state_words, together
from app.ui.models.page import ModelsPage
from app.ui.rail import Memory, Rail
from tests.helpers.fake_hub import download, found, many


@pytest.fixture
def view(qtbot: QtBot, world: SimpleNamespace) -> DownloadsView:
    made = DownloadsView(world.parts)
    qtbot.addWidget(made)
    made.resize(1000, 800)
    made.show()
    return made


def _words(view: QWidget, number: int) -> str:
    label = view.findChild(QLabel, f"models.downloads.{number}.words")
    return label.text() if label is not None else ""


def _button(view: QWidget, number: int, name: str) -> QPushButton:
    return view.findChild(QWidget, f"models.downloads.{number}.{name}")


@pytest.mark.parametrize(
    ("state", "done", "changes", "words"),
    [
        ("queued", 0.0, {}, "Waiting for its turn · 1.8 GB"),
        ("checking", 0.0, {}, "Getting ready… · 1.8 GB"),
        ("downloading", 0.43, {}, "786 MB of 1.8 GB · 18.4 MB/s · about 60 seconds left"),
        ("downloading", 0.43, {"bytes_per_s": 0.0}, "Connecting… · 786 MB of 1.8 GB"),
        ("downloading", 0.43, {"bytes_per_s": 0.0, "note": "Waiting 30 s."}, "Waiting 30 s. · 786 MB of 1.8 GB"),
        ("verifying", 1.0, {"checked_bytes": 914_000_000}, "Checking that every byte is right… · 914 MB of 1.8 GB"),
        ("verifying", 1.0, {}, "Checking that every byte is right… · 1.8 GB"),
        ("paused", 0.8, {}, "Paused · 1.5 of 1.8 GB"),
        ("failed", 0.0, {}, "Could not be downloaded · 1.8 GB"),
        ("done", 1.0, {}, "Ready · 1.8 GB"),
        ("done", 1.0, {"problem": "It is no model."}, "Here, but not in the library · 1.8 GB"),
        ("checking", 0.0, {"note": "Waiting 30 s."}, "Waiting 30 s. · 1.8 GB"),
    ],
)
def test_each_state_in_words(state: DownloadState, done: float, changes: dict[str, object], words: str) -> None:
    assert state_words(download(1, state, done, **changes)) == words


def test_amounts_name_their_unit_once_and_an_unknown_total_is_not_made_up() -> None:
    assert amount(download(1, "downloading", 0.5, total_bytes=0)) == "914 MB"
    assert percent(0.999) == "99 %"
    assert together([download(1, "paused", 0.5)]) is None
    assert together([download(1, "downloading", 0.5), download(2, "paused", 0.9)]) == pytest.approx(0.5)


def test_nothing_to_download_leads_to_find(qtbot: QtBot, view: DownloadsView) -> None:
    assert view.findChild(QWidget, "models.downloads.empty").isVisible()
    with qtbot.waitSignal(view.find_requested):
        view.findChild(QPushButton, "models.downloads.find").click()


def test_pause_go_on_and_cancel(qtbot: QtBot, world: SimpleNamespace, view: DownloadsView) -> None:
    world.downloads.put(download(1, "downloading", 0.43))
    qtbot.waitUntil(lambda: "786 MB of 1.8 GB" in _words(view, 1), timeout=5000)
    assert view.findChild(QProgressBar, "models.downloads.1.bar").value() == 430
    _button(view, 1, "pause").click()
    qtbot.waitUntil(lambda: "Paused" in _words(view, 1), timeout=5000)
    assert _button(view, 1, "pause").isHidden()
    _button(view, 1, "resume").click()
    qtbot.waitUntil(lambda: "Waiting for its turn" in _words(view, 1), timeout=5000)
    _button(view, 1, "cancel").click()
    box = view.findChild(QMessageBox, "models.downloads.cancel.dialog")
    assert "786 MB" in box.informativeText()
    box.findChild(QPushButton, "models.downloads.cancel.yes").click()
    qtbot.waitUntil(lambda: world.downloads.all() == (), timeout=5000)
    qtbot.waitUntil(view.findChild(QWidget, "models.downloads.empty").isVisible, timeout=5000)


def test_little_is_thrown_away_without_asking(qtbot: QtBot, world: SimpleNamespace, view: DownloadsView) -> None:
    world.downloads.put(download(1, "downloading", 0.01))
    qtbot.waitUntil(lambda: bool(_words(view, 1)), timeout=5000)
    _button(view, 1, "cancel").click()
    qtbot.waitUntil(lambda: world.downloads.all() == (), timeout=5000)
    assert view.findChild(QMessageBox) is None


def test_a_failed_one_says_why_and_tries_again(qtbot: QtBot, world: SimpleNamespace, view: DownloadsView) -> None:
    world.downloads.put(download(1, "failed", 0.3, problem="The disk is full. Make room."))
    qtbot.waitUntil(lambda: bool(_words(view, 1)), timeout=5000)
    problem = view.findChild(QLabel, "models.downloads.1.problem")
    assert problem.isVisible()
    assert problem.text() == "The disk is full. Make room."
    _button(view, 1, "retry").click()
    qtbot.waitUntil(lambda: world.downloads.all()[0].state == "queued", timeout=5000)
    qtbot.waitUntil(problem.isHidden, timeout=5000)


def test_what_is_worth_knowing_of_a_finished_one_is_said(
    qtbot: QtBot, world: SimpleNamespace, view: DownloadsView
) -> None:
    adapter = download(3, "done", 1.0)
    world.downloads.put(
        download(1, "done", 1.0, note="The hub gave no checksum for this file."),
        download(2, "done", 1.0, problem="It is no model."),
        replace(adapter, file=replace(adapter.file, role="adapter")),
    )
    qtbot.waitUntil(lambda: len(view.findChildren(QLabel, "models.downloads.3.words")) == 1, timeout=5000)
    told = [view.findChild(QLabel, f"models.downloads.{number}.problem") for number in (1, 2)]
    assert [(label.text(), label.property("kind")) for label in told] == [
        ("The hub gave no checksum for this file.", "muted"),
        ("It is no model.", "bad"),
    ]
    assert [_button(view, number, "chat").isHidden() for number in (1, 2, 3)] == [False, True, True]


def test_twenty_are_summed_up_and_paused_together(qtbot: QtBot, world: SimpleNamespace, view: DownloadsView) -> None:
    world.downloads.put(
        download(1, "downloading", 0.2), *(download(at, model=each) for at, each in enumerate(many(20), 2))
    )
    title = view.findChild(QLabel, "models.downloads.title")
    qtbot.waitUntil(lambda: title.text() == "1 downloading, 20 waiting", timeout=5000)
    order = [card.download.id for card in sorted(view.findChildren(DownloadCard), key=lambda card: card.y())]
    assert order == list(range(1, 22))
    view.findChild(QPushButton, "models.downloads.pause_all").click()
    qtbot.waitUntil(lambda: title.text() == "21 paused", timeout=5000)
    view.findChild(QPushButton, "models.downloads.resume_all").click()
    qtbot.waitUntil(lambda: title.text() == "21 waiting", timeout=5000)


def test_one_that_waits_can_go_first(qtbot: QtBot, world: SimpleNamespace, view: DownloadsView) -> None:
    world.downloads.put(download(1, "downloading", 0.2), download(2), download(3))
    qtbot.waitUntil(lambda: bool(_words(view, 3)), timeout=5000)
    assert _button(view, 2, "first").isHidden()
    _button(view, 3, "first").click()
    qtbot.waitUntil(lambda: [each.id for each in world.downloads.all()] == [1, 3, 2], timeout=5000)
    qtbot.waitUntil(lambda: _button(view, 3, "first").isHidden(), timeout=5000)
    assert not _button(view, 2, "first").isHidden()


def test_a_ready_one_that_was_removed_says_so(qtbot: QtBot, world: SimpleNamespace, view: DownloadsView) -> None:
    world.downloads.put(download(1, "done", 1.0))
    qtbot.waitUntil(lambda: bool(_words(view, 1)), timeout=5000)
    _button(view, 1, "chat").click()
    qtbot.waitUntil(lambda: [note.what for note in world.notes] == ["This model is not in the library any more."])


def test_a_ready_one_leads_to_the_chat_and_the_library(
    qtbot: QtBot, world: SimpleNamespace, view: DownloadsView
) -> None:
    world.downloads.put(download(1, "verifying", 1.0), download(2))
    world.downloads.finish(1)
    qtbot.waitUntil(lambda: "Ready" in _words(view, 1), timeout=5000)
    for name, signal in (("chat", view.chat_requested), ("show", view.model_requested)):
        with qtbot.waitSignal(signal) as asked:
            _button(view, 1, name).click()
        assert asked.args == [1]
    view.findChild(QPushButton, "models.downloads.clear").click()
    qtbot.waitUntil(lambda: [each.id for each in world.downloads.all()] == [2], timeout=5000)
    qtbot.waitUntil(lambda: view.findChild(QWidget, "models.downloads.1") is None, timeout=5000)


def test_the_page_shows_how_many_are_on_their_way(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = ModelsPage(world.parts)
    qtbot.addWidget(page)
    segment = page.findChild(QPushButton, "models.view.downloads")
    assert segment.icon().isNull()
    world.downloads.put(download(1, "downloading", 0.43))
    qtbot.waitUntil(lambda: segment.accessibleName() == "Downloads, 1 model downloading, 43 %", timeout=5000)
    assert not segment.icon().isNull()
    world.downloads.put(download(1, "failed", 0.43))
    qtbot.waitUntil(lambda: segment.accessibleName() == "Downloads, 1 download failed", timeout=5000)
    world.downloads.cancel(1)
    qtbot.waitUntil(lambda: segment.accessibleName() == "Downloads", timeout=5000)
    assert segment.icon().isNull()


@pytest.fixture
def watch(qtbot: QtBot, world: SimpleNamespace) -> Iterator[SimpleNamespace]:
    world.downloads.put(download(1, "downloading", 0.4), download(2, "failed"))
    rail = Rail(world.parts.theme, world.bridge, lambda: Memory(1, 2))
    qtbot.addWidget(rail)
    rail.show()
    owner = QObject()
    made = DownloadWatch(world.parts, rail, owner)
    ring = rail.findChild(QWidget, "rail.models.progress")
    qtbot.waitUntil(ring.isVisible, timeout=5000)
    yield SimpleNamespace(watch=made, ring=ring, owner=owner)


def test_a_ring_at_the_rail_while_something_is_downloaded(
    qtbot: QtBot, world: SimpleNamespace, watch: SimpleNamespace
) -> None:
    assert watch.ring.accessibleName() == "1 model downloading, 40 %"
    world.downloads.pause(1)
    qtbot.waitUntil(watch.ring.isHidden, timeout=5000)


def test_a_notice_when_one_is_ready_leads_to_the_chat(
    qtbot: QtBot, world: SimpleNamespace, watch: SimpleNamespace
) -> None:
    world.downloads.finish(1)
    qtbot.waitUntil(lambda: bool(world.notes), timeout=5000)
    (note,) = world.notes
    assert note.what == "“Qwen3 1.7B” is ready."
    with qtbot.waitSignal(watch.watch.chat_requested) as asked:
        note.action.do()
    assert asked.args == [1]


def test_a_notice_when_one_failed_says_why(qtbot: QtBot, world: SimpleNamespace, watch: SimpleNamespace) -> None:
    world.downloads.change(1, state="failed", problem="The disk is full.")
    qtbot.waitUntil(lambda: bool(world.notes), timeout=5000)
    (note,) = world.notes
    assert (note.what, note.why) == ("“Qwen3 1.7B” could not be downloaded.", "The disk is full.")
    with qtbot.waitSignal(watch.watch.downloads_requested):
        note.action.do()


def test_a_notice_when_one_did_not_get_into_the_library_says_why(
    qtbot: QtBot, world: SimpleNamespace, watch: SimpleNamespace
) -> None:
    world.downloads.change(1, state="done", problem="It is no model.")
    qtbot.waitUntil(lambda: bool(world.notes), timeout=5000)
    (note,) = world.notes
    assert (note.what, note.why) == ("“Qwen3 1.7B” was downloaded, but is not in the library.", "It is no model.")


def test_what_was_so_at_the_start_is_not_told_again(
    qtbot: QtBot, world: SimpleNamespace, watch: SimpleNamespace
) -> None:
    world.downloads.put(download(3, model=found("Another-GGUF")))
    qtbot.waitUntil(lambda: watch.ring.accessibleName().startswith("2 models"), timeout=5000)
    assert world.notes == []
