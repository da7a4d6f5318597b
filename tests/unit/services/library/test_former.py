"""Another model in the place of one that the person knew."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.models.former import FormerModel
from app.models.preset import NO_PRESET, Preset
from app.models.source import ModelSource
from tests.helpers import gguf_files
from tests.helpers.library import Bench
from tests.helpers.lora import write_lora

KNOWN = Preset(temperature=0.3)


@pytest.fixture
def path(bench: Bench, tmp_path: Path) -> Path:
    """Of a model of which everything is kept that can be, and that is another one now."""
    path = gguf_files.llama(tmp_path / "m.gguf", general__name="Old-one")
    model = bench.add(path, ModelSource("author/Old-GGUF", file="m.gguf"))
    bench.library.rename(model.id, "Mine")
    bench.library.set_notes(model.id, "Good at letters.")
    bench.library.presets.set(model.id, KNOWN)
    bench.library.adapters.attach(model.id, write_lora(tmp_path / "lora.gguf", path))
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    assert bench.only().hashed
    gguf_files.llama(path, n_layers=3, general__name="New-one")
    return path


def test_it_is_said_until_it_is_decided(bench: Bench, path: Path) -> None:
    for _ in range(2):
        model = bench.only()
        assert model.former is not None, "also when the header is not read again"
        assert (model.former.name, model.summary.name) == ("Old-one", "New-one")
    gguf_files.llama(path, n_layers=4, general__name="Newest")
    former = bench.only().former
    assert former is not None
    assert former.name == "Old-one", "what is kept was made for the first one"


def test_what_was_kept_may_stay(bench: Bench, path: Path) -> None:
    model = bench.only()
    bench.library.keep_for_another(model.id)
    now = bench.only()
    assert (now.former, now.title, now.notes, len(now.adapters)) == (None, "Mine", "Good at letters.", 1)
    assert bench.library.presets.of(model.id) == KNOWN


def test_or_the_new_model_starts_afresh(bench: Bench, path: Path) -> None:
    model = bench.only()
    bench.library.start_afresh(model.id)
    now = bench.only()
    assert (now.id, now.former, now.title, now.notes, now.adapters) == (model.id, None, "New one", "", ())
    assert (now.source, now.template_changed, bench.library.presets.of(model.id)) == (None, False, NO_PRESET)
    assert len(bench.library.adapters.all()) == 1, "the adapter itself stays in the library"


def test_the_one_that_was_there_may_come_back(bench: Bench, path: Path) -> None:
    assert bench.only().former is not None
    gguf_files.llama(path, general__name="Old-one")
    assert bench.only().former is None


def test_the_same_model_in_another_quantization_or_with_another_template_is_no_other(
    bench: Bench, tmp_path: Path
) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf", kind="Q8_0")
    bench.add(path)
    gguf_files.llama(path, kind="Q4_0", tokenizer__chat_template="{{ messages }}")
    now = bench.only()
    assert (now.former, now.template_changed) == (None, True)


def test_the_hash_of_the_former_is_never_shown_for_the_new_one(bench: Bench, path: Path) -> None:
    assert bench.only().sha256 == ""
    path.unlink()
    gone = bench.only()
    assert (gone.present, gone.summary.name, gone.sha256) == (False, "New-one", "")


def test_what_tells_models_apart() -> None:
    one = FormerModel("A", "llama", 1000)
    assert one == FormerModel("A", "llama", 1000)
    assert (
        len({one, FormerModel("B", "llama", 1000), FormerModel("A", "qwen3", 1000), FormerModel("A", "llama", 2)}) == 4
    )
