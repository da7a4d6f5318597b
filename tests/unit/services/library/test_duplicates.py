"""The same content in several files, and hashing in the background."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import Cancelled, ModelError
from app.core.jobs import CancelToken
from app.models.library_values import HashProgress
from app.services.events import HashingChanged
from app.services.library.duplicates import wanted_unasked
from app.services.library.hashing import Hasher, Wanted, hash_file
from tests.helpers import gguf_files
from tests.helpers.library import Bench
from tests.helpers.places import Ollama


def test_equal_files_are_found_and_only_satchels_own_can_be_freed(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    size = path.stat().st_size
    blob = Ollama(bench.folders.home / ".ollama/models").tag("tiny:1b", path.read_bytes())
    mine = bench.add(path)
    (report,) = bench.library.places.find()
    (theirs,) = bench.library.places.add(report.found).models
    own = bench.add_own(path)
    bench.add(gguf_files.llama(tmp_path / "other.gguf", n_layers=3))
    known = [copy.model_id for group in bench.library.duplicates.all() for copy in group.copies]
    assert own.id not in known, "it was not read yet"
    bench.hash_all()
    (group,) = bench.library.duplicates.all()
    assert group.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {copy.model_id: (copy.program, copy.freeable) for copy in group.copies} == {
        mine.id: ("", False),
        theirs.id: ("Ollama", False),
        own.id: ("", True),
    }
    assert group.freeable_bytes == size
    assert group.wasted_bytes == 2 * size
    by_id = {model.id: model for model in bench.library.models()}
    assert by_id[own.id].duplicates == (mine.id, theirs.id)
    assert by_id[theirs.id].sha256 == blob.name.removeprefix("sha256-")


def test_one_of_two_own_copies_stays(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    bench.add_own(path, "a")
    bench.add_own(path, "b")
    bench.hash_all()
    (group,) = bench.library.duplicates.all()
    assert group.freeable_bytes == path.stat().st_size


def test_links_to_one_file_are_no_duplicates(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    os.link(path, tmp_path / "hard.gguf")
    bench.add(path)
    bench.add(tmp_path / "hard.gguf")
    bench.library.duplicates.look()
    assert bench.library.hashing.progress is None, "not even hashed"
    assert bench.library.duplicates.all() == ()


def test_files_of_one_length_and_another_content_are_no_duplicates(bench: Bench, tmp_path: Path) -> None:
    bench.add(gguf_files.llama(tmp_path / "a.gguf", llama__context_length=1024))
    bench.add(gguf_files.llama(tmp_path / "b.gguf", llama__context_length=2048))
    bench.hash_all()
    assert bench.library.duplicates.all() == ()
    assert all(len(model.sha256) == 64 for model in bench.library.models())


def test_a_changed_file_is_hashed_again(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "a.gguf", llama__context_length=1024)
    model = bench.add(path)
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    before = bench.only().sha256
    gguf_files.llama(path, llama__context_length=2048)
    assert bench.only().sha256 == "", "what was known is of another file"
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    assert bench.only().sha256 not in ("", before)


def test_split_models_are_compared_part_by_part(bench: Bench, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        parts = gguf_files.split(gguf_files.llama(tmp_path / "whole.gguf"), tmp_path / folder, 2)
        bench.add(parts[0])
    bench.hash_all()
    (group,) = bench.library.duplicates.all()
    assert [len(bench.shelf.one(copy.model_id).parts) for copy in group.copies] == [2, 2]


def test_hashing_tells_how_far_it_is_and_when_it_ends(bench: Bench, tmp_path: Path) -> None:
    model = bench.add(gguf_files.llama(tmp_path / "m.gguf"))
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    size = Path(model.path).stat().st_size
    seen = [event.progress for event in bench.events if isinstance(event, HashingChanged)]
    assert seen[0] == HashProgress(model.id, "Test Llama", size, size)
    assert seen[-1] is None
    assert bench.library.hashing.progress is None


def test_hashing_stops_when_asked_and_can_go_on(bench: Bench, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(256 * 2**20)
    begun = threading.Event()

    def stop(progress: HashProgress | None) -> None:
        if progress is not None and not begun.is_set():
            begun.set()
            hasher.cancel()

    hasher = Hasher(bench.records.hashes, stop)
    hasher.add([Wanted(1, "Large", str(large))])
    assert hasher.wait(30)
    assert begun.is_set()
    assert bench.records.hashes.last(str(large)) == ""
    hasher.add([Wanted(1, "Large", str(large))])
    assert hasher.wait(60)
    assert bench.records.hashes.last(str(large)) == hashlib.sha256(bytes(256 * 2**20)).hexdigest()
    hasher.close()


def test_a_cancelled_or_changing_file_has_no_hash(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(b"12345")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        hash_file(path, bench.records.hashes, token)
    with pytest.raises(ModelError, match=r"m\.bin changed while it was read"):
        hash_file(path, bench.records.hashes, CancelToken(), lambda count: path.write_bytes(b"123456") and None)
    with pytest.raises(ModelError, match="could not be read"):
        hash_file(tmp_path / "gone.bin", bench.records.hashes, CancelToken())
    assert bench.records.hashes.last(str(path)) == ""


def test_what_is_added_twice_is_found_without_being_asked(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    blob = Ollama(bench.folders.home / ".ollama/models").tag("tiny:1b", path.read_bytes())
    other = bench.add(gguf_files.llama(tmp_path / "other.gguf", n_layers=3))
    mine = bench.add(path)
    (report,) = bench.library.places.find()
    (theirs,) = bench.library.places.add(report.found).models
    assert bench.library.hashing.wait(30)
    (group,) = bench.library.duplicates.all()
    assert [copy.model_id for copy in group.copies] == [mine.id, theirs.id]
    assert theirs.path == str(blob)
    hashes = bench.records.hashes
    assert hashes.last(mine.path)
    assert not hashes.last(other.path), "no other file is as long"


def test_files_on_a_drive_are_read_only_when_asked(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    mine, theirs = bench.add(path), bench.add_own(path)
    plugged = replace(theirs, path="/media/ada/STICK/m.gguf")
    hashes = bench.records.hashes
    assert wanted_unasked([mine, plugged], [mine], hashes) == []
    assert [each.path for each in wanted_unasked([mine, theirs], [mine], hashes)] == [mine.path, theirs.path]
