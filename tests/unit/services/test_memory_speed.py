from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.chat.transcript import RunFigures
from app.core.errors import ModelError
from app.core.paths import Home
from app.hardware.bandwidth import ReadSpeed
from app.hardware.machine import Machine
from app.inference.protocol import BufferUse, Loaded, MemoryUse
from app.models.gguf import Header
from app.models.gguf_reader import read_header
from app.models.model import LibraryModel
from app.models.sizing import Layout
from app.models.speed import REACHED, Speeds, token_cost, tokens_per_s
from app.services.events import ModelState, ModelStateChanged
from app.services.memory_speed import MemorySpeed
from app.storage.facts import Facts
from app.storage.schema import open_database
from tests.helpers.fake_libraries import model

MB = 10**6
GB = 10**9
HERE = Machine("Ryzen 3", 2, 2, 2, 16 * GB, 9 * GB)
MEMORY = MemoryUse(weights_bytes=90 * MB, kv_bytes=20 * MB, compute_bytes=MB, output_bytes=0, resident_bytes=200 * MB)


def loaded(memory: MemoryUse = MEMORY, threads: int = 1) -> Loaded:
    return Loaded("m.gguf", "m", "llama", 1000, 8192, 49_152, 10**8, threads, 0, True, memory, 0.1)


def figures(tokens_per_s: float, prompt: int = 450, completion: int = 101) -> RunFigures:
    return RunFigures(prompt, 0, completion, 0.1, 0.1, decode_s=(completion - 1) / tokens_per_s)


class Memory:
    """A machine's memory that is read at 10 GB/s by any number of threads, half as fast by one; counts how often that
    was measured."""

    def __init__(self, bytes_per_s: float = 10e9) -> None:
        self.bytes_per_s = bytes_per_s
        self.asked: list[tuple[list[int], int]] = []

    def __call__(self, counts: Sequence[int], free_bytes: int) -> list[ReadSpeed]:
        self.asked.append((list(counts), free_bytes))
        return [ReadSpeed(count, self.bytes_per_s / (2 if count == 1 else 1)) for count in counts if self.bytes_per_s]


class Others:
    """So busy are others with this machine."""

    def __init__(self, share: float = 0.0) -> None:
        self.busy = share
        self.now = 0.0

    def share(self) -> float:
        return self.busy

    def clock(self) -> float:
        return self.now


@pytest.fixture
def facts(home: Home) -> Facts:
    return Facts(open_database(home))


@pytest.fixture
def chat(chat_model: Path) -> LibraryModel:
    return model(1, str(chat_model))


def speed_of(facts: Facts, memory: Memory, machine: Machine = HERE, others: Others | None = None) -> MemorySpeed:
    others = others or Others()
    return MemorySpeed(facts, lambda: machine, read_header, memory, lambda: others, others.clock)


def fastest(speed: MemorySpeed, machine: Machine = HERE) -> float:
    return max((each.bytes_per_s for each in speed.readers(machine)), default=0.0)


def test_memory_is_measured_once_a_machine_by_the_threads_that_a_load_tries(facts: Facts) -> None:
    memory = Memory(10.04e9)
    first = speed_of(facts, memory).readers(HERE)
    assert first == (ReadSpeed(1, 5e9), ReadSpeed(2, 10e9))
    assert speed_of(facts, memory).readers(HERE) == first
    assert memory.asked == [([1, 2], 9 * GB)]
    eight = replace(HERE, physical_cores=8, usable_cores=8)
    speed_of(facts, memory, eight).readers(eight)
    assert memory.asked[1] == ([4, 6, 8], 9 * GB)
    other = replace(HERE, processor="Core i5")
    assert fastest(speed_of(facts, memory, other), other) == 10e9
    assert len(memory.asked) == 3


def test_what_could_not_be_measured_is_measured_again(facts: Facts) -> None:
    memory = Memory(0.0)
    speed = speed_of(facts, memory)
    assert [speed.readers(HERE) for _ in range(2)] == [(), ()]
    assert len(memory.asked) == 2


