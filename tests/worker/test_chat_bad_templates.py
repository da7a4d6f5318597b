"""Chat templates that fail when a conversation is rendered: the reply says so, and the next model answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.paths import Home
from app.inference.protocol import LoadSettings
from app.services.compose import Services
from tests.helpers import gguf_files

SMALL = LoadSettings(n_ctx=512, n_threads=1)


@pytest.fixture
def services(home: Home) -> Iterator[Services]:
    opened = Services.open(home)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (b"{{ raise_exception('Roles must alternate') }}", "refuses this conversation. It says: Roles must alternate."),
        (b"{{ messages[0]['content'] + 1 }}", "chat template failed."),
        (
            b"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "chat template does not end.",
        ),
    ],
)
def test_the_reply_says_what_the_template_did(
    services: Services, chat_model: Path, tmp_path: Path, template: bytes, words: str
) -> None:
    bad = services.models.add(gguf_files.with_template(chat_model, tmp_path / "bad.gguf", template))
    services.models.loaded.load(bad.id, SMALL)
    worker = services.inference_pid
    made = services.chat.new_conversation()
    reply = services.chat.send(made.id, "Hello")
    assert (reply.state, reply.text) == ("failed", "")
    assert words in reply.problem
    assert "another model" in reply.problem
    services.models.loaded.load(services.models.add(chat_model).id, SMALL)
    assert services.chat.regenerate(made.id).text
    assert services.inference_pid == worker, "the process was not lost for it"
