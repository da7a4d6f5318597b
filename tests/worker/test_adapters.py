"""LoRA adapters with the real worker and a real model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chat.transcript import ChatMessage
from app.core.errors import ModelError
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.inference.protocol import AdapterUse, LoadSettings, Sampling
from tests.helpers.lora import write_lora

QUESTION = [ChatMessage("user", "Name three colours of the rainbow.")]
GREEDY = Sampling(temperature=0.0)
TENSORS = tuple(f"blk.{layer}.{part}.weight" for layer in range(0, 30, 3) for part in ("attn_q", "ffn_down"))


@pytest.fixture(scope="module")
def adapter(chat_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lora(tmp_path_factory.mktemp("lora") / "lora.gguf", chat_model, TENSORS, strength=0.3)


@pytest.fixture
def client(home: Home) -> Iterator[InferenceClient]:
    made = InferenceClient(home)
    yield made
    made.close()


def say(client: InferenceClient) -> tuple[str, int]:
    """The reply, and how much of the prompt was in the cache."""
    reply = client.generate(QUESTION, GREEDY, 12).result()
    return reply.text, reply.figures.cached_tokens


def test_an_adapter_changes_what_is_said_and_scale_0_does_not(
    client: InferenceClient, chat_model: Path, adapter: Path
) -> None:
    client.load(chat_model, LoadSettings(n_ctx=512))
    plain, _ = say(client)
    client.load(chat_model, LoadSettings(n_ctx=512, adapters=(AdapterUse(str(adapter), 1.0),)))
    changed, _ = say(client)
    assert changed != plain
    client.load(chat_model, LoadSettings(n_ctx=512, adapters=(AdapterUse(str(adapter), 0.0),)))
    assert say(client)[0] == plain


def test_adapters_are_changed_while_the_model_stays_and_the_cache_is_forgotten(
    client: InferenceClient, chat_model: Path, adapter: Path
) -> None:
    client.load(chat_model, LoadSettings(n_ctx=512))
    plain, _ = say(client)
    assert say(client)[1] > 0, "without a change the prompt is in the cache"
    client.use_adapters([AdapterUse(str(adapter), 1.0)])
    changed, cached = say(client)
    assert changed != plain
    assert cached == 0
    client.use_adapters([AdapterUse(str(adapter), 1.0)])
    assert say(client)[1] > 0, "nothing changed, so nothing is forgotten"
    client.use_adapters([])
    assert say(client) == (plain, 0)


def test_two_adapters_work_together(client: InferenceClient, chat_model: Path, adapter: Path, tmp_path: Path) -> None:
    other = write_lora(tmp_path / "other.gguf", chat_model, ("blk.29.ffn_down.weight",), strength=0.3)
    client.load(chat_model, LoadSettings(n_ctx=512, adapters=(AdapterUse(str(adapter)),)))
    one, _ = say(client)
    client.use_adapters([AdapterUse(str(adapter)), AdapterUse(str(other))])
    assert say(client)[0] != one


def test_an_adapter_of_another_model_is_refused_and_the_model_goes_on(
    client: InferenceClient, chat_model: Path, tmp_path: Path
) -> None:
    wrong = write_lora(tmp_path / "wrong.gguf", chat_model, architecture="qwen2")
    client.load(chat_model, LoadSettings(n_ctx=512))
    plain, _ = say(client)
    with pytest.raises(ModelError) as caught:
        client.use_adapters([AdapterUse(str(wrong))])
    assert caught.value.why == "It was made for models of the architecture qwen2; this one is llama."
    assert say(client)[0] == plain
    with pytest.raises(ModelError, match="does not belong to this model"):
        client.load(chat_model, LoadSettings(n_ctx=512, adapters=(AdapterUse(str(wrong)),)))
    assert client.load(chat_model, LoadSettings(n_ctx=512)).n_ctx == 512


def test_a_missing_adapter_is_said(client: InferenceClient, chat_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.gguf is not there any more"):
        client.load(chat_model, LoadSettings(n_ctx=512, adapters=(AdapterUse(str(tmp_path / "gone.gguf")),)))
