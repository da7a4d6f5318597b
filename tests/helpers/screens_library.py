"""Renders the library, its details and its dialogs in their states: ``python -m tests.helpers.screens_library FOLDER``.

Further arguments name the states to render; none: all of them. ``LOOK`` in the environment adds sizes: "900x600".
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QDialog, QPushButton, QScrollArea, QSlider

from app.hardware.read import machine_key
from app.models.former import FormerModel
from app.models.library_values import DuplicateCopy, DuplicateGroup, HashProgress, UpdateCheck
from app.models.places.values import FoundModel, PlaceReport
from app.models.preset import Preset
from app.models.sizing import Layout
from app.models.source import ModelSource
from app.storage.measurements import Measurement
from app.ui.models.add_dialog import AddModelDialog
from tests.helpers.fake_libraries import model
from tests.helpers.local_plans import none_fits, with_gpu
from tests.helpers.screens_models import LONG, Stage, render

OLD_TEMPLATE = (
    "{% for message in messages %}\n<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
)
NEW_TEMPLATE = OLD_TEMPLATE.replace("{% endfor %}", "{% endfor %}\n{{ strftime_now('%d %b %Y') }}")


def measured(tokens_per_s: float = 50.4) -> Measurement:
    """A load of the starter model on this machine."""
    return Measurement(
        "key",
        "smollm2.gguf",
        91_700_000,
        "{}",
        machine_key(),
        "0.3",
        Layout.on_host(91_700_000, 188_000_000, 52_000_000, 20_000_000),
        348_000_000,
        351_000_000,
        tokens_per_s,
        900,
        datetime.now(UTC),
    )


def _some(stage: Stage) -> None:
    """A library over several places."""
    stage.models.put(
        replace(model(1), in_place=False, source=ModelSource("HuggingFaceTB/SmolLM2-135M-GGUF", "abc", "smollm2.gguf")),
        replace(model(2, name="Qwen3 1.7B Instruct", size_bytes=1_280_000_000), in_place=False, duplicates=(3,)),
        replace(model(3, name="qwen3:1.7b", size_bytes=1_280_000_000), program="Ollama", duplicates=(2,)),
        replace(model(4, name="Llama 3.1 8B", size_bytes=4_900_000_000, parameters=8_030_000_000), program="LM Studio"),
        model(5, name="Llama 3.3 70B", size_bytes=42_500_000_000, parameters=70_600_000_000, n_layers=80),
        replace(
            model(6, name="Mistral 7B"),
            present=False,
            missing_reason="The drive /media/ada/Models is not connected.",
            path="/media/ada/Models/mistral-7b.gguf",
        ),
        replace(model(7, name="Phi 4 mini", size_bytes=2_500_000_000), program="Jan", template_changed=True),
        model(8, name="all-MiniLM-L6-v2", kind="embedding", size_bytes=25_300_000, architecture="bert"),
        model(9, name=LONG, size_bytes=6_600_000_000, license="llama3.1-community-licence-agreement"),
    )


def _open(stage: Stage, chosen: int | None = None, *folds: str) -> None:
    stage.open("library")
    if chosen is not None:
        assert stage.page is not None
        stage.page.select(chosen)
        stage.settle(0.9)
    for fold in folds:
        stage.find(QPushButton, fold).click()
        stage.settle(0.3)


def _scroll(stage: Stage) -> None:
    bar = stage.find(QScrollArea, "models.details.scroll").verticalScrollBar()
    bar.setValue(bar.maximum())


def empty(stage: Stage) -> None:
    """No models at all."""
    for each in stage.models.models():
        stage.models.delete(each.id)
    stage.models.trash.empty()
    _open(stage)


def one(stage: Stage) -> None:
    """The starter model, its details."""
    stage.models.delete(2)
    stage.models.trash.empty()
    stage.models.verdicts.measured[1] = (measured(),)
    _open(stage, 1)


def many(stage: Stage) -> None:
    """Nine models of five places."""
    _some(stage)
    stage.models.delete(2)
    _open(stage)


def five_hundred(stage: Stage) -> None:
    """A lot of them."""
    stage.models.put(
        *(model(number, name=f"Model {number:03}", size_bytes=number * 60_000_000) for number in range(3, 503))
    )
    _open(stage, 40)


def does_not_fit(stage: Stage) -> None:
    """Larger than the memory, with what would help."""
    _some(stage)
    stage.planner.answer = none_fits()
    _open(stage, 5)


def missing(stage: Stage) -> None:
    """The file is gone."""
    _some(stage)
    _open(stage, 6)


def another_model(stage: Stage) -> None:
    """The file is another model than the one that was noted about."""
    _some(stage)
    stage.models.change(1, former=FormerModel("TinyLlama-1.1B-Chat", "llama", 1_100_000_000), notes="Good at letters.")
    _open(stage, 1)


def long_name(stage: Stage) -> None:
    """A name that nobody should give."""
    _some(stage)
    _open(stage, 9, "models.file")
    _scroll(stage)


def best(stage: Stage) -> None:
    """The planner's reasons."""
    _open(stage, 1, "models.best")


