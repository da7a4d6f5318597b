"""The mark of a load under way is a precaution: where it cannot be written, the model is loaded all the same."""

from __future__ import annotations

from pathlib import Path

from app.core.paths import Home
from app.knowledge.loading_mark import load_model


def test_a_mark_that_cannot_be_written_does_not_keep_the_model_from_loading(home: Home, embedding_model: Path) -> None:
    home.knowledge.rmdir()  # as root, only a folder that is not there refuses a file
    model, problem = load_model(home, embedding_model)
    assert model is not None
    assert problem == ""
    model.close()
