"""Files that are no good models: a person gets words, and the worker lives or is replaced."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chat.transcript import ChatMessage
from app.core.errors import ModelError, WorkerDied
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.inference.protocol import LoadSettings, Sampling
from tests.helpers import gguf_files

SETTINGS = LoadSettings(n_ctx=512, n_threads=1)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InferenceClient]:
    client = InferenceClient(Home(tmp_path_factory.mktemp("home")).create())
    yield client
    client.close()


def damaged(model: Path, target: Path, kind: str) -> Path:
    data = model.read_bytes()
    if kind == "truncated":
        data = data[: len(data) // 2]
    elif kind == "header only":
        data = data[: 64 * 1024]
    elif kind == "garbage":
        data = data[:100] + bytes(range(256)) * 40
    elif kind == "html":
        data = b"<!DOCTYPE html><html><body>Log in to go on</body></html>"
    elif kind == "absurd counts":
        data = data[:8] + struct.pack("<QQ", 2**60, 2**60) + data[24:]
    elif kind == "other architecture":
        header, weights = data[:4_000_000], data[4_000_000:]
        data = header.replace(b"\0llama", b"\0zebra") + weights
    target.write_bytes(data)
    return target


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("truncated", "bytes are there"),
        ("header only", "ends in the middle of its header"),
        ("garbage", "claims to"),
        ("html", "web page"),
        ("absurd counts", "1,152,921,504,606,846,976 tensors"),
        ("other architecture", "“zebra”"),
    ],
)
def test_a_damaged_file_is_refused_in_words(
    client: InferenceClient, chat_model: Path, tmp_path: Path, kind: str, why: str
) -> None:
    path = damaged(chat_model, tmp_path / "model.gguf", kind)
    with pytest.raises(ModelError, match=why) as caught:
        client.load(path, SETTINGS)
    assert "model.gguf" in caught.value.what
    assert caught.value.next_step
    assert client.pid is not None
    assert client.loaded is None
    with pytest.raises(ModelError, match=why):
        client.probe(path, SETTINGS)


def test_a_header_that_aborts_llama_cpp_ends_only_the_child(
    client: InferenceClient, chat_model: Path, tmp_path: Path
) -> None:
    # Experts of which none is used: GGML_ASSERT.
    path = gguf_files.llama(tmp_path / "absurd.gguf", llama__expert_count=3)
    with pytest.raises(ModelError, match=r"damaged|llama\.cpp"):
        client.probe(path, SETTINGS)
    with pytest.raises(WorkerDied, match=r"absurd\.gguf.*SIGABRT"):
        client.load(path, SETTINGS)
    assert client.load(chat_model, SETTINGS).n_ctx == 512


def test_a_file_that_vanished_is_said(client: InferenceClient, tmp_path: Path) -> None:
    for ask in (client.load, client.probe):
        with pytest.raises(ModelError, match=r"gone\.gguf is not there any more"):
            ask(tmp_path / "gone.gguf", SETTINGS)


def test_a_model_without_a_vocabulary_is_refused_in_words(client: InferenceClient, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no vocabulary"):
        client.load(gguf_files.llama(tmp_path / "numbers.gguf"), SETTINGS)
    assert client.load(gguf_files.llama(tmp_path / "m.gguf", spells=True), SETTINGS).n_vocab == 286


def test_an_embedding_model_is_not_for_chat(client: InferenceClient, embedding_model: Path) -> None:
    with pytest.raises(ModelError, match="cannot be used for chat"):
        client.load(embedding_model, SETTINGS)


def test_a_broken_template_is_said_at_load(client: InferenceClient, chat_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="template is broken"):
        client.load(gguf_files.with_template(chat_model, tmp_path / "model.gguf", b"{% if %}"), SETTINGS)
    assert client.loaded is None


def test_a_looping_template_is_stopped_and_the_worker_goes_on(
    client: InferenceClient, chat_model: Path, tmp_path: Path
) -> None:
    loop = b"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    client.load(gguf_files.with_template(chat_model, tmp_path / "model.gguf", loop), SETTINGS)
    pid = client.pid
    with pytest.raises(ModelError, match="does not end"):
        client.generate([ChatMessage("user", "Hi")]).result(60.0)
    client.load(chat_model, SETTINGS)
    assert client.pid == pid
    assert client.generate([ChatMessage("user", "Hi")], Sampling(temperature=0.0), 3).result(60.0).text
