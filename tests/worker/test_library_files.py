"""The library's files with the real worker: split models, blobs of other programs, presets, adapters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chat.transcript import ChatMessage
from app.core.errors import ModelError
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.inference.protocol import LoadSettings, Sampling
from app.models.preset import NO_PRESET, Preset
from app.models.source import ModelSource
from app.services.events import Event, LibraryChanged, ModelStateChanged
from app.services.model_library import ModelLibrary
from app.storage.facts import Facts
from app.storage.library import LibraryRecords
from app.storage.schema import open_database
from app.storage.settings import SettingsFile
from tests.helpers import gguf_files, places
from tests.helpers.lora import write_lora
from tests.helpers.places import Ollama, hub_snapshot

QUESTION = [ChatMessage("user", "Name three colours of the rainbow.")]
GREEDY = Sampling(temperature=0.0)


class Bench:
    """A library whose other programs' folders lie below ``root``."""

    def __init__(self, home: Home, root: Path) -> None:
        self.home = home
        self.folders = places.folders(root)
        self.events: list[Event] = []
        self.database = open_database(home)
        self.inference = InferenceClient(home)
        self.library = ModelLibrary(
            LibraryRecords(self.database),
            self.inference,
            Facts(self.database),
            SettingsFile(home.settings_file),
            home,
            self.events.append,
            folders=lambda: self.folders,
        )

    def say(self) -> str:
        return self.inference.generate(QUESTION, GREEDY, 12).result().text


