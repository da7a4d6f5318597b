"""A partial file and its journal: what is there is known, and no more than one range is ever under way."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.download.journal import RANGE_BYTES
from app.models.download.partial import Closed, Facts, Identity, PartFiles, PartialFile
from tests.helpers.downloads import MIB


def opened(folder: Path, size: int, *, same_boot: bool = True) -> PartialFile:
    return PartialFile(PartFiles(folder, 0), size, same_boot=same_boot)


def known_bytes(folder: Path, size: int, *, same_boot: bool = True) -> int:
    """What the next process takes for granted."""
    with contextlib.closing(opened(folder, size, same_boot=same_boot)) as file:
        return file.done_bytes


def test_what_was_written_is_known_to_the_next_process(tmp_path: Path) -> None:
    file = opened(tmp_path, 2 * RANGE_BYTES)
    piece = file.claim(RANGE_BYTES, 0)
    assert piece is not None
    file.write(piece, [b"ab", memoryview(b"cde")])
    file.close()

    again = opened(tmp_path, 2 * RANGE_BYTES)
    assert again.done_bytes == again.prefix_bytes(0, 0) == 5
    assert (tmp_path / "0.part").read_bytes() == b"abcde"
    following = again.claim(RANGE_BYTES, 0)
    assert following is not None
    assert (following.at, following.end) == (5, RANGE_BYTES)
    again.close()


def test_after_another_boot_only_what_the_disk_took_counts(tmp_path: Path) -> None:
    file = opened(tmp_path, RANGE_BYTES)
    piece = file.claim(RANGE_BYTES, 0)
    assert piece is not None
    file.write(piece, [b"on the disk"])
    file.sync()
    file.write(piece, [b" and not yet"])
    file.close()

    assert known_bytes(tmp_path, RANGE_BYTES) == 23
    assert known_bytes(tmp_path, RANGE_BYTES, same_boot=False) == 11
    assert known_bytes(tmp_path, RANGE_BYTES) == 11, "what was not trusted once is not trusted later"


def test_a_journal_without_its_file_counts_for_nothing(tmp_path: Path) -> None:
    file = opened(tmp_path, RANGE_BYTES)
    piece = file.claim(RANGE_BYTES, 0)
    assert piece is not None
    file.write(piece, [b"abc"])
    file.close()
    (tmp_path / "0.part").unlink()

    assert known_bytes(tmp_path, RANGE_BYTES) == 0


def test_a_damaged_journal_claims_no_more_than_the_file_holds(tmp_path: Path) -> None:
    (tmp_path / "0.part").write_bytes(b"x" * (RANGE_BYTES + 2))
    (tmp_path / "0.ranges").write_bytes(b"\xff" * 19)
    assert known_bytes(tmp_path, RANGE_BYTES + 5) == RANGE_BYTES + 2

    (tmp_path / "0.part").write_bytes(b"x")
    assert known_bytes(tmp_path, RANGE_BYTES + 5) == 1


def test_nothing_is_written_after_it_was_closed(tmp_path: Path) -> None:
    file = opened(tmp_path, RANGE_BYTES)
    piece = file.claim(RANGE_BYTES, 0)
    assert piece is not None
    file.close()

    with pytest.raises(Closed):
        file.write(piece, [b"too late"])
    with pytest.raises(Closed):
        file.claim(RANGE_BYTES, 0)
    with pytest.raises(Closed):
        file.sync()
    for wait in (file.sleep, lambda most_s: file.wait_complete(most_s, 1), lambda most_s: file.prefix_bytes(0, most_s)):
        with pytest.raises(Closed):
            wait(20.0)
    assert (tmp_path / "0.part").read_bytes() == b""


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((1, 2, 3, 4)), st.integers(0, 9), st.booleans()), max_size=60))
def test_never_more_than_one_range_is_under_way(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, bool]]
) -> None:
    """Whatever number of connections claims, advances and gives up in whatever order."""
    size = 5 * RANGE_BYTES + 3
    file = opened(tmp_path_factory.mktemp("partial"), size)
    pieces = []
    for lanes, chosen, gives_up in steps:
        piece = file.claim(RANGE_BYTES // lanes, 0)
        if piece is not None:
            pieces.append(piece)
        assert sum(each.end - each.at for each in pieces) <= RANGE_BYTES
        spans = sorted((each.at, each.end) for each in pieces)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
        if not pieces:
            continue
        piece = pieces[chosen % len(pieces)]
        file.write(piece, [bytes(min(MIB // 2, piece.end - piece.at))])
        if gives_up or piece.at == piece.end:
            file.release(piece)
            pieces.remove(piece)
    file.close()


def test_facts_are_kept_and_damaged_ones_are_none(tmp_path: Path) -> None:
    files = PartFiles(tmp_path, 3)
    facts = Facts(Identity(5, "ab", '"etag"', "main"), "boot", 1)
    files.keep(facts)
    assert files.facts() == facts
    files.facts_file.write_bytes(b"{")
    assert files.facts() is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Identity(5, "ab", "x", "1"), Identity(5, "ab", "y", "2"), True),
        (Identity(5, "ab", "x", "1"), Identity(5, "cd", "x", "1"), False),
        (Identity(5, "ab", "x", "1"), Identity(6, "ab", "x", "1"), False),
        (Identity(5, "", "x", "1"), Identity(5, "", "x", "2"), True),
        (Identity(5, "", "x", "1"), Identity(5, "", "y", "1"), False),
        (Identity(5, "ab", "x", "1"), Identity(5, "", "x", "1"), False),
    ],
)
def test_what_tells_one_content_from_another(one: Identity, other: Identity, same: bool) -> None:
    assert one.same_content(other) == other.same_content(one) == same
