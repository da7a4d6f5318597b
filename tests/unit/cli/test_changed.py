"""A file that is another model now, on the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.cli.commands import COMMANDS
from app.cli.models.listing import marks
from app.cli.parser import build_parser
from app.cli.terminal import Terminal
from app.core.paths import Home
from tests.helpers import gguf_files
from tests.helpers.library import Bench

Run = Callable[[str], str]


@pytest.fixture
def bench(home: Home, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(home, tmp_path)
    path = gguf_files.llama(tmp_path / "m.gguf", general__name="Old-one")
    made.library.set_notes(made.add(path).id, "Good at letters.")
    yield made
    made.close()


@pytest.fixture
def satchel(bench: Bench) -> Run:
    def run(typed: str) -> str:
        """All that is written."""
        out = io.StringIO()
        options = build_parser().parse_args(typed.split())
        services = SimpleNamespace(models=bench.library)
        assert COMMANDS[options.command](services, Terminal(out, out), options) == 0  # type: ignore[arg-type]
        return " ".join(out.getvalue().split())

    return run


def replace_it(bench: Bench) -> None:
    gguf_files.llama(bench.root / "m.gguf", n_layers=3, general__name="New-one")


def test_it_is_said_with_what_can_be_done(bench: Bench, satchel: Run) -> None:
    assert satchel("models changed 1") == "Old one is the model that it was."
    assert marks(bench.only()) == ""
    replace_it(bench)
    said = satchel("models changed 1")
    assert said.startswith("This file is another model than before: it is New one (llama")
    assert "What you noted and set was for Old one (llama" in said
    assert "--keep" in said and "--start-afresh" in said
    assert marks(bench.only()).startswith("another model than before")
    assert json.loads(satchel("models changed 1 --json"))["former"]["name"] == "Old-one"


def test_what_was_noted_is_kept(bench: Bench, satchel: Run) -> None:
    replace_it(bench)
    assert satchel("models changed 1 --keep") == "What you noted and set is kept for New one."
    assert (bench.only().former, bench.only().notes) == (None, "Good at letters.")


def test_or_forgotten(bench: Bench, satchel: Run) -> None:
    replace_it(bench)
    assert satchel("models changed 1 --start-afresh") == "New one starts afresh: nothing is noted or set for it."
    assert (bench.only().former, bench.only().notes) == (None, "")
