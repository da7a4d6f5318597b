"""The conversion of BERT checkpoints, against a forward pass of our own in numpy."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app.core.errors import ModelError
from app.knowledge.embed import EmbeddingModel
from app.models.bert_gguf import convert
from app.models.summary import read_summary

Array = np.ndarray[Any, np.dtype[np.float32]]

VOCABULARY = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "lamp", "##s", "shine", ".", "sea"]
CONFIG = {
    "model_type": "bert",
    "position_embedding_type": "absolute",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "vocab_size": len(VOCABULARY),
}


def _checkpoint(folder: Path, *, pooling: str = "pooling_mode_mean_tokens", **config: object) -> Path:
    """A small BERT with random weights, in the files of sentence-transformers."""
    rng = np.random.default_rng(7)
    n, ff = 64, 128

    def matrix(*shape: int) -> Array:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    tensors = {
        "embeddings.position_ids": np.arange(32, dtype=np.int64)[None],
        "embeddings.word_embeddings.weight": matrix(len(VOCABULARY), n),
        "embeddings.position_embeddings.weight": matrix(32, n),
        "embeddings.token_type_embeddings.weight": matrix(2, n),
        "pooler.dense.weight": matrix(n, n),
        "pooler.dense.bias": matrix(n),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(2):
        at = f"encoder.layer.{layer}"
        norms += [f"{at}.attention.output.LayerNorm", f"{at}.output.LayerNorm"]
        for name, rows, columns in (
            *((f"{at}.attention.self.{part}", n, n) for part in ("query", "key", "value")),
            (f"{at}.attention.output.dense", n, n),
            (f"{at}.intermediate.dense", ff, n),
            (f"{at}.output.dense", n, ff),
        ):
            tensors |= {f"{name}.weight": matrix(rows, columns), f"{name}.bias": matrix(rows)}
    for name in norms:
        tensors |= {f"{name}.weight": 1 + matrix(n), f"{name}.bias": matrix(n)}
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({pooling: True}))
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    save_file(tensors, folder / "model.safetensors")
    return folder


def _reference(tensors: dict[str, Array], tokens: list[int], heads: int, layers: int) -> Array:
    """BERT's mean-pooled sentence vector, straight from the paper."""

    def linear(x: Array, name: str) -> Array:
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def split(x: Array) -> Array:
        return x.reshape(len(tokens), heads, -1).transpose(1, 0, 2)

    gelu = np.vectorize(lambda value: 0.5 * value * (1 + math.erf(value / math.sqrt(2))))
    x = tensors["embeddings.word_embeddings.weight"][tokens]
    x = x + tensors["embeddings.position_embeddings.weight"][: len(tokens)]
    x = norm(x + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(layers):
        at = f"encoder.layer.{layer}"
        query, key, value = (split(linear(x, f"{at}.attention.self.{part}")) for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        attended = (weights / weights.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(len(tokens), -1)
        x = norm(x + linear(attended, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        hidden = gelu(linear(x, f"{at}.intermediate.dense"))
        x = norm(x + linear(hidden, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    mean: Array = x.mean(0)
    return mean / np.linalg.norm(mean)


def test_vectors_are_those_of_a_forward_pass_in_numpy(tmp_path: Path) -> None:
    source = _checkpoint(tmp_path / "checkpoint")
    target = tmp_path / "model.gguf"
    convert(source, target, name="Tiny BERT", license_id="apache-2.0")
    model = EmbeddingModel(target, n_threads=1)
    try:
        # [CLS] the lamp ##s shine . [SEP]; accents and capitals are folded
        found = model.embed_document("The lâmps shine.")
        expected = _reference(load_file(source / "model.safetensors"), [3, 6, 7, 8, 9, 10, 4], heads=4, layers=2)
        assert float(found @ expected) > 0.999
        # An unknown word is [UNK], not dropped.
        found = model.embed_document("the xyzzy")
        expected = _reference(load_file(source / "model.safetensors"), [3, 6, 2, 4], heads=4, layers=2)
        assert float(found @ expected) > 0.999
    finally:
        model.close()


def test_the_header_says_what_the_checkpoint_is(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    convert(_checkpoint(tmp_path / "checkpoint"), target, name="Tiny BERT", license_id="apache-2.0")
    header, summary = read_summary(target)
    assert (summary.name, summary.kind, summary.quantization) == ("Tiny BERT", "embedding", "F16")
    assert (summary.n_layers, summary.n_ctx_train, summary.n_vocab) == (2, 32, len(VOCABULARY))
    assert header.integer("{arch}.pooling_type") == 1
    assert not any("pooler" in tensor.name or "position_ids" in tensor.name for tensor in header.tensors)
    tokens = header.metadata["tokenizer.ggml.tokens"]
    assert isinstance(tokens, tuple)
    assert tokens[6:9] == ("\u2581the", "\u2581lamp", "s")


def test_pooling_of_the_first_token(tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    convert(_checkpoint(tmp_path / "c", pooling="pooling_mode_cls_token"), target, name="x", license_id="")
    assert read_summary(target)[0].integer("{arch}.pooling_type") == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_type": "roberta"}, "Only BERT"),
        ({"position_embedding_type": "relative_key"}, "Only BERT"),
        ({"pooling": "pooling_mode_max_tokens"}, "pooling"),
    ],
)
def test_other_families_are_refused(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        convert(_checkpoint(tmp_path / "c", **changes), tmp_path / "model.gguf", name="x", license_id="")
    assert words in caught.value.why
    assert not (tmp_path / "model.gguf").exists()


def test_the_starter_model_tells_near_from_far(embedding_model: Path) -> None:
    model = EmbeddingModel(embedding_model, n_threads=1)
    try:
        cat, kitten, stocks = (
            model.embed_document(text)
            for text in ("A cat sits on the mat.", "A kitten is lying on the rug.", "The stock market fell sharply.")
        )
        assert float(cat @ kitten) > 0.5
        assert float(cat @ stocks) < 0.2
    finally:
        model.close()
