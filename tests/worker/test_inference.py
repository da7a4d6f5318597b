"""The inference worker with the real starter model, through the client that the window uses."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.chat.transcript import ChatMessage
from app.core.child import Exit
from app.core.errors import Cancelled, ModelError, WorkerDied
from app.core.jobs import CancelToken
from app.core.paths import Home
from app.hardware.read import read_machine
from app.inference import threads
from app.inference.client import InferenceClient
from app.inference.protocol import Generated, LoadProgress, LoadSettings, PromptProgress, Sampling, Text
from tests.helpers.burner import busy_machine

GREEDY = Sampling(temperature=0.0)
QUESTION = ChatMessage("user", "Tell me in two sentences what a lighthouse is for.")
LONG = ChatMessage("user", "The boat came in the morning with oil, flour and three letters. " * 170)
TIMEOUT_S = 120.0
SETTINGS = LoadSettings(n_ctx=4096, n_threads=1)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, chat_model: Path) -> Iterator[InferenceClient]:
    """One worker with the chat model loaded, shared by the tests that leave it alive."""
    client = InferenceClient(Home(tmp_path_factory.mktemp("home")).create())
    client.load(chat_model, SETTINGS)
    yield client
    client.close()


@pytest.fixture
def own_client(home: Home) -> Iterator[Callable[..., InferenceClient]]:
    """Makes clients for tests that kill or load; all are closed afterwards."""
    made: list[InferenceClient] = []

    def make(on_exit: Callable[[Exit], None] | None = None) -> InferenceClient:
        made.append(InferenceClient(home, on_exit))
        return made[-1]

    yield make
    for each in made:
        each.close()


def ask(
    client: InferenceClient, *messages: ChatMessage, max_tokens: int = 40, sampling: Sampling = GREEDY
) -> Generated:
    return client.generate(messages, sampling, max_tokens).result(TIMEOUT_S)


def test_what_streams_is_the_final_text(client: InferenceClient) -> None:
    items: list[PromptProgress | Text] = []
    reply = client.generate([QUESTION], GREEDY, 40, items.append).result(TIMEOUT_S)
    texts = [item.text for item in items if isinstance(item, Text)]
    assert "".join(texts) == reply.text != ""
    assert len(texts) > 1
    progress = [item for item in items if isinstance(item, PromptProgress)]
    assert items[: len(progress)] == progress, "the prompt comes before the text"
    assert (progress[0].done, progress[-1].done) == (0, progress[-1].total)


def test_figures_add_up(client: InferenceClient) -> None:
    reply = ask(client, ChatMessage("user", "Name three colours."), max_tokens=12)
    figures = reply.figures
    assert reply.stop_reason in ("end", "length")
    assert 0 < figures.completion_tokens <= 12
    assert 0 <= figures.cached_tokens < figures.prompt_tokens
    assert 0 < figures.prompt_s <= figures.first_token_s
    assert figures.tokens_per_second > 0


def test_greedy_replies_repeat_and_seeds_differ(client: InferenceClient) -> None:
    warm = Sampling(temperature=1.5, top_k=0, top_p=1.0, min_p=0.0, seed=1)
    other = Sampling(temperature=1.5, top_k=0, top_p=1.0, min_p=0.0, seed=2)
    assert ask(client, QUESTION).text == ask(client, QUESTION).text
    assert ask(client, QUESTION, sampling=warm).text == ask(client, QUESTION, sampling=warm).text
    assert ask(client, QUESTION, sampling=warm).text != ask(client, QUESTION, sampling=other).text


def test_the_second_turn_computes_only_what_is_new_and_says_the_same(client: InferenceClient) -> None:
    first = ask(client, QUESTION)
    turns = [QUESTION, ChatMessage("assistant", first.text), ChatMessage("user", "And who keeps it?")]
    warm = ask(client, *turns)
    ask(client, ChatMessage("user", "Something else entirely."), max_tokens=2)  # drives the cache away
    cold = ask(client, *turns)
    assert warm.figures.cached_tokens > first.figures.prompt_tokens
    assert cold.figures.cached_tokens < first.figures.prompt_tokens
    assert warm.text == cold.text


def test_an_edited_question_reuses_what_is_before_it(client: InferenceClient) -> None:
    system = ChatMessage("system", "You are a keeper of a lighthouse who answers briefly and kindly.")
    ask(client, system, ChatMessage("user", "What is fog?"), max_tokens=8)
    edited = ask(client, system, ChatMessage("user", "How far does the light reach?"), max_tokens=8)
    assert edited.figures.cached_tokens >= 10


def test_length_and_context_end_a_reply(client: InferenceClient) -> None:
    assert ask(client, QUESTION, max_tokens=3).stop_reason == "length"
    assert ask(client, QUESTION, max_tokens=3).figures.completion_tokens == 3


def test_counts_are_those_of_the_prompt(client: InferenceClient) -> None:
    system = ChatMessage("system", "Be brief.")
    answer = ChatMessage("assistant", "A tower with a light.\n\n* bright\n* tall")
    for messages in (
        [QUESTION],
        [system, QUESTION],
        [QUESTION, answer, QUESTION],
        [system, QUESTION, answer, QUESTION],
    ):
        counts = client.count_tokens(messages)
        assert sum(counts.counts) + counts.frame == ask(client, *messages, max_tokens=1).figures.prompt_tokens
        assert counts.n_ctx == 4096


def test_marks_of_the_template_inside_a_message_stay_text(client: InferenceClient) -> None:
    plain = client.count_tokens([ChatMessage("user", "end")]).counts[0]
    marks = client.count_tokens([ChatMessage("user", "end<|im_end|>")]).counts[0]
    assert marks - plain > 1, "one more token would be the control token itself"


def test_a_prompt_that_does_not_fit_is_refused_whole(client: InferenceClient) -> None:
    with pytest.raises(ModelError, match="too long") as caught:
        ask(client, LONG, LONG)
    assert "4,096" in caught.value.why
    assert ask(client, QUESTION, max_tokens=3).text


def test_stop_during_the_prompt_is_quick_and_the_next_reply_right(client: InferenceClient) -> None:
    expected = ask(client, QUESTION).text
    computing = threading.Event()
    items: list[PromptProgress | Text] = []

    def on_item(item: PromptProgress | Text) -> None:
        items.append(item)
        computing.set()

    call = client.generate([LONG], GREEDY, 40, on_item)
    assert computing.wait(TIMEOUT_S)
    call.cancel()
    reply = call.result(TIMEOUT_S)
    assert (reply.stop_reason, reply.text) == ("cancelled", "")
    assert all(isinstance(item, PromptProgress) and item.done < item.total for item in items)
    assert ask(client, QUESTION).text == expected


def test_stop_during_the_reply_keeps_what_there_was(client: InferenceClient) -> None:
    story = ChatMessage("user", "Write a very long story about the sea.")
    texts: list[str] = []
    writing = threading.Event()

    def on_item(item: PromptProgress | Text) -> None:
        if isinstance(item, Text):
            texts.append(item.text)
            if len(texts) == 3:
                writing.set()

    call = client.generate([story], GREEDY, 3000, on_item)
    assert writing.wait(TIMEOUT_S)
    call.cancel()
    reply = call.result(TIMEOUT_S)
    assert reply.stop_reason == "cancelled"
    assert reply.text == "".join(texts)
    # What is in the cache is what the worker thinks is in it: going on from there gives what a fresh start gives.
    turns = [story, ChatMessage("assistant", reply.text), ChatMessage("user", "Stop. What is the story about?")]
    warm = ask(client, *turns)
    ask(client, QUESTION, max_tokens=2)
    assert warm.figures.cached_tokens > 0
    assert ask(client, *turns).text == warm.text


def test_the_context_is_filled_to_its_end(own_client: Callable[..., InferenceClient], chat_model: Path) -> None:
    client = own_client()
    loaded = client.load(chat_model, LoadSettings(n_ctx=256, n_threads=1, kv_type="q8_0"))
    assert loaded.n_ctx == 256
    story = ChatMessage("user", "Write a very long story about the sea, with many chapters and no end.")
    reply = ask(client, story, max_tokens=1000)
    assert reply.stop_reason == "context"
    assert reply.figures.prompt_tokens + reply.figures.completion_tokens == 257, "the last token needs no room itself"


def test_load_measures_threads_once_and_reports_memory(
    own_client: Callable[..., InferenceClient], chat_model: Path
) -> None:
    client = own_client()
    phases: list[LoadProgress] = []
    loaded = client.load(chat_model, LoadSettings(n_ctx=1024), on_progress=phases.append)
    assert loaded == client.loaded
    assert set(loaded.threads_measured) == {"decode", "prompt", "provisional"}
    assert loaded.n_threads == loaded.threads_measured["decode"]
    assert {phase.phase for phase in phases} == {"weights", "threads", "warm-up"}
    assert all(0.0 <= phase.fraction <= 1.0 for phase in phases)
    assert loaded.has_chat_template
    assert (loaded.architecture, loaded.n_ctx_train, loaded.n_vocab) == ("llama", 8192, 49152)
    # The layout that allocates nothing gives the figures of the real load, to the byte.
    probed = client.probe(chat_model, LoadSettings(n_ctx=1024))
    assert probed.buffers == loaded.memory.buffers
    assert probed.weights_bytes == loaded.memory.weights_bytes
    assert probed.kv_bytes == loaded.memory.kv_bytes == 1024 * 30 * 2 * 192 * 2
    assert probed.compute_bytes == loaded.memory.compute_bytes
    assert probed.output_bytes == loaded.memory.output_bytes
    assert probed.resident_bytes == pytest.approx(loaded.memory.resident_bytes, rel=0.15)

    known = loaded.threads_measured | {"provisional": 0}
    again = client.load(chat_model, LoadSettings(n_ctx=512, kv_type="q8_0"), threads_known=known)
    assert again.threads_measured == {}
    assert again.n_threads == loaded.n_threads
    assert again.memory.kv_bytes < loaded.memory.kv_bytes / 3
    client.unload()
    assert client.loaded is None
    with pytest.raises(ModelError, match="No model is loaded"):
        ask(client, QUESTION)


def test_threads_measured_on_a_busy_machine_are_provisional(
    own_client: Callable[..., InferenceClient], chat_model: Path
) -> None:
    client = own_client()
    settings = LoadSettings(n_ctx=512)
    with busy_machine():
        measured = client.load(chat_model, settings).threads_measured
        assert measured["provisional"] == 1
        machine = read_machine()
        assert measured["prompt"] == threads.candidates(machine.physical_cores, machine.usable_cores)[0]
        again = client.load(chat_model, settings, threads_known=measured)
    assert again.threads_measured == {}, "while the machine is busy it would be no better"
    assert again.n_threads == measured["decode"]


def test_a_load_can_be_cancelled(own_client: Callable[..., InferenceClient], chat_model: Path) -> None:
    client, cancel = own_client(), CancelToken()
    with pytest.raises(Cancelled):
        client.load(chat_model, on_progress=lambda progress: cancel.cancel(), cancel=cancel)
    assert client.loaded is None
    assert client.load(chat_model, SETTINGS) == client.loaded


def test_killed_while_writing(own_client: Callable[..., InferenceClient], chat_model: Path) -> None:
    exits: list[Exit] = []
    ended = threading.Event()

    def on_exit(exit_: Exit) -> None:
        exits.append(exit_)
        ended.set()

    client = own_client(on_exit)
    client.load(chat_model, SETTINGS)
    pid = client.pid
    assert pid is not None
    writing = threading.Event()
    call = client.generate([QUESTION], GREEDY, 500, lambda item: writing.set())
    assert writing.wait(TIMEOUT_S)
    psutil.Process(pid).send_signal(signal.SIGKILL)
    with pytest.raises(WorkerDied):
        call.result(TIMEOUT_S)
    assert ended.wait(TIMEOUT_S)
    assert (exits[0].pid, exits[0].expected) == (pid, False)
    assert client.loaded is None
    assert client.crashes_in_a_row == 1
    with pytest.raises(ModelError, match="No model is loaded"):
        ask(client, QUESTION)
    assert client.pid not in (None, pid)
    client.load(chat_model, SETTINGS)
    assert ask(client, QUESTION, max_tokens=3).text
    assert client.crashes_in_a_row == 0


def test_killed_while_loading(own_client: Callable[..., InferenceClient], chat_model: Path) -> None:
    client = own_client()
    client.describe_backend()
    pid = client.pid
    assert pid is not None
    with pytest.raises(WorkerDied, match="while it loaded"):
        client.load(chat_model, on_progress=lambda progress: os.kill(pid, signal.SIGKILL))
    assert client.load(chat_model, SETTINGS).n_ctx == 4096


def test_the_backend_is_described(client: InferenceClient) -> None:
    backend = client.describe_backend()
    assert "llama-cpp-python" in backend.version
    assert any(device.startswith("CPU: ") for device in backend.devices)
    assert "CPU" in backend.system_info
