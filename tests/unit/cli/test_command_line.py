"""Typing, routing to window or command line, and output to whatever is there."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import app.__main__ as start
from app.chat.sources import Evidence, Passage, Quote
from app.cli.commands import COMMANDS
from app.cli.documents import find_collections, write_quotes
from app.cli.notices import Notices
from app.cli.parser import build_parser
from app.cli.terminal import OutputClosed, Terminal
from app.core.errors import DocumentError, SatchelError
from app.knowledge.protocol import CollectionInfo
from app.services.events import LibraryChanged, NoticeRaised

REPOSITORY = Path(__file__).resolve().parents[3]


def info(number: int, name: str) -> CollectionInfo:
    return CollectionInfo(number, name, [], "idle", 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "typed",
    [
        "hardware",
        "documents add a b --collection c --no-wait",
        "documents status c",
        "documents search words --limit 2",
        "ask question --collection a --collection b",
        "chat --conversation 3",
    ],
)
def test_each_command_has_its_function(typed: str) -> None:
    options = build_parser().parse_args(typed.split())
    assert options.command in COMMANDS
    assert isinstance(options.json, bool)
    assert options.connections is False


def test_every_function_can_be_reached_and_every_command_has_one() -> None:
    assert set(commands_of(build_parser())) == set(COMMANDS)


def commands_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What ``options.command`` can be."""
    if parser.get_default("command"):
        yield parser.get_default("command")
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from commands_of(inner)


@pytest.mark.parametrize(
    "typed",
    [
        "nonsense",
        "ask",
        "documents add",
        "documents search x --limit 0",
        "documents search x --limit -1",
        "documents search x --limit 51",
        "ask x --js",
        "chat --json",
    ],
)
def test_what_is_not_understood_gives_2(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        start.main(typed.split())
    assert caught.value.code == 2
    assert "usage: satchel" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["ask", ""], ["ask", "  "], ["documents", "search", ""]])
def test_empty_words_are_refused_in_words(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        start.main(command)
    assert caught.value.code == 2
    assert "it is empty; type some words" in capsys.readouterr().err


def test_numbers_are_refused_with_their_limits(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        start.main(["documents", "search", "x", "--limit", "100000"])
    assert "“100000” is no whole number from 1 to 50" in capsys.readouterr().err


def test_an_interrupt_while_starting_is_quiet() -> None:
    script = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == sys.argv[1]: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "import app.__main__ as start\n"
        "sys.exit(start.main(['models', 'list']))\n"
    )
    for module in ("multiprocessing", "app.cli", "app.services.compose"):
        done = subprocess.run([sys.executable, "-c", script, module], cwd=REPOSITORY, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys, contextlib, app.__main__ as start\n"
        "with contextlib.suppress(SystemExit): start.main(['ask', '--help'])\n"
        "heavy = {'PySide6', 'llama_cpp', 'chromadb', 'numpy', 'apsw', 'tomlkit'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--collection NAME" in done.stdout


def test_documents_cannot_steer_the_terminal() -> None:
    out = io.StringIO()
    Terminal(out, io.StringIO()).line("red \x1b[31m title \x1b]0;x\x07 back \r over\ttab")
    assert out.getvalue() == "red [31m title ]0;x back  over\ttab\n"


def test_tables_are_aligned() -> None:
    out = io.StringIO()
    Terminal(out, io.StringIO()).table(("ID", "NAME"), [("1", "a"), ("10", "long name")], right=(0,))
    assert out.getvalue() == "ID  NAME\n 1  a\n10  long name\n"


def test_paragraphs_wrap_and_keep_their_indent() -> None:
    out = io.StringIO()
    Terminal(out, io.StringIO()).paragraph("word " * 30, first="[1] ", rest="    ")
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("[1] word")
    assert all(line.startswith("    word") for line in lines[1:])
    assert max(map(len, lines)) <= 100


def test_a_quote_of_a_table_is_written_without_pipes() -> None:
    out, row = io.StringIO(), "| Monitor | 350 euros | Team lead |"
    passage = Passage(1, 1, 1, 1, "/office.md", "office.md", "", None, 0, len(row), row, 1.0)
    quote = Quote(1, 0, len(row), row, 1.0)
    write_quotes(Terminal(out, io.StringIO()), Evidence("Who?", (passage,), (quote,), True))
    assert out.getvalue() == "  “Monitor · 350 euros · Team lead”\n      [1] office.md\n"


def test_errors_say_what_why_and_next_on_stderr() -> None:
    out, err = io.StringIO(), io.StringIO()
    Terminal(out, err).error(SatchelError("It broke.", "It was old.", "Buy a new one."))
    assert err.getvalue() == "satchel: It broke.\n  It was old.\n  Buy a new one.\n"
    assert out.getvalue() == ""


def test_json_is_readable_as_it_is() -> None:
    out = io.StringIO()
    Terminal(out, io.StringIO()).json({"a": "ü"})
    assert json.loads(out.getvalue()) == {"a": "ü"}
    assert "ü" in out.getvalue()


def test_a_closed_output_is_seen_once_and_for_all() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        terminal = Terminal(out, io.StringIO())
        for _ in range(2):
            with pytest.raises(OutputClosed):
                terminal.line("x")
        with pytest.raises(BrokenPipeError):  # what is left in the buffer
            out.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def test_output_that_cannot_be_written_is_said() -> None:
    with pytest.raises(OutputClosed) as caught, open("/dev/full", "w") as out:  # noqa: PTH123 - no file
        try:
            Terminal(out, io.StringIO()).line("x")
        finally:
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    assert caught.value.problem is not None
    assert caught.value.problem.what == "The output could not be written."


def test_a_notice_is_said_once() -> None:
    out, err = io.StringIO(), io.StringIO()
    notices = Notices(Terminal(out, err))
    for _ in range(2):
        notices.listen(NoticeRaised("It was restored.", "It was damaged."))
    notices.listen(LibraryChanged())
    assert err.getvalue() == "It was restored. It was damaged.\n"
    assert out.getvalue() == ""


def test_progress_is_for_people_only() -> None:
    err = io.StringIO()
    Terminal(io.StringIO(), err).progress("1 of 2")
    assert err.getvalue() == ""


def test_collections_are_found_by_name_number_and_loosely() -> None:
    infos = [info(1, "Notes"), info(2, "notes"), info(3, "Papers")]
    assert [i.id for i in find_collections(infos, ["notes", "3", "PAPERS"])] == [2, 3, 3]
    assert find_collections(infos, []) == infos
    with pytest.raises(DocumentError, match="no collection “x”") as caught:
        find_collections(infos, ["x"])
    assert "Papers" in caught.value.why
    with pytest.raises(DocumentError, match="no collections"):
        find_collections([], [])