def lesson(stage: Stage) -> None:
    """Why it is this large."""
    stage.models.put(
        model(3, name="Llama 3.1 8B", size_bytes=4_900_000_000, parameters=8_030_000_000, n_ctx_train=131_072)
    )
    _open(stage, 3, "models.lesson")
    slider = stage.find(QSlider, "models.fit.context")
    slider.setValue(slider.maximum() - 2)
    stage.settle(0.5)
    _scroll(stage)


def preset(stage: Stage) -> None:
    """Some choices of its own, some of its author's."""
    stage.models.put(model(3, name="Qwen3 1.7B", recommended=Preset(temperature=0.6, top_p=0.95)))
    stage.models.presets.set(3, Preset(system_prompt="Answer in one line.", top_k=20, n_ctx=8192, kv_type="q8_0"))
    _open(stage, 3, "models.preset")
    _scroll(stage)


def adapters(stage: Stage) -> None:
    """Two in use, one that could be, one that cannot."""
    for name in ("pirate-speech", "concise-answers"):
        stage.models.adapters.attach(1, Path(f"/adapters/{name}.gguf"), 0.8)
    stage.models.adapters.put("/adapters/german.gguf", "Bessere deutsche Antworten in förmlicher Sprache, Version 2")
    stage.models.adapters.put("/adapters/qwen-sql.gguf")
    stage.models.adapters.foreign["qwen-sql.gguf"] = (
        "It was made for models of the architecture qwen3; this one is llama."
    )
    _open(stage, 1, "models.adapters")
    _scroll(stage)


def template(stage: Stage) -> None:
    """A changed template."""
    stage.models.put(model(3, name="Phi 4 mini", chat_template=NEW_TEMPLATE))
    stage.models.put_template_before(3, OLD_TEMPLATE)
    _open(stage, 3, "models.template")
    _scroll(stage)


def file(stage: Stage) -> None:
    """Facts, source, an update."""
    _some(stage)
    stage.models.update = UpdateCheck(
        1,
        True,
        "HuggingFaceTB/SmolLM2-135M-GGUF has another version of smollm2.gguf now.",
        ModelSource("x/y", "d", "z"),
    )
    stage.models.change(1, sha256s=("0123456789abcdef" * 4,))
    _open(stage, 1, "models.file", "models.file.update")


def hashing(stage: Stage) -> None:
    """Its hash is being computed."""
    _open(stage, 1, "models.file", "models.file.hash.compute")
    _scroll(stage)


def gpu(stage: Stage) -> None:
    """A GPU that llama.cpp can use, and half of the layers on it."""
    stage.models.machine.gpu = True
    stage.planner.space = with_gpu()
    stage.models.put(
        model(3, name="Llama 3.1 8B", size_bytes=9_900_000_000, parameters=8_030_000_000, n_ctx_train=131_072)
    )
    _open(stage, 3)
    stage.find(QSlider, "models.fit.gpu_layers").setValue(18)
    stage.settle(0.6)


def loading(stage: Stage) -> None:
    """On its way."""
    stage.models.loaded.hold = threading.Event()
    _open(stage, 1, "models.load")


def loaded(stage: Stage) -> None:
    """Ready."""
    stage.models.verdicts.measured[1] = (measured(),)
    _open(stage, 1, "models.load")


def embedding(stage: Stage) -> None:
    """One that only finds passages."""
    _some(stage)
    _open(stage, 8, "models.file")


def notes(stage: Stage) -> None:
    """Something noted."""
    stage.models.set_notes(1, "Good at short answers, bad at sums.\nUse it on the train.")
    _open(stage, 1, "models.notes")
    _scroll(stage)


