"""Embedding with the real starter model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import DocumentError, ModelError
from app.knowledge.embed import EmbeddingModel


@pytest.fixture(scope="module")
def model(embedding_model: Path) -> Iterator[EmbeddingModel]:
    loaded = EmbeddingModel(embedding_model)
    yield loaded
    loaded.close()


def test_vectors_have_length_one_and_mean_what_the_text_means(model: EmbeddingModel) -> None:
    cat = model.embed_document("The cat sleeps on the warm window sill.")
    kitten = model.embed_query("Where does the kitten nap?")
    tax = model.embed_document("Value added tax is due on the tenth of each month.")
    assert cat.shape == (model.dimensions,) == (384,)
    assert np.isclose(np.linalg.norm(cat), 1.0, atol=1e-5)
    assert cat @ kitten > 0.4 > tax @ kitten


def test_the_same_text_gives_the_same_vector_whatever_came_before(model: EmbeddingModel) -> None:
    first = model.embed_document("Steam engines turn heat into motion.")
    model.embed_document("Something else entirely, and a good deal longer than the other sentence was.")
    assert np.array_equal(first, model.embed_document("Steam engines turn heat into motion."))


def test_tokens_are_counted_without_the_special_ones(model: EmbeddingModel) -> None:
    assert model.count_tokens(["", "hello", "hello world"]) == [0, 1, 2]
    assert model.max_tokens == 510


def test_odd_texts_are_embedded(model: EmbeddingModel) -> None:
    for text in ("", "\x00", "\ud800 lone surrogate", "🧳" * 50, "日本語の文書"):
        assert np.isfinite(model.embed_document(text)).all()


def test_a_passage_is_never_cut_silently(model: EmbeddingModel) -> None:
    model.embed_document("word " * model.max_tokens)
    with pytest.raises(DocumentError, match="513 tokens"):
        model.embed_document("word " * (model.max_tokens + 1))


def test_beginning_and_end_of_a_long_question_count(model: EmbeddingModel) -> None:
    padding = "The history of steam engines. " * 300
    about_cats = model.embed_query(padding + "cats, kittens, feline animals " * 150)
    cats = model.embed_query("cats")
    assert about_cats @ cats > model.embed_query(padding) @ cats + 0.1
    assert np.isfinite(model.embed_query("x" * 20_000)).all()


def test_a_file_that_is_no_model_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(ModelError, match=r"page\.gguf cannot be loaded"):
        EmbeddingModel(path)


def test_a_chat_model_is_refused_in_words(chat_model: Path) -> None:
    with pytest.raises(ModelError, match="not an embedding model"):
        EmbeddingModel(chat_model)
