"""Models that are added by themselves: those that packaging made."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services.library.adding import Adding
from app.storage.facts import Facts
from tests.helpers import gguf_files
from tests.helpers.library import Bench


@pytest.fixture
def starters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "starters"
    folder.mkdir()
    monkeypatch.setenv("SATCHEL_MODELS", str(folder))
    return folder


def adding(bench: Bench) -> Adding:
    """As after a start of the program."""
    return Adding(bench.shelf, Facts(bench.database), bench.home)


def test_a_starter_that_was_deleted_for_good_does_not_come_back_by_itself(bench: Bench, starters: Path) -> None:
    gguf_files.llama(starters / "starter.gguf")
    assert adding(bench).starters()
    bench.library.delete(bench.only().id)
    bench.library.trash.empty()
    assert bench.records.deleted() == [], "nothing of it is recorded any more"
    assert not adding(bench).starters()
    assert bench.library.models() == []
    gguf_files.llama(starters / "another.gguf", general__name="Another")
    assert adding(bench).starters()
    assert [model.title for model in bench.library.models()] == ["Another"]
