"""The Models page: none, one and many models, loading, failing, and what is done with them."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog, QInputDialog, QLabel, QProgressBar, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.errors import DoesNotFit, ModelError
from app.inference.protocol import BufferUse, Loaded, LoadSettings, MemoryUse
from app.models.preset import Preset
from app.services.events import ModelState
from app.ui.models.add_dialog import AddModelDialog
from app.ui.models.cards import LoadedCard, MachineCard
from app.ui.models.page import ModelsPage
from app.ui.widgets.rows import ROW_ROLE
from tests.helpers.fake_libraries import model
from tests.helpers.models_page import list_of, show_page


def _badges(page: ModelsPage, row: int) -> list[str]:
    content = list_of(page).model().index(row, 0).data(ROW_ROLE)
    return [badge.text for badge in content.badges]


def _text(page: QWidget, name: str) -> str:
    return page.findChild(QLabel, name).text()


def test_without_models_it_says_what_to_do(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world)
    qtbot.waitUntil(page.findChild(QWidget, "models.empty").isVisible, timeout=5000)
    assert page.findChild(QPushButton, "models.empty.add").isVisible()


def test_the_machine_is_described(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world)

    def described() -> bool:
        return any("RTX 4060" in found.text() for found in page.findChildren(QLabel))

    qtbot.waitUntil(described, timeout=5000)


def test_the_free_memory_goes_on_with_what_other_programs_take(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world)

    def said(free: str) -> bool:
        return any(free in found.text() for found in page.findChildren(QLabel))

    qtbot.waitUntil(lambda: said("14.0 GB of it free"), timeout=5000)
    timer = page.findChild(MachineCard).findChild(QTimer)
    assert timer.isActive()
    world.models.machine.free_bytes = 2_500_000_000
    timer.timeout.emit()
    qtbot.waitUntil(lambda: said("2.5 GB of it free"), timeout=5000)
    assert not said("14.0 GB")
    page.hide()
    assert not timer.isActive()


def test_each_model_says_whether_it_fits(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(
        model(1, name="Big", size_bytes=60 * 10**9),
        model(2, name="Small"),
        model(3, name="Tight", size_bytes=13 * 10**9),
        model(4, name="Vectors", kind="embedding"),
    )
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 4, timeout=5000)
    qtbot.waitUntil(lambda: [_badges(page, row) for row in range(3)] == [["Does not fit"], ["Fits"], ["Tight"]])
    assert _badges(page, 3) == ["Finds passages in documents"]


def test_the_verdict_in_the_list_is_for_the_models_own_settings(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(model(1, n_ctx_train=1_000_000))
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)
    qtbot.waitUntil(lambda: _badges(page, 0) == ["Fits"], timeout=5000)
    world.models.presets.set(1, Preset(n_ctx=1_000_000))
    qtbot.waitUntil(lambda: _badges(page, 0) == ["Does not fit"], timeout=5000)
    world.models.presets.set(1, Preset(n_ctx=1_000_000, kv_type="q4_0"))
    qtbot.waitUntil(lambda: _badges(page, 0) == ["Tight"], timeout=5000)


def test_five_hundred_models_ask_only_for_those_in_sight(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(*(model(number, name=f"Model {number:03}") for number in range(500)))
    asked: list[int] = []
    verdict = world.models.verdicts.of

    def counted(number: int, n_ctx: int | None = None, kv_type: str = "f16") -> object:
        asked.append(number)
        return verdict(number, n_ctx, kv_type)

    world.models.verdicts.of = counted
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 500, timeout=5000)
    qtbot.waitUntil(lambda: _badges(page, 0) == ["Fits"], timeout=5000)
    assert len(asked) < 50
    page.findChild(QWidget, "models.search").setText("Model 123")  # type: ignore[attr-defined]
    assert list_of(page).model().rowCount() == 1


def test_what_the_loaded_model_takes_reads_as_in_its_details(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(model(1))
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)
    page.select(1)
    page.findChild(QPushButton, "models.load").click()
    card, details = page.findChild(QWidget, "models.loaded.memory"), page.findChild(QWidget, "models.fit.bar")
    qtbot.waitUntil(lambda: "Left free" in card.accessibleName() and "Left free" in details.accessibleName())
    parts = [bar.accessibleName().partition(", Left free")[0] for bar in (card, details)]
    assert parts[0] == parts[1]
    assert parts[0].startswith("Weights ")
    assert "Working memory 54.0 MB" in parts[0], "with what the worker itself takes"


def test_the_titles_of_both_cards_stand_on_one_line(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(model(1))
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)
    page.resize(1400, 900)
    titles = [
        next(each for each in page.findChildren(QLabel) if each.text() == words)
        for words in ("This machine", "Loaded model")
    ]
    world.models.loaded.load(1)
    qtbot.waitUntil(lambda: page.findChild(QWidget, "models.unload").isVisible(), timeout=5000)
    middles = [title.mapTo(page, title.rect().center()).y() for title in titles]
    assert middles[0] == middles[1]


def test_where_the_loaded_model_runs(qtbot: QtBot, world: SimpleNamespace) -> None:
    card = LoadedCard(world.parts)
    qtbot.addWidget(card)
    on_gpu = BufferUse("CUDA0", "CUDA0", 10**9, 0, 0)
    second = BufferUse("CUDA1", "CUDA1", 10**9, 0, 0)
    host = BufferUse("CPU", "CPU", 10**8, 0, 0)
    layers = model(1).summary.n_layers + 1
    for buffers, asked, words in (
        ((), 0, "Processor, 8 threads"),
        ((host,), -1, "Processor, 8 threads"),  # a build for a GPU that is not there
        ((), -1, "GPU, all layers"),  # where the books cannot be read
        ((host, on_gpu), -1, "GPU, all layers"),
        ((host, on_gpu, second), 999, "2 GPUs, all layers"),
        ((host, on_gpu), 5, f"GPU, 5 of {layers} layers; Processor, 8 threads"),
    ):
        memory = MemoryUse(10**9, 0, 0, 0, 10**9, buffers)
        loaded = Loaded("m.gguf", "m", "llama", 4096, 8192, 1, 1, 8, asked, True, memory, 0.1)
        card.show_state(ModelState("ready", model(1), loaded))
        shown = [each.text() for each in card.findChild(QWidget, "models.loaded.facts").findChildren(QLabel)]
        assert words in shown


def test_loading_shows_progress_then_what_it_takes(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(model(1))
    world.models.loaded.hold = threading.Event()
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)
    page.select(1)
    load = page.findChild(QPushButton, "models.load")
    load.click()
    bar = page.findChild(QProgressBar, "models.loaded.progress")
    qtbot.waitUntil(lambda: bar.isVisible() and bar.value() == 400, timeout=5000)
    assert _text(page, "models.loaded.words") == "Reading the weights…"
    assert not load.isEnabled()
    world.models.loaded.hold.set()
    qtbot.waitUntil(lambda: page.findChild(QWidget, "models.loaded.facts").isVisible(), timeout=5000)
    words = " ".join(found.text() for found in page.findChild(QWidget, "models.loaded.facts").findChildren(QLabel))
    assert "4,096 tokens" in words
    assert "50.0 tokens per second" in words
    assert "after 0.18 s" in words
    assert load.text() == "Load again"


def test_a_load_that_fails_says_why_in_the_card(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(model(1, name="Broken"))
    world.models.loaded.problem = ModelError("It cannot be run.", "Its template is broken.", "Get another file.")
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)
    page.select(1)
    page.findChild(QPushButton, "models.load").click()
    qtbot.waitUntil(lambda: _text(page, "models.loaded.title") == "Broken could not be loaded", timeout=5000)
    assert "Its template is broken." in _text(page, "models.loaded.words")


def test_one_that_does_not_fit_can_be_loaded_anyway(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(model(1))
    world.models.loaded.problem = DoesNotFit("It does not fit.", "It needs 60 GB.", "Choose a smaller one.")
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)
    page.select(1)
    page.findChild(QPushButton, "models.load").click()
    qtbot.waitUntil(lambda: bool(world.notes), timeout=5000)
    action = world.notes[0].action
    assert action is not None
    action.do()
    qtbot.waitUntil(lambda: world.models.loaded.state.phase == "ready", timeout=5000)
    assert world.models.loaded.loads == [(1, LoadSettings(), True)]


def test_a_missing_file_cannot_be_loaded_and_says_so(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(replace(model(1), present=False))
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)
    page.select(1)
    assert _badges(page, 0) == ["File is missing"]
    assert "not there now" in _text(page, "models.details.missing.words")
    assert not page.findChild(QPushButton, "models.load").isEnabled()


def test_rename(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(model(1))
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)
    page.select(1)
    page.findChild(QWidget, "models.rename").click()  # type: ignore[attr-defined]
    dialog = page.findChild(QInputDialog, "models.rename.dialog")
    dialog.setTextValue("My helper")
    dialog.accept()
    qtbot.waitUntil(lambda: _text(page, "models.details.title") == "My helper", timeout=5000)


@pytest.mark.parametrize(("in_place", "words"), [(True, "file stays"), (False, "trash for 30 days")])
def test_delete_says_what_happens_to_the_file_and_can_be_undone(
    qtbot: QtBot, world: SimpleNamespace, in_place: bool, words: str
) -> None:
    world.models.put(replace(model(1), in_place=in_place))
    page = show_page(qtbot, world)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)
    page.select(1)
    page.findChild(QWidget, "models.remove").click()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 0, timeout=5000)
    qtbot.waitUntil(lambda: any("no longer in the library" in note.what for note in world.notes), timeout=5000)
    note = world.notes[-1]
    assert words in note.why
    assert note.action is not None
    note.action.do()
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 1, timeout=5000)


def _dialog(qtbot: QtBot, world: SimpleNamespace, path: Path) -> tuple[QWidget, AddModelDialog]:
    window = QWidget()
    window.resize(1000, 760)
    qtbot.addWidget(window)
    window.show()
    dialog = AddModelDialog(world.parts, path, window)
    dialog.open()
    return window, dialog


def test_adding_uses_the_file_in_place_and_loads_it(qtbot: QtBot, world: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF rest")
    window, dialog = _dialog(qtbot, world, path)
    load = dialog.findChild(QPushButton, "add_model.load")
    qtbot.waitUntil(load.isVisible, timeout=5000)
    assert "Fits" in _text(dialog, "add_model.fit.sentence")
    with qtbot.waitSignal(dialog.accepted, timeout=5000):
        load.click()
    qtbot.waitUntil(lambda: world.models.loaded.state.phase == "ready", timeout=5000)
    assert world.models.copied == []
    assert world.models.models()[0].in_place
    window.close()


def test_a_file_that_is_in_the_library_is_said_to_be(qtbot: QtBot, world: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF rest")
    world.models.put(replace(model(1, name="Mine"), path=str(path)))
    window, dialog = _dialog(qtbot, world, path)
    said = dialog.findChild(QLabel, "add_model.already")
    qtbot.waitUntil(said.isVisible, timeout=5000)
    assert said.text() == "This file is in your library already, as “Mine”."
    window.close()


def test_a_copy_is_made_if_wanted(qtbot: QtBot, world: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF rest")
    window, dialog = _dialog(qtbot, world, path)
    add = dialog.findChild(QPushButton, "add_model.add")
    qtbot.waitUntil(add.isVisible, timeout=5000)
    dialog.findChild(QWidget, "add_model.copy").click()  # type: ignore[attr-defined]
    with qtbot.waitSignal(dialog.accepted, timeout=5000):
        add.click()
    assert world.models.copied == [str(path)]
    window.close()


def test_an_adapter_is_attached_to_the_model_that_it_belongs_to(
    qtbot: QtBot, world: SimpleNamespace, tmp_path: Path
) -> None:
    world.models.put(model(1), model(2, name="Other"))
    window, dialog = _dialog(qtbot, world, tmp_path / "pirate-lora.gguf")
    attach = dialog.findChild(QPushButton, "add_model.adapter.attach")
    qtbot.waitUntil(attach.isVisible, timeout=5000)
    assert dialog.findChild(QPushButton, "add_model.add").isHidden()
    dialog.findChild(QRadioButton, "add_model.adapter.base.2").click()
    with qtbot.waitSignals([dialog.accepted, dialog.added], timeout=5000):
        attach.click()
    assert [[each.adapter.path for each in entry.adapters] for entry in world.models.models()] == [
        [],
        [str(tmp_path / "pirate-lora.gguf")],
    ]
    window.close()


def test_an_adapter_without_its_model_is_kept_for_later(qtbot: QtBot, world: SimpleNamespace, tmp_path: Path) -> None:
    world.models.put(model(1))
    world.models.adapters.foreign["other-lora.gguf"] = "It was made for others."
    window, dialog = _dialog(qtbot, world, tmp_path / "other-lora.gguf")
    keep = dialog.findChild(QPushButton, "add_model.adapter.keep")
    qtbot.waitUntil(keep.isVisible, timeout=5000)
    assert "not in your library" in _text(dialog, "add_model.adapter.words")
    assert dialog.findChild(QPushButton, "add_model.adapter.attach").isHidden()
    with qtbot.waitSignal(dialog.accepted, timeout=5000):
        keep.click()
    assert [adapter.summary.name for adapter in world.models.adapters.all()] == ["other-lora"]
    window.close()


def test_a_file_that_is_no_model_says_why_and_adds_nothing(
    qtbot: QtBot, world: SimpleNamespace, tmp_path: Path
) -> None:
    path = tmp_path / "page.gguf"
    path.write_bytes(b"<html>")
    window, dialog = _dialog(qtbot, world, path)
    qtbot.waitUntil(lambda: "not a GGUF model" in _text(dialog, "add_model.problem"), timeout=5000)
    assert dialog.findChild(QPushButton, "add_model.add").isHidden()
    dialog.findChild(QPushButton, "add_model.cancel").click()
    assert dialog.result() == QDialog.DialogCode.Rejected
    assert world.models.models() == []
    window.close()
