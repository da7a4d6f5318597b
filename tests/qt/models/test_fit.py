"""The context slider moves the memory bar at once, and the library's verdict follows."""

from __future__ import annotations

from types import SimpleNamespace

from pytestqt.qtbot import QtBot

from app.core.errors import ModelError
from app.core.sizes import size_text
from app.inference.protocol import LoadSettings
from app.models.model import Verdict
from app.ui.models.fit import FitPanel, context_steps
from app.ui.models.memory_bar import MemoryBar, Part
from app.ui.theme import Theme
from tests.helpers.fake_libraries import model


def _panel(qtbot: QtBot, world: SimpleNamespace) -> FitPanel:
    panel = FitPanel(world.parts.theme, world.bridge, "fit")
    qtbot.addWidget(panel)
    panel.resize(340, 300)
    panel.show()
    world.models.put(model(1, n_ctx_train=32768))
    return panel


def test_steps_end_at_what_the_model_was_trained_for() -> None:
    assert context_steps(8192) == [512, 1024, 2048, 4096, 8192]
    assert context_steps(5000) == [512, 1024, 2048, 4096, 5000]
    assert context_steps(0) == [512]


def test_the_bar_follows_the_slider_before_the_verdict_comes(qtbot: QtBot, world: SimpleNamespace) -> None:
    panel = _panel(qtbot, world)
    panel.watch(lambda n, kv: world.models.verdicts.of(1, n, kv), 32768, LoadSettings())
    qtbot.waitUntil(lambda: panel.verdict is not None, timeout=5000)
    assert panel.n_ctx == 4096
    before = panel.bar.total_bytes
    panel.slider.setValue(panel.slider.maximum())
    assert panel.n_ctx == 32768
    at_once = panel.bar.total_bytes
    assert at_once > before
    with qtbot.waitSignal(panel.changed, timeout=5000) as came:
        pass
    verdict: Verdict = came.args[0]
    assert verdict.n_ctx == 32768
    assert panel.bar.total_bytes == verdict.total_bytes == at_once  # the cache grows in proportion


def test_the_sentence_beside_a_moved_bar_says_what_the_bar_shows(qtbot: QtBot, world: SimpleNamespace) -> None:
    panel = _panel(qtbot, world)
    panel.watch(lambda n, kv: world.models.verdicts.of(1, n, kv), 32768, LoadSettings())
    qtbot.waitUntil(lambda: panel.verdict is not None, timeout=5000)
    for move in (lambda: panel.slider.setValue(0), lambda: panel.kv.setCurrentIndex(panel.kv.findData("q4_0"))):
        before = panel.bar.total_bytes
        with qtbot.waitSignal(panel.changed, timeout=5000):
            move()
            assert panel.bar.total_bytes < before
            assert size_text(panel.bar.total_bytes) in panel.sentence.text()
        assert panel.sentence.text().startswith("Fits")


def test_a_smaller_cache_takes_less(qtbot: QtBot, world: SimpleNamespace) -> None:
    panel = _panel(qtbot, world)
    panel.watch(lambda n, kv: world.models.verdicts.of(1, n, kv), 32768, LoadSettings())
    qtbot.waitUntil(lambda: panel.verdict is not None, timeout=5000)
    before = panel.bar.total_bytes
    with qtbot.waitSignal(panel.changed, timeout=5000):
        panel.kv.setCurrentIndex(panel.kv.findData("q4_0"))
    assert panel.bar.total_bytes < before
    assert panel.settings() == LoadSettings(n_ctx=4096, kv_type="q4_0")


def test_an_unreadable_model_says_why(qtbot: QtBot, world: SimpleNamespace) -> None:
    panel = _panel(qtbot, world)

    def fail(n_ctx: int, kv: str) -> Verdict:
        raise ModelError("It cannot be read.", "It is cut short.", "Download it again.")

    panel.watch(fail, 4096, LoadSettings())
    qtbot.waitUntil(lambda: "cut short" in panel.sentence.text(), timeout=5000)


def test_the_legend_wraps_in_a_narrow_place(qtbot: QtBot, theme: Theme) -> None:
    bar = MemoryBar(theme, "bar")
    qtbot.addWidget(bar)
    bar.show_parts((Part("Weights", 10**9), Part("KV cache", 10**8), Part("Buffers", 10**7)), 10**10, "Left free")
    assert bar.heightForWidth(180) > bar.heightForWidth(900)
    assert bar.accessibleName().startswith("Weights 1.0 GB, KV cache 100 MB")
    bar.show_parts((Part("Weights", 2 * 10**10),), 10**10, "Left free")
    assert "Left free" not in bar.accessibleName()
