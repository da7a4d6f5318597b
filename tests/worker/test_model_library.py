"""The model library with the real inference worker and real files."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.chat.transcript import ChatMessage
from app.core.errors import Cancelled, DiskFull, DoesNotFit, ModelError, WorkerDied
from app.core.jobs import CancelToken, Progress
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.inference.protocol import LoadSettings
from app.models.gguf_reader import read_header
from app.models.preset import Preset
from app.services import model_files
from app.services.events import Event, LibraryChanged, ModelState, ModelStateChanged
from app.services.model_library import ModelLibrary
from app.storage.facts import Facts
from app.storage.library import LibraryRecords
from app.storage.schema import open_database
from app.storage.settings import SettingsFile
from tests.helpers import gguf_files
from tests.helpers.lora import write_lora

GIB = 2**30
SMALL = LoadSettings(n_ctx=512)


class Bench:
    """A library with everything below it, closed at the end; ``free`` is what it is told of free memory."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.events: list[Event] = []
        self.free = 16 * GIB
        self.ended = threading.Event()
        self.database = open_database(home)
        self.facts = Facts(self.database)
        self.inference = InferenceClient(home, on_exit=lambda exit_: self._ended(exit_))
        self.library = ModelLibrary(
            LibraryRecords(self.database),
            self.inference,
            self.facts,
            SettingsFile(home.settings_file),
            home,
            self.events.append,
            available_bytes=lambda: self.free,
        )

    def _ended(self, exit_: object) -> None:
        self.library.loaded.worker_ended(exit_)  # type: ignore[arg-type]
        self.ended.set()

    def kill_worker(self) -> None:
        """As the system does when memory runs out; returns when it was noticed."""
        pid = self.inference.pid
        assert pid is not None
        self.ended.clear()
        os.kill(pid, signal.SIGKILL)
        assert self.ended.wait(10)

    def states(self) -> list[ModelState]:
        return [event.state for event in self.events if isinstance(event, ModelStateChanged)]

    def close(self) -> None:
        self.library.close()
        self.database.close()


@pytest.fixture
def make_bench(home: Home) -> Iterator[Callable[[], Bench]]:
    made: list[Bench] = []

    def make() -> Bench:
        made.append(Bench(home))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench: Callable[[], Bench]) -> Bench:
    return make_bench()


# -- what there is ---------------------------------------------------------------------------------------------------


def test_add_in_place_rename_and_remove(bench: Bench, chat_model: Path) -> None:
    library = bench.library
    model = library.add(chat_model)
    assert model.in_place
    assert model.path == str(chat_model.resolve())
    assert model.title == "SmolLM2 135M Instruct"
    assert library.models() == [model]
    library.rename(model.id, "  My\nmodel ")
    assert library.models()[0].title == "My model"
    library.rename(model.id, "")
    assert library.models()[0].title == "SmolLM2 135M Instruct"
    library.delete(model.id)
    assert library.models() == []
    assert chat_model.is_file()
    assert bench.events.count(LibraryChanged()) == 4
    with pytest.raises(ModelError, match="not in the library any more"):
        library.rename(model.id, "x")


