"""What goes on behind a file that arrives: its hash and its way to the disk."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from app.models.download.hashing import DiskSync, PrefixHash
from app.models.download.journal import RANGE_BYTES
from app.models.download.partial import PartFiles, PartialFile
from tests.helpers.downloads import MIB, random_bytes

DATA = random_bytes(RANGE_BYTES + 3 * MIB)


def opened(folder: Path, *, same_boot: bool = True) -> PartialFile:
    return PartialFile(PartFiles(folder, 0), len(DATA), same_boot=same_boot)


def fill(file: PartialFile) -> None:
    """Write all that is missing, the last pieces first."""
    pieces = []
    while (piece := file.claim(4 * MIB, 0)) is not None:
        pieces.append(piece)
    for piece in reversed(pieces):
        file.write(piece, [DATA[piece.at : piece.end]])
        file.release(piece)
    if not file.complete:
        fill(file)


def test_the_hash_is_of_the_whole_file_whatever_arrives_first(tmp_path: Path) -> None:
    file = opened(tmp_path)
    digest = PrefixHash(file)
    assert digest.result(0) is None
    fill(file)
    assert digest.result(20) == hashlib.sha256(DATA).hexdigest()
    file.close()


def test_bytes_that_the_disk_lost_are_no_hash(tmp_path: Path) -> None:
    file = opened(tmp_path)
    fill(file)
    os.truncate(file.path, MIB)
    with pytest.raises(OSError, match="shorter than what was written"):
        PrefixHash(file).result(20)
    file.close()


def test_a_complete_file_is_on_the_disk(tmp_path: Path) -> None:
    file = opened(tmp_path)
    sync = DiskSync(file, every_s=60.0)
    assert not sync.done(0)
    fill(file)
    assert sync.done(20)
    file.close()
    after_a_crash = opened(tmp_path, same_boot=False)
    assert after_a_crash.complete
    after_a_crash.close()


def test_closing_ends_both(tmp_path: Path) -> None:
    file = opened(tmp_path)
    digest, sync = PrefixHash(file), DiskSync(file, every_s=60.0)
    file.close()
    assert sync.done(20)
    assert digest.result(20) is None