def found(stage: Stage) -> None:
    """What other programs have."""
    stage.models.places.reports = (
        PlaceReport(
            "Ollama",
            "/home/ada/.ollama/models",
            (
                FoundModel("/a", "llama3.2:1b", "Ollama", 1_320_000_000),
                FoundModel("/b", "qwen3:8b", "Ollama", 5_200_000_000, in_library=True),
                FoundModel("", "mixtral:8x7b", "Ollama", 26_000_000_000, problem="The file is incomplete."),
            ),
        ),
        PlaceReport(
            "LM Studio",
            "/home/ada/.lmstudio/models",
            (
                FoundModel("/c", f"lmstudio-community/{LONG}", "LM Studio", 4_700_000_000),
                FoundModel("/d", "bartowski/mmproj-model", "LM Studio", 600_000_000, kind="projector"),
            ),
            ("The folder /media/ada/Models is not there, although its settings name it. Is its drive connected?",),
        ),
    )
    _open(stage, None, "models.found.show")


def found_nothing(stage: Stage) -> None:
    """Nothing of other programs."""
    _open(stage, None, "models.found.show")


def duplicates(stage: Stage) -> None:
    """Two groups, while more is compared."""
    _some(stage)
    stage.models.duplicates.groups = (
        DuplicateGroup(
            "abc",
            1_280_000_000,
            (
                DuplicateCopy(2, "Qwen3 1.7B Instruct", "/home/ada/Satchel/models/qwen/qwen3-1.7b.gguf", "", True),
                DuplicateCopy(
                    3, "qwen3:1.7b", "/home/ada/.ollama/models/blobs/sha256-3d0b790534fe4b79", "Ollama", False
                ),
            ),
        ),
        DuplicateGroup(
            "def",
            91_700_000,
            (
                DuplicateCopy(1, "SmolLM2 135M Instruct", "/home/ada/Downloads/smollm2.gguf", "", False),
                DuplicateCopy(9, "smollm2", "/home/ada/.lmstudio/models/x/y/smollm2.gguf", "LM Studio", False),
            ),
        ),
    )
    _open(stage, None, "models.duplicates.show")
    stage.models.hashing.show(HashProgress(4, "Llama 3.1 8B", 43, 100))


def trash(stage: Stage) -> None:
    """Two deleted models."""
    _some(stage)
    stage.models.delete(2)
    stage.models.delete(5)
    _open(stage, None, "models.trash.show")


def adapter_dropped(stage: Stage) -> None:
    """An adapter came to the window, and two models are its base."""
    _some(stage)
    for number in (3, 5, 6, 7, 8, 9):
        stage.models.delete(number)
    _open(stage)
    AddModelDialog(stage.parts, Path("/home/ada/Downloads/pirate-lora.gguf"), stage.window).open()
    stage.settle()


def adapter_without_its_model(stage: Stage) -> None:
    """An adapter came to the window, and its model is not here."""
    stage.models.adapters.foreign["poet-lora.gguf"] = "It is for another one."
    _open(stage)
    AddModelDialog(stage.parts, Path("/home/ada/Downloads/poet-lora.gguf"), stage.window).open()
    stage.settle()


def comparing(stage: Stage) -> None:
    """A moved file's content is compared."""
    _some(stage)
    stage.models.moved.hold = threading.Event()
    stage.models.change(6, found_at="/home/ada/Models/mistral-7b-instruct-v0.3.gguf")
    _open(stage, 6)
    stage.find(QPushButton, "models.missing.take").click()
    stage.settle()


STATES: dict[str, Callable[[Stage], None]] = {
    name: made
    for name, made in list(globals().items())
    if callable(made) and getattr(made, "__module__", "") == __name__ and name[0] != "_" and name != "measured"
}


def picture(stage: Stage) -> QPixmap:
    """The window with an open dialog in its middle."""
    whole = stage.window.grab()
    for dialog in stage.window.findChildren(QDialog):
        if dialog.isVisible():
            shown = dialog.grab()
            painter = QPainter(whole)
            painter.fillRect(whole.rect(), QColor(0, 0, 0, 60))
            size = shown.deviceIndependentSize()
            left, top = (stage.window.width() - size.width()) / 2, (stage.window.height() - size.height()) / 2
            painter.drawPixmap(round(left), round(top), shown)
            painter.end()
    return whole


if __name__ == "__main__":
    render(STATES, Path(sys.argv[1]), sys.argv[2:], picture=picture)