def test_the_same_file_by_another_way_is_the_same_model(bench: Bench, chat_model: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.gguf"
    link.symlink_to(chat_model)
    assert bench.library.add(chat_model) == bench.library.add(link)
    assert len(bench.library.models()) == 1


def test_a_copy_is_satchels_own_and_goes_with_the_model(bench: Bench, tmp_path: Path) -> None:
    source = gguf_files.llama(tmp_path / "tiny.gguf")
    seen: list[Progress] = []
    model = bench.library.add(source, copy=True, on_progress=seen.append)
    copy = Path(model.path)
    assert copy.parent == bench.home.models
    assert copy.read_bytes() == source.read_bytes()
    assert seen[-1].fraction == 1.0
    assert bench.library.add(source, copy=True) == model, "a second copy of the same file is not made"
    bench.library.delete(model.id)
    assert not copy.exists()
    assert source.is_file()


def test_copies_of_different_files_with_one_name_do_not_collide(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = bench.library.add(gguf_files.llama(tmp_path / "a" / "m.gguf"), copy=True)
    second = bench.library.add(gguf_files.llama(tmp_path / "b" / "m.gguf", n_layers=3), copy=True)
    assert {Path(first.path).name, Path(second.path).name} == {"m.gguf", "m-2.gguf"}
    assert second.summary.n_layers == 3


def test_a_cancelled_copy_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    source = gguf_files.llama(tmp_path / "tiny.gguf")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        bench.library.add(source, copy=True, cancel=token)
    assert list(bench.home.models.iterdir()) == []
    assert bench.library.models() == []


def test_a_copy_that_the_disk_cannot_take_is_refused_before(tmp_path: Path) -> None:
    source = tmp_path / "larger-than-any-disk.gguf"
    with source.open("wb") as file:
        file.truncate(4096 * 10**9)
    with pytest.raises(DiskFull) as caught:
        model_files.copy_model(source, tmp_path / "models", lambda progress: None, CancelToken())
    assert "4096.0 GB" in caught.value.why
    assert list((tmp_path / "models").iterdir()) == []


def test_a_file_that_vanished_is_shown_as_absent(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    model = bench.library.add(path)
    path.unlink()
    assert [found.present for found in bench.library.models()] == [False]
    with pytest.raises(ModelError, match="Its file is not there"):
        bench.library.loaded.load(model.id)


def test_a_file_that_changed_is_read_again(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    bench.library.add(path)
    gguf_files.llama(path, n_layers=5)
    assert bench.library.models()[0].summary.n_layers == 5


def test_a_file_of_the_same_length_is_read_again_too(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf", n_layers=2)
    bench.library.add(path)
    before = bench.library.verdicts.of(path, 4096, measure=True)
    length = path.stat().st_size
    gguf_files.llama(path, n_layers=2, llama__context_length=1024)
    assert path.stat().st_size == length
    assert bench.library.models()[0].summary.n_ctx_train == 1024
    after = bench.library.verdicts.of(path, 4096, measure=True)
    assert (before.n_ctx, after.n_ctx) == (4096, 1024)
    assert after.kv_bytes < before.kv_bytes


def test_a_file_that_was_replaced_by_something_else_is_refused_in_words(
    bench: Bench, chat_model: Path, tmp_path: Path
) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    model = bench.library.add(path)
    path.write_text("<html>Log in</html>")
    assert [found.title for found in bench.library.models()] == ["Test Llama"], "the list still shows what it was"
    with pytest.raises(ModelError, match=r"m\.gguf is not a GGUF model.*web page"):
        bench.library.loaded.load(model.id, SMALL)
    assert not bench.library.models()[0].present
    assert bench.library.loaded.load(bench.library.add(chat_model).id, SMALL).n_ctx == 512


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", "web page"),
        (b"GGUF\x03\0\0\0" + b"\xff" * 16, "18,446,744,073,709,551,615 tensors"),
        (b"", "empty"),
    ],
)
def test_what_is_no_model_is_not_added(content: bytes, words: str, bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        bench.library.add(path)
    assert words in caught.value.why
    assert bench.library.models() == []


def test_a_truncated_download_is_not_added(bench: Bench, chat_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    with chat_model.open("rb") as file:
        path.write_bytes(file.read(20_000_000))
    with pytest.raises(ModelError) as caught:
        bench.library.add(path)
    assert caught.value.why == f"20,000,000 of {chat_model.stat().st_size:,} bytes are there."


def test_a_header_that_llama_cpp_does_not_take_is_not_added(bench: Bench, tmp_path: Path) -> None:
    """Well-formed by itself, but of an architecture that nobody has heard of."""
    path = gguf_files.llama(tmp_path / "odd.gguf", general__architecture="frobnicate", frobnicate__block_count=2)
    with pytest.raises(ModelError) as caught:
        bench.library.add(path)
    assert "frobnicate" in caught.value.why
    assert bench.inference.pid is None, "it was looked at in a process of its own"


def test_starters_are_registered_once(
    make_bench: Callable[[], Bench], chat_model: Path, embedding_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SATCHEL_MODELS", str(chat_model.parent))
    bench = make_bench()
    bench.library.register_starters()
    names = {model.title: model for model in bench.library.models()}
    assert set(names) == {"SmolLM2 135M Instruct", "all MiniLM L6 v2"}
    assert bench.library.embedding_model() == embedding_model.resolve()
    bench.library.delete(names["SmolLM2 135M Instruct"].id)
    bench.library.register_starters()
    assert [model.title for model in bench.library.models()] == ["all MiniLM L6 v2"]


# -- whether it fits -------------------------------------------------------------------------------------------------


def test_the_verdict_is_what_llama_cpp_then_takes(bench: Bench, chat_model: Path) -> None:
    summary, verdict = bench.library.verdicts.inspect(chat_model)
    assert summary.kind == "chat"
    assert verdict.measured_by_llama
    loaded = bench.library.loaded.load(bench.library.add(chat_model).id)
    memory = loaded.memory
    assert verdict.n_ctx == loaded.n_ctx
    # llama.cpp logs MiB with two digits.
    assert verdict.weights_bytes == pytest.approx(memory.weights_bytes, rel=0.01)
    assert verdict.kv_bytes == pytest.approx(memory.kv_bytes, rel=0.01)
    assert verdict.compute_bytes == pytest.approx(memory.compute_bytes, rel=0.01)
    assert verdict.total_bytes == pytest.approx(memory.resident_bytes, rel=0.15)


def test_estimate_and_layout_agree(bench: Bench, chat_model: Path) -> None:
    bench.free = 100 * GIB
    estimated = bench.library.verdicts.of(chat_model, 2048, "q8_0")
    bench.free = 300_000_000  # close to the limit: now llama.cpp is asked
    measured = bench.library.verdicts.of(chat_model, 2048, "q8_0")
    assert not estimated.measured_by_llama
    assert measured.measured_by_llama
    assert estimated.weights_bytes == measured.weights_bytes
    assert estimated.kv_bytes == pytest.approx(measured.kv_bytes, rel=0.001)
    assert estimated.compute_bytes == pytest.approx(measured.compute_bytes, rel=0.1)
    assert estimated.total_bytes == pytest.approx(measured.total_bytes, rel=0.15)


def test_a_verdict_is_for_the_settings_with_which_it_would_be_loaded(bench: Bench, chat_model: Path) -> None:
    library = bench.library
    model = library.add(chat_model)
    general = library.verdicts.of(model.id)
    library.presets.set(model.id, Preset(n_ctx=1024, kv_type="q4_0"))
    own = library.verdicts.of(model.id)
    assert (general.n_ctx, own.n_ctx) == (4096, 1024)
    assert own == library.verdicts.of(model.id, 1024, "q4_0")
    assert own.kv_bytes < library.verdicts.of(model.id, 1024, "f16").kv_bytes
    assert library.verdicts.lesson(model.id, [1024]).context[0].kv_bytes == own.kv_bytes


def test_a_model_that_is_far_too_large_is_not_loaded(bench: Bench, tmp_path: Path) -> None:
    """A 405B shape at full length, sparse on the disk."""
    path = gguf_files.llama(
        tmp_path / "huge.gguf", n_layers=126, n_embd=16_384, n_ff=53_248, n_heads=128, n_heads_kv=8, n_vocab=128_256
    )
    _, verdict = bench.library.verdicts.inspect(path)
    assert verdict.fit == "does_not_fit"
    assert verdict.measured_by_llama
    model = bench.library.add(path)
    with pytest.raises(DoesNotFit) as caught:
        bench.library.loaded.load(model.id)
    assert "choose a smaller model or quantization" in caught.value.why
    assert bench.inference.pid is None, "no worker was started for it"
    assert bench.library.loaded.state.phase == "failed"
    assert "Does not fit" in bench.library.loaded.state.problem


def test_a_refused_load_leaves_the_loaded_model_alone(bench: Bench, chat_model: Path) -> None:
    model = bench.library.add(chat_model)
    loaded = bench.library.loaded.load(model.id, SMALL)
    bench.free = 70_000_000
    with pytest.raises(DoesNotFit) as caught:
        bench.library.loaded.load(model.id, LoadSettings(n_ctx=8192))
    assert "With a context of" in caught.value.why
    assert bench.library.loaded.state.phase == "ready"
    assert bench.library.loaded.ensure() == loaded
    forced = bench.library.loaded.load(model.id, LoadSettings(n_ctx=1024), force=True)
    assert forced.n_ctx == 1024


# -- the loaded one --------------------------------------------------------------------------------------------------


def test_a_loaded_model_that_is_renamed_is_called_so_everywhere(bench: Bench, chat_model: Path) -> None:
    model = bench.library.add(chat_model)
    bench.library.loaded.load(model.id)
    bench.library.rename(model.id, "Mine")
    assert bench.library.loaded.state.phase == "ready"
    assert bench.library.loaded.state.model == bench.library.models()[0]
    told = bench.states()[-1]
    assert told.model.title == "Mine"


def test_load_publishes_each_state_and_keeps_the_threads(make_bench: Callable[[], Bench], chat_model: Path) -> None:
    bench = make_bench()
    model = bench.library.add(chat_model)
    loaded = bench.library.loaded.load(model.id, SMALL)
    phases = [state.phase for state in bench.states()]
    assert phases == ["loading"] * (len(phases) - 1) + ["ready"]
    assert {"size", "weights", "threads"} <= {state.step for state in bench.states()}
    state = bench.library.loaded.state
    assert (state.phase, state.model, state.loaded) == ("ready", model, loaded)
    # As measured on an idle machine, whatever this one does now.
    idle = """UPDATE facts SET value = replace(value, '"provisional": 1', '"provisional": 0')"""
    bench.database.execute(idle)
    bench.close()

    again = make_bench()
    assert again.library.loaded.ensure().n_threads == loaded.n_threads
    assert "threads" not in {state.step for state in again.states()}, "they were measured before"
    again.library.loaded.unload()
    assert again.library.loaded.state == ModelState()
    assert again.inference.loaded is None


def test_a_question_takes_the_last_model(make_bench: Callable[[], Bench], chat_model: Path, tmp_path: Path) -> None:
    bench = make_bench()
    with pytest.raises(ModelError, match="There is no chat model yet"):
        bench.library.loaded.ensure()
    other = tmp_path / "other.gguf"
    other.symlink_to(chat_model)
    hard = tmp_path / "hard.gguf"
    hard.write_bytes(chat_model.read_bytes())
    bench.library.add(chat_model)
    last = bench.library.add(hard)
    bench.library.loaded.load(last.id, SMALL)
    bench.close()
    again = make_bench()
    assert again.library.loaded.ensure().path == str(hard)


def test_an_embedding_model_is_not_loaded_for_chat(bench: Bench, embedding_model: Path) -> None:
    model = bench.library.add(embedding_model)
    with pytest.raises(ModelError, match="finds passages and cannot talk"):
        bench.library.loaded.load(model.id)
    with pytest.raises(ModelError, match="There is no chat model yet"):
        bench.library.loaded.ensure()


def test_removing_the_loaded_model_unloads_it(bench: Bench, chat_model: Path) -> None:
    model = bench.library.add(chat_model)
    bench.library.loaded.load(model.id, SMALL)
    bench.library.delete(model.id)
    assert bench.library.loaded.state.phase == "none"
    assert bench.inference.loaded is None


def test_a_killed_worker_is_told_at_once_and_loaded_again(bench: Bench, chat_model: Path) -> None:
    bench.library.loaded.load(bench.library.add(chat_model).id, SMALL)
    bench.kill_worker()
    assert bench.states()[-1].phase == "failed"
    assert bench.states()[-1].problem.startswith("The model's process ended unexpectedly.")
    assert bench.states()[-1].crashed
    assert bench.library.loaded.ensure().n_ctx > 0
    assert bench.library.loaded.state.phase == "ready"


def test_after_two_crashes_in_a_row_only_the_person_loads(make_bench: Callable[[], Bench], chat_model: Path) -> None:
    bench = make_bench()
    model = bench.library.add(chat_model)
    bench.library.loaded.load(model.id, SMALL)
    bench.kill_worker()
    bench.library.loaded.ensure()
    bench.kill_worker()
    with pytest.raises(ModelError) as caught:
        bench.library.loaded.ensure()
    assert "crashed 2 times in a row" in caught.value.why
    bench.close()

    again = make_bench()  # the next start knows, too
    with pytest.raises(ModelError, match="crashed 2 times"):
        again.library.loaded.ensure()
    again.library.loaded.load(model.id, SMALL)
    again.kill_worker()
    assert again.library.loaded.ensure(), "the load that was asked for counted anew"


def test_a_worker_that_outlives_a_reply_ends_the_row(bench: Bench, chat_model: Path) -> None:
    bench.library.loaded.load(bench.library.add(chat_model).id, SMALL)
    for _ in range(3):
        bench.kill_worker()
        bench.library.loaded.ensure()
        bench.inference.generate([ChatMessage("user", "Hi")], max_tokens=1).result()
        bench.library.loaded.ensure()


def test_closing_is_no_crash(make_bench: Callable[[], Bench], chat_model: Path) -> None:
    bench = make_bench()
    bench.library.loaded.load(bench.library.add(chat_model).id, SMALL)
    bench.inference.close()
    assert bench.library.loaded.state.phase == "none"
    assert bench.facts.get("inference.crashes") is None


def test_what_a_question_would_load_is_loaded_in_advance(bench: Bench, chat_model: Path) -> None:
    assert bench.library.loaded.next() is None
    bench.library.loaded.preload()
    assert bench.library.loaded.state.phase == "none"
    model = bench.library.add(chat_model)
    assert bench.library.loaded.next() == model
    bench.library.loaded.preload()
    assert (bench.library.loaded.state.phase, bench.library.loaded.state.model) == ("ready", model)


def test_nothing_is_loaded_in_advance_into_little_memory_or_after_crashes(bench: Bench, chat_model: Path) -> None:
    bench.library.add(chat_model)
    bench.free = 100_000_000
    bench.library.loaded.preload()
    bench.free = 16 * GIB
    bench.facts.set("inference.crashes", "2")
    bench.library.loaded.preload()
    assert bench.library.loaded.next() is None
    assert bench.library.loaded.state.phase == "none"
    assert bench.inference.loaded is None


def test_closing_while_a_model_loads_is_no_crash(bench: Bench, chat_model: Path) -> None:
    bench.library.add(chat_model)
    begun = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, ModelStateChanged) and event.state.step not in ("", "size"):
            begun.set()  # in the worker, and counted as a crash until it ends well

    library = ModelLibrary(
        LibraryRecords(bench.database),
        bench.inference,
        bench.facts,
        SettingsFile(bench.home.settings_file),
        bench.home,
        listen,
    )
    loading = threading.Thread(target=library.loaded.preload)
    loading.start()
    assert begun.wait(30)
    library.close()
    loading.join(30)
    assert not loading.is_alive()
    assert bench.facts.get("inference.crashes") is None


def test_a_worker_that_dies_while_loading_counts(bench: Bench, chat_model: Path) -> None:
    model = bench.library.add(chat_model)

    def kill(event: Event) -> None:
        bench.events.append(event)
        if isinstance(event, ModelStateChanged) and event.state.step == "threads" and bench.inference.pid:
            psutil.Process(bench.inference.pid).kill()

    library = ModelLibrary(
        LibraryRecords(bench.database),
        bench.inference,
        bench.facts,
        SettingsFile(bench.home.settings_file),
        bench.home,
        kill,
    )
    with pytest.raises(WorkerDied) as caught:
        library.loaded.load(model.id, SMALL)
    assert "while it loaded" in caught.value.what
    assert library.loaded.state.phase == "failed"
    assert bench.facts.get("inference.crashes") == "1"


def test_a_broken_chat_template_is_told_and_nothing_else_is_lost(
    bench: Bench, chat_model: Path, tmp_path: Path
) -> None:
    content = chat_model.read_bytes()
    template = b"{% for message in messages %}"
    assert content.count(template) == 1
    path = tmp_path / "broken.gguf"
    path.write_bytes(content.replace(template, b"{% fro message in messages %}"))
    broken = bench.library.add(path)
    with pytest.raises(ModelError) as caught:
        bench.library.loaded.load(broken.id, SMALL)
        bench.inference.generate([ChatMessage("user", "Hi")], max_tokens=1).result()
    assert "template" in str(caught.value)
    bench.library.loaded.load(bench.library.add(chat_model).id, SMALL)
    assert bench.library.loaded.state.phase == "ready"


def test_the_machine_in_words(bench: Bench) -> None:
    words = bench.library.machine.words()
    assert any("memory" in sentence for sentence in words)
    assert bench.library.machine.backend() is bench.library.machine.backend()
    assert bench.library.machine.read().memory_total_bytes > 0


# -- adapters --------------------------------------------------------------------------------------------------------


def test_adapters_count_in_verdicts_and_refusals(bench: Bench, chat_model: Path, tmp_path: Path) -> None:
    library, model = bench.library, bench.library.add(chat_model)
    before = library.verdicts.of(model.id, 512, measure=True)
    matrices = [f"blk.{layer}.{part}.weight" for layer in range(30) for part in ("attn_q", "ffn_up", "ffn_down")]
    lora = write_lora(tmp_path / "lora.gguf", chat_model, matrices, rank=128)
    adapter = library.adapters.attach(model.id, lora)
    more = read_header(lora).weights_bytes
    after = library.verdicts.of(model.id, 512, measure=True)
    assert after.weights_bytes == before.weights_bytes + more
    assert after.measured_by_llama
    assert library.verdicts.of(model.id, 512, measure=False).weights_bytes == after.weights_bytes

    bench.free = before.total_bytes + more // 2
    assert library.verdicts.of(model.id, 512).fit == "does_not_fit"
    with pytest.raises(DoesNotFit, match="Does not fit"):
        library.loaded.load(model.id, SMALL)
    lora.unlink()
    assert library.verdicts.of(model.id, 512).weights_bytes == before.weights_bytes, "what is gone cannot be sized"
    library.adapters.detach(model.id, adapter.id)
    assert library.loaded.load(model.id, SMALL).memory.weights_bytes == before.weights_bytes