@pytest.fixture
def bench(home: Home, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(home, tmp_path)
    yield made
    made.library.close()
    made.database.close()


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return gguf_files.llama(tmp_path / "whole.gguf", spells=True, n_embd=128, n_ff=256)


def test_a_split_model_is_added_by_any_part_sized_and_loaded(bench: Bench, whole: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    parts = gguf_files.split(whole, tmp_path / "parts", 3, "tiny")
    model = bench.library.add(parts[1])
    assert model.path == str(parts[0])
    assert bench.library.add(parts[2]) == model
    assert [entry.id for entry in bench.library.models()] == [model.id]
    one = bench.library.verdicts.of(whole, 512, measure=True)
    split = bench.library.verdicts.of(model.id, 512, measure=True)
    assert split.measured_by_llama
    assert (split.weights_bytes, split.kv_bytes, split.compute_bytes) == (
        one.weights_bytes,
        one.kv_bytes,
        one.compute_bytes,
    )
    assert bench.library.loaded.load(model.id, LoadSettings(n_ctx=512)).n_params == model.summary.parameters
    parts[2].unlink()
    with pytest.raises(ModelError) as caught:
        bench.library.loaded.load(model.id)
    assert "tiny-00003-of-00003.gguf is missing" in caught.value.why


def test_a_split_model_is_copied_whole_and_deleted_whole(bench: Bench, whole: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    parts = gguf_files.split(whole, tmp_path / "parts", 2, "tiny")
    first = bench.library.add(parts[0], copy=True)
    assert [Path(part).name for part in first.parts] == [part.name for part in parts]
    assert [Path(part).read_bytes() for part in first.parts] == [part.read_bytes() for part in parts]
    assert not first.in_place
    assert bench.library.loaded.load(first.id, LoadSettings(n_ctx=512)).n_ctx == 512
    bench.library.delete(first.id)
    assert bench.library.loaded.state.phase == "none", "a loaded one is unloaded first"
    assert list(bench.home.models.iterdir()) == []
    assert bench.library.undelete(first.id).present


def test_a_split_model_of_the_hub_cache_is_loaded_through_its_links(bench: Bench, whole: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    parts = gguf_files.split(whole, tmp_path / "parts", 2, "tiny")
    cache = bench.folders.home / ".cache/huggingface/hub"
    hub_snapshot(cache, "ada/tiny", "a" * 40, {part.name: part.read_bytes() for part in parts})
    with places.untouched(bench.folders.home):
        (report,) = bench.library.places.find()
        (model,) = bench.library.places.add(report.found).models
        assert bench.library.verdicts.of(model.id, 512, measure=True).measured_by_llama
        assert bench.library.loaded.load(model.id, LoadSettings(n_ctx=512)).n_ctx == 512


def test_an_ollama_blob_is_sized_loaded_and_asked_although_it_has_no_ending(bench: Bench, chat_model: Path) -> None:
    blob = Ollama(bench.folders.home / ".ollama/models").tag("smollm2:135m", chat_model.read_bytes())
    with places.untouched(bench.folders.home):
        (report,) = bench.library.places.find()
        (model,) = bench.library.places.add(report.found).models
        assert model.title == "smollm2:135m"
        assert bench.library.verdicts.of(model.id, 512, measure=True).measured_by_llama
        loaded = bench.library.loaded.load(model.id, LoadSettings(n_ctx=512))
        assert loaded.path == str(blob)
        assert bench.say()
        bench.library.delete(model.id)
        bench.library.trash.empty()


def test_a_file_that_comes_back_is_told(bench: Bench, whole: Path) -> None:
    model = bench.library.add(whole)
    data = whole.read_bytes()
    whole.unlink()
    assert not bench.library.models()[0].present
    whole.write_bytes(data)
    bench.events.clear()
    assert bench.library.add(whole).id == model.id
    assert LibraryChanged() in bench.events


def test_a_download_is_satchels_own_and_a_newer_one_takes_its_place(bench: Bench) -> None:
    folder = bench.home.models / "ada" / "tiny"
    folder.mkdir(parents=True)
    path = gguf_files.llama(folder / "tiny.gguf", spells=True, n_embd=128)
    source = ModelSource("ada/tiny", "old", "tiny.gguf")
    model = bench.library.add(path, source=source, sha256s=("AB" * 32,), found_name="Tiny 1B")
    assert (model.in_place, model.source, model.sha256) == (False, source, "ab" * 32)
    assert model.title == "Tiny 1B", "as in the search and among the downloads"
    bench.library.set_notes(model.id, "Good.")
    gguf_files.llama(path, spells=True, n_embd=128, n_layers=3, tokenizer__chat_template="{{ other }}")
    newer = ModelSource("ada/tiny", "new", "tiny.gguf")
    again = bench.library.add(path, source=newer, sha256s=("CD" * 32,))
    assert (again.id, again.notes, again.source, again.sha256) == (model.id, "Good.", newer, "cd" * 32)
    assert again.summary.n_layers == 3
    assert again.template_changed
    bench.library.delete(again.id)
    assert not path.exists()
    assert list(bench.home.models.iterdir()) == []


def test_a_preset_decides_how_a_model_is_loaded(bench: Bench, whole: Path) -> None:
    model = bench.library.add(whole)
    assert bench.library.loaded.choices() == NO_PRESET
    bench.library.presets.set(model.id, Preset(n_ctx=768, kv_type="q8_0", temperature=0.1))
    assert bench.library.verdicts.of(model.id).n_ctx == 768
    assert bench.library.loaded.load(model.id).n_ctx == 768
    assert bench.library.loaded.choices() == Preset(n_ctx=768, kv_type="q8_0", temperature=0.1)
    bench.library.presets.set(model.id, Preset(temperature=0.3))
    assert bench.library.loaded.choices() == Preset(temperature=0.3), "sampling follows at once"
    assert bench.library.loaded.load(model.id, LoadSettings(n_ctx=512)).n_ctx == 512, "what is asked for holds over it"


def test_the_loaded_model_follows_its_adapters(bench: Bench, chat_model: Path, tmp_path: Path) -> None:
    tensors = tuple(f"blk.{layer}.ffn_down.weight" for layer in range(30))
    lora = write_lora(tmp_path / "lora.gguf", chat_model, tensors, strength=0.3)
    model = bench.library.add(chat_model)
    bench.library.loaded.load(model.id, LoadSettings(n_ctx=512))
    plain = bench.say()
    adapter = bench.library.adapters.attach(model.id, lora)
    changed = bench.say()
    assert changed != plain
    states = [event.state for event in bench.events if isinstance(event, ModelStateChanged)]
    assert [attached.adapter for attached in states[-1].model.adapters] == [adapter]  # type: ignore[union-attr]
    bench.library.adapters.set_scale(model.id, adapter.id, 0.0)
    assert bench.say() == plain
    bench.library.adapters.set_scale(model.id, adapter.id, 1.0)
    bench.library.loaded.load(model.id, LoadSettings(n_ctx=512))
    assert bench.say() == changed, "a load takes them along"
    bench.library.adapters.detach(model.id, adapter.id)
    assert bench.say() == plain
    with pytest.raises(ModelError, match="which changes another model"):
        bench.library.add(lora)
