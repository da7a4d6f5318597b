"""The session with the real workers: what comes first, what is computed again, and workers killed at bad moments."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chat.transcript import Message
from app.core.paths import Home
from app.services.compose import Services
from app.services.events import EvidenceFound, NoticeRaised, TextArrived
from tests.helpers.scripted import Recorder

LONG = "Write a very long story about the sea, in many chapters, and never stop."


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, chat_model: Path, embedding_model: Path) -> Iterator[Services]:
    opened = Services.open(Home(tmp_path_factory.mktemp("home")).create())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def collection_id(services: Services, tmp_path_factory: pytest.TempPathFactory) -> int:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "warranty.md").write_text(
        "# Warranty\n\nThe warranty on the frame is ten years. The warranty on the motor is two years.\n"
    )
    info = services.documents.create([folder])
    waiting = threading.Event()
    for _ in range(1200):
        info = next(one for one in services.documents.collections() if one.id == info.id)
        if info.indexed and not info.pending and info.embedded >= info.chunks:
            return info.id
        waiting.wait(0.05)
    raise AssertionError(f"not indexed within a minute: {info}")


@pytest.fixture
def recorder(services: Services) -> Iterator[Recorder]:
    made = Recorder()
    unsubscribe = services.events.subscribe(made)
    yield made
    unsubscribe()


def test_the_documents_speak_first_and_the_answer_is_checked(
    services: Services, collection_id: int, recorder: Recorder
) -> None:
    made = services.chat.new_conversation()
    services.chat.attach(made.id, collection_id)
    reply = services.chat.send(made.id, "How long is the warranty on the motor?")
    kinds = [type(event) for event in recorder.events]
    assert kinds.index(EvidenceFound) < kinds.index(TextArrived)
    assert reply.evidence is not None
    assert "two years" in reply.evidence.quotes[0].text
    assert reply.checks
    assert services.chat.messages(made.id)[-1] == reply


def test_the_shared_prefix_is_not_computed_again(services: Services) -> None:
    made = services.chat.new_conversation()
    services.chat.send(made.id, "Name three colours.")
    first = services.chat.messages(made.id)[-1].figures
    second = services.chat.send(made.id, "Name two more.").figures
    assert first is not None
    assert second is not None
    assert second.cached_tokens >= first.prompt_tokens


def test_a_killed_inference_worker_is_said_and_the_next_reply_comes(services: Services, recorder: Recorder) -> None:
    made = services.chat.new_conversation()
    replies: list[Message] = []
    sending = threading.Thread(target=lambda: replies.append(services.chat.send(made.id, LONG)))
    sending.start()
    recorder.wait_for(lambda event: isinstance(event, TextArrived), 60)
    assert services.inference_pid is not None
    os.kill(services.inference_pid, signal.SIGKILL)
    sending.join(60)
    (reply,) = replies
    assert reply.state == "interrupted"
    assert reply.text
    assert "killed" in reply.problem
    assert services.chat.messages(made.id)[-1] == reply
    recorder.wait_for(lambda event: isinstance(event, NoticeRaised))
    assert services.chat.send(made.id, "Say hello.").state == "complete"


def test_a_killed_knowledge_worker_comes_back_by_itself(services: Services, collection_id: int) -> None:
    made = services.chat.new_conversation()
    services.chat.attach(made.id, collection_id)
    services.documents.collections()
    assert services.knowledge_pid is not None
    os.kill(services.knowledge_pid, signal.SIGKILL)
    reply = services.chat.send(made.id, "How long is the warranty on the frame?")
    assert reply.state == "complete"
    assert reply.evidence is not None
    assert "ten years" in reply.evidence.quotes[0].text


def test_stop_is_heard_at_once(services: Services, recorder: Recorder) -> None:
    made = services.chat.new_conversation()
    replies: list[Message] = []
    sending = threading.Thread(target=lambda: replies.append(services.chat.send(made.id, LONG)))
    sending.start()
    recorder.wait_for(lambda event: isinstance(event, TextArrived), 60)
    services.chat.stop(made.id)
    arrived = len(recorder.of(TextArrived))
    sending.join(60)
    assert len(recorder.of(TextArrived)) <= arrived + 1  # one may have been on its way
    assert replies[0].state == "stopped"
