"""Faults injected into the real inference worker: damaged headers, kills at random moments, too little memory.

Seeds are fixed; the moments of the kills are the machine's.
"""

from __future__ import annotations

import contextlib
import random
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from app.chat.transcript import ChatMessage
from app.core.errors import DoesNotFit, ModelError, SatchelError, WorkerDied
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.inference.protocol import LoadSettings, Sampling
from tests.helpers import gguf_files
from tests.helpers.mutants import mutants, passes_our_reader

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SETTINGS = LoadSettings(n_ctx=1024, n_threads=1)
GREEDY = Sampling(temperature=0.0)
QUESTION = [ChatMessage("user", "What is a lighthouse?")]
LONG = [ChatMessage("user", "The boat came in the morning with oil, flour and three letters. " * 50)]
ANSWER_S = 60.0


@pytest.fixture
def client(home: Home) -> Iterator[InferenceClient]:
    client = InferenceClient(home)
    yield client
    client.close()


def goes_on(client: InferenceClient, model: Path) -> None:
    """The next model loads and answers."""
    client.load(model, SETTINGS)
    assert client.generate(QUESTION, GREEDY, 2).result(ANSWER_S).text


def test_500_damaged_headers_never_hang_and_each_gets_an_answer(
    client: InferenceClient, chat_model: Path, tmp_path: Path
) -> None:
    seen = died = loaded = 0
    settings = LoadSettings(n_ctx=256, n_threads=1)

    def load_and_ask(path: Path, settings: LoadSettings) -> None:
        client.load(path, settings)
        client.generate(QUESTION, GREEDY, 2).result()

    with ThreadPoolExecutor(1) as pool:
        for name, path in mutants(tmp_path, chat_model, 5_000):
            if not passes_our_reader(path):
                continue
            seen += 1
            work = client.probe if seen % 2 else load_and_ask
            try:
                pool.submit(work, path, settings).result(ANSWER_S)
                loaded += 1
            except WorkerDied as error:
                died += 1
                assert error.what and error.why and error.next_step, name
            except ModelError as error:
                assert error.what and error.why and error.next_step, name
            if seen == 500:
                break
    assert seen == 500
    assert loaded > 50, "not all damage does harm"
    assert died < 100, f"{died} of 250 loads ended the worker"
    goes_on(client, chat_model)


@pytest.mark.parametrize("moment", ["load", "prompt", "decode"])
def test_kills_at_random_moments(client: InferenceClient, chat_model: Path, moment: str) -> None:
    rng = random.Random(moment)
    ended = 0
    for _ in range(14):
        if moment == "load":
            client.describe_backend()
        else:
            client.load(chat_model, SETTINGS)
        pid = client.pid
        assert pid is not None
        killer = threading.Timer(rng.uniform(0.0, 0.3), _kill, [pid])
        killer.start()
        try:
            match moment:
                case "load":
                    client.load(chat_model, LoadSettings(n_ctx=1024))
                case "prompt":
                    client.generate([ChatMessage("user", f"{rng.random()} {LONG[0].content}")]).result(ANSWER_S)
                case "decode":
                    client.generate(QUESTION, GREEDY, 400).result(ANSWER_S)
        except WorkerDied as error:
            ended += 1
            assert "SIGKILL" in error.why
        killer.join()
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
        goes_on(client, chat_model)
        assert client.pid != pid
        assert client.crashes_in_a_row == 0
    assert ended >= 5, "some came in time"


def _kill(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).send_signal(signal.SIGKILL)


def test_a_model_larger_than_memory_is_refused_before_llama_cpp(
    client: InferenceClient, chat_model: Path, tmp_path: Path
) -> None:
    path = gguf_files.llama(
        tmp_path / "huge.gguf", n_layers=126, n_embd=16_384, n_ff=53_248, n_heads=128, n_heads_kv=8, n_vocab=128_256
    )
    with pytest.raises(DoesNotFit, match=r"Its weights take \d+\.\d GB") as caught:
        client.load(path, SETTINGS)
    assert caught.value.next_step
    goes_on(client, chat_model)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process can be set on Linux only")
@pytest.mark.parametrize("what", ["weights", "cache"])
def test_memory_that_ends_during_a_load_is_said_in_words(
    client: InferenceClient, chat_model: Path, tmp_path: Path, what: str
) -> None:
    client.load(chat_model, SETTINGS)
    assert client.pid is not None
    worker = psutil.Process(client.pid)
    room = worker.memory_info().vms + 500 * 10**6
    worker.rlimit(psutil.RLIMIT_AS, (room, room))
    with pytest.raises(SatchelError) as caught:
        if what == "weights":
            shape = gguf_files.llama(
                tmp_path / "2gb.gguf", n_layers=8, n_embd=4096, n_ff=16_384, n_heads=32, n_heads_kv=32
            )
            client.load(shape, SETTINGS)
        else:
            client.load(chat_model, LoadSettings(n_ctx=8192 * 8, n_threads=1))
            client.load(
                gguf_files.llama(tmp_path / "long.gguf", n_layers=64, n_embd=2048, n_heads=16, n_heads_kv=16),
                LoadSettings(n_ctx=131_072, n_threads=1),
            )
    assert caught.value.what and caught.value.why and caught.value.next_step
    assert isinstance(caught.value, DoesNotFit | WorkerDied), caught.value
    goes_on(client, chat_model)