def test_what_was_measured_on_a_busy_machine_is_measured_again_until_it_is_idle(facts: Facts) -> None:
    memory, others = Memory(6e9), Others(0.4)
    speed = speed_of(facts, memory, others=others)
    assert fastest(speed) == 6e9
    memory.bytes_per_s = 9e9
    assert fastest(speed) == 6e9, "plans that are asked for one after the other agree"
    others.now = 100
    assert fastest(speed) == 9e9
    memory.bytes_per_s = 4e9
    others.now = 200
    assert fastest(speed) == 9e9, "the best counts"
    memory.bytes_per_s, others.busy = 10e9, 0.0
    others.now = 300
    assert fastest(speed) == 10e9
    others.now, memory.bytes_per_s = 1e6, 20e9
    assert fastest(speed) == 10e9
    assert fastest(speed_of(facts, memory)) == 10e9
    assert len(memory.asked) == 4


def test_what_replies_taught_holds_when_memory_turns_out_faster(facts: Facts, chat: LibraryModel) -> None:
    memory, others = Memory(5e9), Others(0.9)
    speed = speed_of(facts, memory, others=others)
    speed.readers(HERE)
    speed.note(chat, loaded(), figures(20))
    before = 5e9 * speed.ratio(chat.summary.quantization)
    memory.bytes_per_s, others.busy, others.now = 10e9, 0.0, 100
    assert fastest(speed) * speed.ratio(chat.summary.quantization) == pytest.approx(before, rel=0.05)


def test_replies_teach_what_models_reach(facts: Facts, chat: LibraryModel) -> None:
    speed = speed_of(facts, Memory())
    assert speed.ratio("Q4_1") == 1.0
    speed.readers(HERE)
    cost = token_cost(read_header(Path(chat.path)))
    reading = (90 * MB + 0.5005 * 20 * MB) / (REACHED * 5e9)  # 450 tokens of prompt and half of 101 in 1,000
    predicted = 1 / (reading + cost.fixed_s)
    speed.note(chat, loaded(), figures(predicted / 2))
    quantization = chat.summary.quantization
    assert speed.ratio(quantization) == pytest.approx(0.5)
    assert speed.ratio("Q2_K") == pytest.approx(0.5)  # nothing is known of it but the machine
    speed.note(chat, loaded(), figures(predicted))
    assert speed.ratio(quantization) == pytest.approx(0.65)
    assert speed_of(facts, Memory()).ratio(quantization) == pytest.approx(0.65)


def test_a_reply_is_compared_with_what_its_own_threads_read(facts: Facts, chat: LibraryModel) -> None:
    speed = speed_of(facts, Memory())
    cost, layout = token_cost(read_header(Path(chat.path))), Layout.on_host(90 * MB, 20 * MB, MB, 0)
    here = Speeds(speed.readers(HERE))
    for name, threads in (("Q4_0", 1), ("Q4_1", 2)):
        expected = tokens_per_s(layout, cost, here, filled=0.5005, threads=threads)
        assert expected is not None
        reply = replace(chat, summary=replace(chat.summary, quantization=name))
        speed.note(reply, loaded(threads=threads), figures(expected))
        assert speed.ratio(name) == pytest.approx(1.0, abs=0.01)


def test_the_states_that_the_loader_publishes_are_heard(facts: Facts, chat: LibraryModel) -> None:
    speed = speed_of(facts, Memory())
    speed.readers(HERE)
    speed.listen(ModelStateChanged(ModelState("ready", chat, loaded())))
    assert speed.ratio("") == 1.0
    speed.listen(ModelStateChanged(ModelState("ready", chat, loaded(), last_figures=figures(20))))
    assert speed.ratio("") < 1.0


def test_what_says_nothing_of_the_processor_teaches_nothing(facts: Facts, chat: LibraryModel) -> None:
    speed = speed_of(facts, Memory())
    speed.note(chat, loaded(), figures(20))  # before anybody asked: memory is not measured for this
    speed.readers(HERE)
    speed.note(chat, loaded(), figures(20, completion=10))
    on_gpu = MemoryUse(90 * MB, 0, 0, 0, MB, buffers=(BufferUse("CUDA0", "CUDA0", 90 * MB, 0, 0),))
    speed.note(chat, loaded(on_gpu), figures(20))
    assert speed.ratio("") == 1.0


def test_a_file_that_is_gone_teaches_nothing(facts: Facts, chat: LibraryModel) -> None:
    def gone(path: Path) -> Header:
        raise ModelError("It is gone.")

    speed = MemorySpeed(facts, lambda: HERE, gone, Memory())
    speed.readers(HERE)
    speed.note(chat, loaded(), figures(20))
    assert speed.ratio("") == 1.0
