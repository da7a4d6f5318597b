"""A model's details: each section filled when it is looked at, what is chosen kept, nothing wider than the pane."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QListView,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.core.errors import HubError, ModelError
from app.hardware.read import machine_key
from app.inference.protocol import LoadSettings
from app.models.former import FormerModel
from app.models.library_values import UpdateCheck
from app.models.model import LibraryModel
from app.models.plan import ALL_LAYERS
from app.models.preset import NO_PRESET, Preset
from app.models.sizing import Layout
from app.models.source import ModelSource
from app.services.events import HashingChanged
from app.storage.measurements import Measurement
from app.ui.models.memory_bar import shades
from app.ui.models.page import ModelsPage
from tests.helpers.fake_hub import found
from tests.helpers.fake_libraries import model
from tests.helpers.local_plans import local_plan, none_fits, with_gpu
from tests.helpers.models_page import show_page

SECTIONS = ("best", "preset", "adapters", "lesson", "file", "template", "notes")


def _page(qtbot: QtBot, world: SimpleNamespace, *models: LibraryModel) -> ModelsPage:
    """The library with the first of these chosen."""
    page = show_page(qtbot, world, *models)
    page.select(models[0].id)
    if models[0].present and models[0].summary.kind != "embedding":
        qtbot.waitUntil(lambda: "Fits" in _text(page, "models.fit.sentence"), timeout=5000)
    return page


def _text(page: QWidget, name: str) -> str:
    return page.findChild(QLabel, name).text()


def _button(page: QWidget, name: str) -> QPushButton:
    return page.findChild(QPushButton, name)


def _says(qtbot: QtBot, page: QWidget, name: str, words: str) -> None:
    qtbot.waitUntil(lambda: words in _text(page, name), timeout=5000)


def _drop(page: QWidget, path: Path) -> None:
    """Drop a file on the section of adapters."""
    section = _button(page, "models.adapters").parentWidget()
    assert section is not None
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    offered = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    how = (offered, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier)  # proposes to move
    enter = QDragEnterEvent(QPointF(5, 5), *how)
    QApplication.sendEvent(section, enter)
    assert (enter.isAccepted(), enter.dropAction()) == (True, Qt.DropAction.CopyAction)
    QApplication.sendEvent(section, QDropEvent(QPointF(5, 5), *how))


def _measured(tokens_per_s: float, machine: str = "") -> Measurement:
    predicted = Layout.on_host(1_700_000_000, 188_000_000, 20_000_000, 12_000_000)
    return Measurement(
        "key",
        "model.gguf",
        1_700_000_000,
        "{}",
        machine or machine_key(),
        "1",
        predicted,
        1_930_000_000,
        1_940_000_000,
        tokens_per_s,
        600,
        datetime.now(UTC),
    )


# -- the planner ------------------------------------------------------------------------------------------------------


def test_the_best_settings_come_with_reasons_and_can_be_used(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.planner.answer = local_plan(2048, "q8_0")
    page = _page(qtbot, world, model(1))
    _says(qtbot, page, "models.best.summary", "2,048 tokens, 8 bit cache")
    _button(page, "models.best").click()
    words = [each.text() for each in page.findChildren(QLabel)]
    assert set(world.planner.answer.reasons) <= set(words)
    _button(page, "models.best.use").click()
    assert page.findChild(QComboBox, "models.fit.kv").currentData() == "q8_0"
    assert _text(page, "models.fit.context.words") == "2,048 tokens"
    assert "next load" in _text(page, "models.best.used")
    _button(page, "models.load").click()
    qtbot.waitUntil(lambda: world.models.loaded.loads == [(1, LoadSettings(2048, "q8_0"), False)], timeout=5000)
    keep = _button(page, "models.best.keep")
    assert keep.isVisible()
    keep.click()
    qtbot.waitUntil(
        lambda: world.models.presets.of(1) == Preset(n_ctx=2048, kv_type="q8_0", n_gpu_layers=-1), timeout=5000
    )
    assert _text(page, "models.best.used").startswith("Kept")
    page.findChild(QSlider, "models.fit.context").setValue(0)
    assert not page.findChild(QLabel, "models.best.used").isVisible()


def test_when_nothing_fits_it_says_what_would_help_without_being_asked(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.planner.answer = none_fits()
    page = _page(qtbot, world, model(1))
    _says(qtbot, page, "models.best.summary", "nothing fits now")
    assert _button(page, "models.best").isChecked()
    words = [each.text() for each in page.findChildren(QLabel)]
    assert set(world.planner.answer.changes) <= set(words)
    assert not _button(page, "models.best.use").isVisible()


def test_a_plan_that_cannot_be_made_says_why(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.planner.problem = ModelError("It cannot be planned.", "Its header is damaged.", "Get it again.")
    page = _page(qtbot, world, model(1))
    _says(qtbot, page, "models.best.title", "It cannot be planned.")


# -- speed and memory -------------------------------------------------------------------------------------------------


def test_an_estimate_is_called_one_until_it_was_measured_here(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.verdicts.measured[1] = (_measured(80.0, "another machine"),)
    page = _page(qtbot, world, model(1))
    _says(qtbot, page, "models.speed.words", "About 12 tokens per second, estimated")
    world.models.verdicts.measured[1] = (_measured(0.0), _measured(31.4))
    world.models.change(1, notes="x")
    _says(qtbot, page, "models.speed.words", "31 tokens per second, measured here")
    assert _text(page, "models.speed.took") == "Memory of the last load: predicted 1.92 GB, measured 1.94 GB."


def test_a_measure_below_the_prediction_says_that_the_context_was_not_full(
    qtbot: QtBot, world: SimpleNamespace
) -> None:
    world.models.verdicts.measured[1] = (replace(_measured(31.4), peak_bytes=1_800_000_000),)
    page = _page(qtbot, world, model(1))
    _says(
        qtbot,
        page,
        "models.speed.took",
        "Memory of the last load: predicted 1.92 GB, measured 1.80 GB so far. The prediction is for a full context.",
    )


# -- how it is loaded -------------------------------------------------------------------------------------------------


def test_context_and_cache_are_for_one_load_or_kept(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, model(1))
    assert _text(page, "models.fit.kept") == "These are the defaults, from your settings."
    keep, forget = _button(page, "models.fit.keep"), _button(page, "models.fit.forget")
    assert not keep.isVisible()
    page.findChild(QSlider, "models.fit.context").setValue(1)
    assert _text(page, "models.fit.kept").startswith("For the next load only. The default: 4,096 tokens")
    keep.click()
    qtbot.waitUntil(lambda: world.models.presets.of(1).n_ctx == 1024, timeout=5000)
    assert _text(page, "models.fit.kept").startswith("Kept for this model.")
    assert not keep.isVisible()
    forget.click()
    qtbot.waitUntil(lambda: world.models.presets.of(1) == NO_PRESET, timeout=5000)
    assert _text(page, "models.fit.context.words") == "4,096 tokens"
    assert _text(page, "models.fit.kept") == "These are the defaults, from your settings."


def test_what_is_kept_is_chosen_when_the_model_is_shown_again(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.presets.set(1, Preset(n_ctx=5000, kv_type="q4_0", temperature=0.2))
    page = _page(qtbot, world, model(1), model(2, name="Other"))
    assert _text(page, "models.fit.context.words") == "5,000 tokens"
    page.select(2)
    _says(qtbot, page, "models.fit.context.words", "4,096 tokens")
    page.select(1)
    _says(qtbot, page, "models.fit.context.words", "5,000 tokens")
    _button(page, "models.fit.forget").click()
    qtbot.waitUntil(lambda: world.models.presets.of(1) == Preset(temperature=0.2), timeout=5000)


def test_layers_are_offered_only_where_a_gpu_can_be_used(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, model(1))
    assert not page.findChild(QSlider, "models.fit.gpu_layers").isVisible()


def test_layers_move_the_bars_of_memory_and_gpu(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.machine.gpu, world.planner.space = True, with_gpu()
    world.planner.answer = local_plan(8192, "f16", ALL_LAYERS)
    page = _page(qtbot, world, model(1, size_bytes=9_000_000_000))
    layers = page.findChild(QSlider, "models.fit.gpu_layers")
    qtbot.waitUntil(layers.isVisible, timeout=5000)
    assert _text(page, "models.fit.gpu_layers.words") == "all 31"

    def on_gpu() -> str:
        return " ".join(each.text() for each in page.findChild(QWidget, "models.fit.gpus").findChildren(QLabel))

    qtbot.waitUntil(lambda: "more than is free there" in on_gpu(), timeout=5000)
    layers.setValue(10)
    assert _text(page, "models.fit.gpu_layers.words") == "10 of 31"
    qtbot.waitUntil(lambda: on_gpu() == "GPU 0 (NVIDIA GeForce RTX 4060)", timeout=5000)
    _button(page, "models.load").click()
    qtbot.waitUntil(lambda: world.models.loaded.loads[-1:] == [(1, LoadSettings(n_gpu_layers=10), False)], timeout=5000)


# -- how it talks -----------------------------------------------------------------------------------------------------


def test_each_choice_is_the_default_until_it_is_changed(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, model(1, recommended=Preset(temperature=0.6)))
    _button(page, "models.preset").click()
    temperature = page.findChild(QAbstractSpinBox, "models.preset.temperature")
    qtbot.waitUntil(lambda: temperature.value() == 0.6, timeout=5000)
    assert _text(page, "models.preset.temperature.origin") == "Default, from the model"
    assert _text(page, "models.preset.top_k.origin") == "Default, from your settings"
    assert _text(page, "models.preset.summary") == "as its author recommends"
    temperature.setValue(0.9)
    assert _text(page, "models.preset.temperature.origin") == "Default: 0.6, from the model"
    assert _text(page, "models.preset.summary") == "1 change"
    qtbot.waitUntil(lambda: world.models.presets.of(1) == Preset(temperature=0.9), timeout=5000)
    page.findChild(QToolButton, "models.preset.temperature.reset").click()
    qtbot.waitUntil(lambda: world.models.presets.of(1) == NO_PRESET, timeout=5000)
    assert temperature.value() == 0.6


def test_who_goes_on_typing_after_the_instructions_were_kept_goes_on_at_the_end(
    qtbot: QtBot, world: SimpleNamespace
) -> None:
    page = _page(qtbot, world, model(1))
    _button(page, "models.preset").click()
    prompt = page.findChild(QPlainTextEdit, "models.preset.system_prompt")
    qtbot.keyClicks(prompt, "Hello")
    qtbot.waitUntil(lambda: world.models.presets.of(1).system_prompt == "Hello", timeout=5000)
    world.models.presets.set(1, Preset(system_prompt="Hello", top_k=7))
    qtbot.waitUntil(lambda: page.findChild(QAbstractSpinBox, "models.preset.top_k").value() == 7, timeout=5000)
    qtbot.keyClicks(prompt, " you")
    assert prompt.toPlainText() == "Hello you"


def test_instructions_of_its_own_even_none_at_all(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, model(1))
    _button(page, "models.preset").click()
    prompt = page.findChild(QPlainTextEdit, "models.preset.system_prompt")
    prompt.setPlainText("Answer in one line.")
    qtbot.waitUntil(lambda: world.models.presets.of(1).system_prompt == "Answer in one line.", timeout=5000)
    prompt.setPlainText("")
    qtbot.waitUntil(lambda: world.models.presets.of(1).system_prompt == "", timeout=5000)
    page.findChild(QToolButton, "models.preset.system_prompt.reset").click()
    qtbot.waitUntil(lambda: world.models.presets.of(1).system_prompt is None, timeout=5000)


def test_a_change_is_kept_although_another_model_is_shown_at_once(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, model(1), model(2, name="Other"))
    _button(page, "models.preset").click()
    page.findChild(QAbstractSpinBox, "models.preset.top_k").setValue(7)
    page.select(2)
    qtbot.waitUntil(lambda: world.models.presets.of(1) == Preset(top_k=7), timeout=5000)
    assert world.models.presets.of(2) == NO_PRESET


def test_a_reading_that_began_before_a_change_does_not_bring_back_what_was_there(
    qtbot: QtBot, world: SimpleNamespace
) -> None:
    page = _page(qtbot, world, model(1))
    _button(page, "models.preset").click()
    prompt = page.findChild(QPlainTextEdit, "models.preset.system_prompt")
    top_k = page.findChild(QAbstractSpinBox, "models.preset.top_k")
    prompt.setPlainText("Answer in one line.")
    qtbot.waitUntil(lambda: world.models.presets.of(1).system_prompt == "Answer in one line.", timeout=5000)
    old = world.models.presets.of(1)
    changed = replace(old, system_prompt="Answer in two lines.", top_k=7)
    with world.models.presets.slow_reading() as began:  # each save is followed by a reading
        prompt.setPlainText("Answer in two lines.")
        qtbot.waitUntil(began.is_set, timeout=5000)
        top_k.setValue(7)
        qtbot.waitUntil(lambda: world.models.presets.of(1) == changed, timeout=5000)
    later: list[object] = []
    for _ in range(3):  # what the slow one read has come by then
        world.bridge.run(lambda: world.models.verdicts.measurements(1), later.append)
    qtbot.waitUntil(lambda: len(later) == 3, timeout=5000)
    assert (top_k.value(), prompt.toPlainText()) == (7, "Answer in two lines.")


# -- adapters ---------------------------------------------------------------------------------------------------------


def test_an_adapter_is_dropped_scaled_and_taken_off(qtbot: QtBot, world: SimpleNamespace, tmp_path: Path) -> None:
    page = _page(qtbot, world, model(1))
    path = tmp_path / "pirate.gguf"
    path.write_bytes(b"GGUF")
    _button(page, "models.adapters").click()
    _drop(page, path)
    qtbot.waitUntil(lambda: page.findChild(QSlider, "models.adapters.1.scale") is not None, timeout=5000)
    _says(qtbot, page, "models.adapters.summary", "1 in use")
    scale = page.findChild(QSlider, "models.adapters.1.scale")
    scale.setValue(10)
    assert _text(page, "models.adapters.1.scale.words") == "0.50"
    qtbot.waitUntil(lambda: world.models.models()[0].adapters[0].scale == 0.5, timeout=5000)
    assert page.findChild(QSlider, "models.adapters.1.scale") is scale
    page.findChild(QToolButton, "models.adapters.1.detach").click()
    qtbot.waitUntil(lambda: world.models.models()[0].adapters == (), timeout=5000)
    qtbot.waitUntil(lambda: _button(page, "models.adapters.1.use") is not None, timeout=5000)


def test_one_that_does_not_belong_to_it_is_refused_with_the_reason(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.adapters.put("/adapters/sql.gguf")
    world.models.adapters.foreign["sql.gguf"] = "It was made for qwen3; this one is llama."
    page = _page(qtbot, world, model(1))
    _button(page, "models.adapters").click()

    def told() -> bool:
        return any(each.text() == "It was made for qwen3; this one is llama." for each in page.findChildren(QLabel))

    qtbot.waitUntil(told, timeout=5000)
    assert _button(page, "models.adapters.1.use") is None
    _drop(page, Path("/adapters/sql.gguf"))
    _says(qtbot, page, "models.adapters.problem", "sql does not belong to SmolLM2 135M Instruct.")
    assert world.models.models()[0].adapters == ()


# -- the lesson -------------------------------------------------------------------------------------------------------


def test_the_lesson_follows_the_slider_and_the_cache(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, model(1))
    _button(page, "models.lesson").click()
    _says(qtbot, page, "models.lesson.weights", "134,515,008 parameters × 0.58 bytes (4.64 bits) = 91.7 MB of weights.")
    _says(qtbot, page, "models.lesson.context", "A context of 4,096 tokens adds 189 MB: 46 kB for each token.")
    assert "32 bit: 538 MB, 16 bit: 269 MB" in page.findChild(QWidget, "models.lesson.bars").accessibleName()
    slider = page.findChild(QSlider, "models.fit.context")
    slider.setValue(slider.maximum())
    _says(qtbot, page, "models.lesson.context", "A context of 8,192 tokens adds 377 MB")
    kv = page.findChild(QComboBox, "models.fit.kv")
    kv.setCurrentIndex(kv.findData("q4_0"))
    _says(qtbot, page, "models.lesson.context", "A context of 8,192 tokens adds 106 MB")


def test_the_context_has_the_same_colour_in_the_lesson_as_in_the_memory_bar(
    qtbot: QtBot, world: SimpleNamespace
) -> None:
    page = _page(qtbot, world, model(1))
    _button(page, "models.lesson").click()
    _says(qtbot, page, "models.lesson.context", "A context of 4,096 tokens adds 189 MB: 46 kB for each token.")
    weights, context = (color.rgb() for color in shades(world.parts.theme)[:2])

    def drawn(name: str) -> bool:
        image = page.findChild(QWidget, name).grab().toImage()
        return {weights, context} <= {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}

    qtbot.waitUntil(lambda: drawn("models.lesson.bars"))
    qtbot.waitUntil(lambda: drawn("models.fit.bar"))


# -- the file ---------------------------------------------------------------------------------------------------------


def test_its_source_and_hash_are_shown_and_the_hash_can_be_computed(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, replace(model(1), source=ModelSource("Qwen/Qwen3-GGUF", "abc", "q.gguf")))
    _button(page, "models.file").click()
    assert _button(page, "models.file.source").text() == "huggingface.co/Qwen/Qwen3-GGUF"
    compute = _button(page, "models.file.hash.compute")
    compute.click()
    bar = page.findChild(QWidget, "models.file.hash.progress")
    qtbot.waitUntil(bar.isVisible, timeout=5000)
    assert bar.value() == 430
    assert not compute.isVisible()
    sha256 = hashlib.sha256(b"x").hexdigest()
    world.models.hashing.show(None)
    world.models.change(1, sha256s=(sha256,))
    _says(qtbot, page, "models.file.hash", "SHA-256: 2d711642 b726b044")
    assert not bar.isVisible()


def test_hashing_of_another_model_is_not_shown_here(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, model(1), model(2, name="Other"))
    _button(page, "models.file").click()
    world.models.hashing.add_model(world.models.models()[1])
    with qtbot.waitSignal(world.bridge.happened, check_params_cb=lambda event: isinstance(event, HashingChanged)):
        world.models.hashing.add_model(world.models.models()[1])
    assert not page.findChild(QWidget, "models.file.hash.progress").isVisible()
    assert _button(page, "models.file.hash.compute").isVisible()


def test_a_newer_file_is_told_and_can_be_downloaded(qtbot: QtBot, world: SimpleNamespace) -> None:
    repository = found()
    world.hub.models = [repository]
    name = "Qwen3-1.7B-Q8_0.gguf"
    source = ModelSource(repository.repo_id, "abc", name)
    world.models.update = UpdateCheck(1, True, "Qwen has another version now.", replace(source, revision="def"))
    page = _page(qtbot, world, replace(model(1), source=source))
    _button(page, "models.file").click()
    _button(page, "models.file.update").click()
    _says(qtbot, page, "models.alert.update.words", "Qwen has another version now. Known since 24 November.")
    rows = page.findChild(QListView, "models.list").model()
    assert "Update available" in rows.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    _button(page, "models.alert.update.get").click()
    qtbot.waitUntil(lambda: [each.file.name for each in world.downloads.all()] == [name], timeout=5000)
    qtbot.waitUntil(lambda: any("is being downloaded" in note.what for note in world.notes), timeout=5000)


def test_an_update_that_cannot_be_asked_for_says_why(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.update = HubError(
        "It was not found.", "It was renamed.", "Look for it under Find.", reason="not_found"
    )
    page = _page(qtbot, world, replace(model(1), source=ModelSource("x/y", "abc", "q.gguf")))
    _button(page, "models.file").click()
    _button(page, "models.file.update").click()
    _says(qtbot, page, "models.file.update.words", "It was renamed.")
    assert _button(page, "models.file.update").isEnabled()
    assert not page.findChild(QWidget, "models.alert.update").isVisible()


def test_experts_and_parts_are_in_the_facts(qtbot: QtBot, world: SimpleNamespace) -> None:
    changes = {"active_parameters": 3_300_000_000, "n_experts": 128, "n_experts_used": 8, "n_parts": 3}
    page = _page(qtbot, world, model(1, parameters=30_500_000_000, **changes))
    _button(page, "models.file").click()
    words = [each.text() for each in page.findChild(QWidget, "models.details.facts").findChildren(QLabel)]
    assert "30.5 B; 8 of 128 experts, 3.3 B in all, work on each token" in words
    assert "91.7 MB in 3 files" in words


# -- template, notes, a missing file ----------------------------------------------------------------------------------


def test_a_changed_template_is_flagged_until_it_was_seen(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(model(1, chat_template="one\ntwo\nthree"))
    world.models.put_template_before(1, "one\ntwo")
    page = _page(qtbot, world, *world.models.models())
    assert page.findChild(QWidget, "models.alert.template").isVisible()
    _button(page, "models.alert.template.show").click()
    text = page.findChild(QPlainTextEdit, "models.template.text")
    qtbot.waitUntil(lambda: text.toPlainText() == "  one\n  two\n+ three", timeout=5000)
    assert text.isReadOnly()
    _button(page, "models.template.seen").click()
    qtbot.waitUntil(lambda: not page.findChild(QWidget, "models.alert.template").isVisible(), timeout=5000)
    qtbot.waitUntil(lambda: text.toPlainText() == "one\ntwo\nthree", timeout=5000)
    assert _text(page, "models.template.summary") == "3 lines"


@pytest.mark.parametrize(("decision", "notes"), [("keep", "Good at letters."), ("afresh", "")])
def test_another_model_in_a_files_place_is_said_until_it_is_decided(
    qtbot: QtBot, world: SimpleNamespace, decision: str, notes: str
) -> None:
    former = FormerModel("Old-one", "llama", 1_200_000_000)
    page = _page(qtbot, world, replace(model(1), former=former, notes="Good at letters."))
    assert page.findChild(QWidget, "models.alert.former").isVisible()
    said = _text(page, "models.alert.former.words")
    assert said.startswith("This file is another model than before: it is SmolLM2 135M Instruct (llama, ")
    assert said.endswith("What you noted and set was for Old one (llama, 1.2 B).")
    _button(page, f"models.alert.former.{decision}").click()
    qtbot.waitUntil(lambda: not page.findChild(QWidget, "models.alert.former").isVisible(), timeout=5000)
    assert world.models.models()[0].notes == notes


def test_a_file_that_is_another_model_while_it_is_shown_is_shown_anew(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.presets.set(1, Preset(n_ctx=8192))
    page = _page(qtbot, world, model(1, n_ctx_train=8192))
    _says(qtbot, page, "models.fit.context.words", "8,192 tokens")
    now = model(1, name="New-one", n_ctx_train=2048)
    world.models.change(1, summary=now.summary, former=FormerModel.of(world.models.models()[0].summary))
    _says(qtbot, page, "models.fit.context.words", "2,048 tokens")
    world.models.start_afresh(1)
    _says(qtbot, page, "models.notes.summary", "")


def test_notes_are_kept_while_they_are_written_and_the_cursor_stays(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, model(1), model(2, name="Other"))
    _button(page, "models.notes").click()
    field = page.findChild(QPlainTextEdit, "models.notes.text")
    qtbot.keyClicks(field, "Good at sums ")
    qtbot.waitUntil(lambda: world.models.models()[0].notes == "Good at sums", timeout=5000)
    _says(qtbot, page, "models.notes.summary", "Good at sums")
    assert field.textCursor().position() == len("Good at sums ")
    qtbot.keyClicks(field, "and jokes")
    page.select(2)
    qtbot.waitUntil(lambda: world.models.models()[0].notes == "Good at sums and jokes", timeout=5000)
    qtbot.waitUntil(lambda: field.toPlainText() == "", timeout=5000)


def test_a_missing_file_is_looked_for_and_found_again(qtbot: QtBot, world: SimpleNamespace) -> None:
    gone = replace(model(1), present=False, missing_reason="The drive /media/a is not connected.")
    page = _page(qtbot, world, gone)
    assert "The drive /media/a is not connected." in _text(page, "models.details.missing.words")
    _button(page, "models.missing.look").click()
    _says(qtbot, page, "models.details.missing.words", "It was not found nearby")
    world.models.change(1, found_at="/home/ada/new/model.gguf")
    take = _button(page, "models.missing.take")
    qtbot.waitUntil(take.isVisible, timeout=5000)
    take.click()
    qtbot.waitUntil(lambda: world.models.models()[0].path == "/home/ada/new/model.gguf", timeout=5000)
    _says(qtbot, page, "models.fit.sentence", "Fits")
    assert not page.findChild(QWidget, "models.details.missing").isVisible()


def test_comparing_a_moved_file_shows_how_far_it_is_and_can_be_stopped(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, replace(model(1), present=False, found_at="/home/ada/new.gguf"), model(2, name="Other"))
    world.models.moved.hold = threading.Event()
    _button(page, "models.missing.take").click()
    _says(qtbot, page, "models.missing.progress.words", "Comparing its content: 43 % of")
    assert page.findChild(QProgressBar, "models.missing.progress").value() == 430
    assert not _button(page, "models.missing.take").isVisible()
    page.select(2)
    page.select(1)
    assert page.findChild(QProgressBar, "models.missing.progress").isVisible(), "it goes on meanwhile"
    _button(page, "models.missing.stop").click()
    world.models.moved.hold.set()
    qtbot.waitUntil(_button(page, "models.missing.take").isVisible, timeout=5000)
    assert not world.models.models()[0].present
    assert world.notes == []


# -- the pane as a whole ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Short", "A-Very-" + "Long-" * 30 + "Name.Q4_K_M"])
def test_nothing_is_wider_than_the_pane(qtbot: QtBot, world: SimpleNamespace, name: str) -> None:
    world.models.machine.gpu, world.planner.space = True, with_gpu()
    source = ModelSource(f"an-author-with-a-long-name/{name}", "abc", f"{name}.gguf")
    page = _page(
        qtbot, world, replace(model(1, name=name, license="a-licence-" * 5), source=source, sha256s=("ab" * 32,))
    )
    world.models.adapters.attach(1, Path(f"/adapters/{name}.gguf"))
    for section in SECTIONS:
        _button(page, f"models.{section}").click()
    page.findChild(QAbstractSpinBox, "models.preset.top_k").setValue(999_999)
    qtbot.waitUntil(lambda: page.findChild(QSlider, "models.adapters.1.scale") is not None, timeout=5000)
    area = page.findChild(QScrollArea, "models.details.scroll")
    content = area.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= area.viewport().width()


def test_an_embedding_model_has_no_controls_of_a_chat_model(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world, model(1, kind="embedding"))
    shown = [name for name in SECTIONS if _button(page, f"models.{name}").isVisible()]
    assert shown == ["file", "template", "notes"]
    assert not page.findChild(QWidget, "models.load").isVisible()
    assert not page.findChild(QWidget, "models.fit.context").isVisible()
