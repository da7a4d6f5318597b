"""The parser process, real ones: what hangs, crashes or eats memory costs one file and nothing else."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil
import pytest
from PIL import Image

from app.core.errors import Cancelled, DocumentError, FileVanished, Skipped, WorkerError
from app.core.jobs import CancelToken
from app.knowledge.parse import ParserProcess
from tests.helpers.parsers import crashing, dying_at_first
from tests.helpers.pdf import lines, write_pdf

posix = pytest.mark.skipif(os.name != "posix", reason="limits and signals are POSIX's")


@pytest.fixture
def parser() -> Iterator[ParserProcess]:
    parser = ParserProcess()
    yield parser
    parser.close()


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """A file that is read in no time."""
    path = tmp_path / "quick.md"
    path.write_text("# Kettle\n\nIt boils.\n")
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A page that keeps a real parser busy for minutes: each tag is looked for among all that are open."""
    path = tmp_path / "endless.html"
    path.write_text("<div>" * 300_000)
    return path


def wait_until_busy(parser: ParserProcess, other_than: int | None = None) -> int:
    """The parser's process id, once it has computed for a while and is another than the one that was killed."""
    for _ in range(3000):
        pid = parser.pid
        if pid not in (None, other_than):
            used = psutil.Process(pid).cpu_times()
            if used.user + used.system > 1.0:
                return pid
        threading.Event().wait(0.01)
    raise AssertionError("the parser never got busy")


def test_files_and_their_errors_come_through(
    parser: ParserProcess, quick: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    parsed = parser.parse(quick)
    assert (parsed.title, parsed.text, [b.kind for b in parsed.blocks]) == (
        "Kettle",
        "# Kettle\n\nIt boils.\n",
        ["heading", "paragraph"],
    )
    first = parser.pid
    (tmp_path / "empty").touch()
    with pytest.raises(Skipped, match=r"This file is empty\."):
        parser.parse(tmp_path / "empty")
    with pytest.raises(FileVanished):
        parser.parse(tmp_path / "gone")
    (tmp_path / "secret.pdf").write_bytes(write_pdf([lines("x")], password="x"))
    with pytest.raises(DocumentError, match="protected with a password") as caught:
        parser.parse(tmp_path / "secret.pdf")
    assert caught.value.next_step == "Save a copy without the password and add that."
    assert parser.pid == first
    assert capfd.readouterr().err == ""  # a skipped file is no bug: no traceback


def test_a_page_is_drawn_while_a_file_is_parsed(endless: Path, tmp_path: Path) -> None:
    parser = ParserProcess(time_limit_s=120)
    path = tmp_path / "a.pdf"
    path.write_bytes(write_pdf([lines("Some words here")]))
    cancel = CancelToken()
    with ThreadPoolExecutor(1) as pool:
        parsing = pool.submit(parser.parse, endless, cancel)
        wait_until_busy(parser)
        image = parser.render_page(path, 1, 600, 5, 10)
        assert not parsing.done()
        cancel.cancel()
        with pytest.raises(Cancelled):
            parsing.result()
    assert Image.open(io.BytesIO(image.png)).size == (image.width, image.height) == (600, 777)
    assert len(image.marks) == 1
    parser.close()


def test_a_file_that_takes_too_long(endless: Path, quick: Path) -> None:
    parser = ParserProcess(time_limit_s=1)
    parser.parse(quick)
    first = parser.pid
    with pytest.raises(DocumentError, match="took longer than 1 s to read"):
        parser.parse(endless)
    assert first is not None
    assert not psutil.pid_exists(first)
    assert parser.parse(quick).title == "Kettle"
    parser.close()


@posix
def test_a_file_that_eats_memory(quick: Path, tmp_path: Path) -> None:
    parser = ParserProcess(memory_bytes=256_000_000)
    (tmp_path / "large.txt").write_bytes(b"words\n\n" * 10_000_000)
    with pytest.raises(DocumentError, match=r"too much memory to read.*gives 256 MB"):
        parser.parse(tmp_path / "large.txt")
    assert parser.parse(quick).title == "Kettle"
    parser.close()


@posix
def test_killed_while_it_reads(endless: Path, quick: Path) -> None:
    parser = ParserProcess(time_limit_s=120)
    with ThreadPoolExecutor(1) as pool:
        parsing = pool.submit(parser.parse, endless)
        first = wait_until_busy(parser)
        os.kill(first, signal.SIGKILL)
        os.kill(wait_until_busy(parser, first), signal.SIGKILL)  # it is read once more
        with pytest.raises(DocumentError, match=r"could not be read.*it was killed"):
            parsing.result()
    assert parser.parse(quick).title == "Kettle"
    parser.close()


@posix
def test_a_crash_inside_a_library() -> None:
    parser = ParserProcess(entry=crashing)
    assert parser.parse(Path("fine")).text == "fine"
    with pytest.raises(DocumentError, match=r"could not be read.*invalid memory access"):
        parser.parse(Path("crash"))
    assert parser.parse(Path("fine")).text == "fine"
    with pytest.raises(DocumentError, match="A test said so"):
        parser.parse(Path("bug"))
    parser.close()


def test_a_file_is_read_once_more_before_it_is_blamed(tmp_path: Path) -> None:
    parser = ParserProcess(entry=crashing)
    try:
        path = tmp_path / "once"
        assert parser.parse(path).text == str(path)
    finally:
        parser.close()


def test_a_parser_that_does_not_start_is_not_the_files_fault(tmp_path: Path) -> None:
    parser = ParserProcess(entry=partial(dying_at_first, str(tmp_path), 2))
    try:
        for _ in range(2):
            with pytest.raises(WorkerError) as caught:
                parser.parse(tmp_path / "fine")
            assert "did not start" in caught.value.what
        assert parser.parse(tmp_path / "fine").text.endswith("fine")
    finally:
        parser.close()


def test_cancelled_before_it_began(parser: ParserProcess, quick: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        parser.parse(quick, cancel)
    assert parser.pid is None


def test_closed_while_it_reads(endless: Path, quick: Path) -> None:
    parser = ParserProcess(time_limit_s=120)
    with ThreadPoolExecutor(1) as pool:
        parsing = pool.submit(parser.parse, endless)
        pid = wait_until_busy(parser)
        parser.close()
        with pytest.raises(Cancelled):
            parsing.result()
    assert not psutil.pid_exists(pid)
    with pytest.raises(Cancelled):
        parser.parse(quick)
    assert parser.pid is None


@posix
def test_a_parser_whose_parent_cannot_stop_it_ends_by_itself() -> None:
    """A regular expression holds Python's lock for as long as it runs: no thread of that process sees anything."""
    code = "import re; from app.knowledge.parse.worker import allow_cpu; allow_cpu(1); re.match('(a*)*b', 'a' * 40)"
    ended = subprocess.run([sys.executable, "-c", code], timeout=60)
    assert ended.returncode == -signal.SIGXCPU
