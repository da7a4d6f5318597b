"""Models whose files lie elsewhere now: the same content, or not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.core.errors import Cancelled, ModelError
from app.core.jobs import CancelToken, Progress
from app.models.model import LibraryModel
from app.services.events import NoticeRaised
from tests.helpers import gguf_files
from tests.helpers.library import Bench


@pytest.fixture
def model(bench: Bench, tmp_path: Path) -> LibraryModel:
    return bench.add(gguf_files.llama(tmp_path / "m.gguf"))


def hashed(bench: Bench, model: LibraryModel) -> str:
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    return bench.only().sha256


def notices(bench: Bench) -> list[NoticeRaised]:
    return [event for event in bench.events if isinstance(event, NoticeRaised)]


def test_the_content_is_compared_where_a_hash_is_known(bench: Bench, model: LibraryModel, tmp_path: Path) -> None:
    sha256 = hashed(bench, model)
    copy = tmp_path / "elsewhere.gguf"
    shutil.copyfile(model.path, copy)
    Path(model.path).unlink()
    seen: list[Progress] = []
    again = bench.library.moved.relink(model.id, copy, seen.append)
    assert (again.path, again.sha256) == (str(copy), sha256)
    assert seen[-1] == Progress(copy.stat().st_size, copy.stat().st_size, "bytes", "comparing")
    assert notices(bench) == []


def test_other_weights_under_the_same_header_are_refused(bench: Bench, model: LibraryModel, tmp_path: Path) -> None:
    hashed(bench, model)
    other = tmp_path / "other.gguf"
    content = bytearray(Path(model.path).read_bytes())
    content[-1] ^= 1
    other.write_bytes(content)
    Path(model.path).unlink()
    with pytest.raises(ModelError) as caught:
        bench.library.moved.relink(model.id, other)
    assert caught.value.why == "It is as long, and its content is another one."
    assert bench.only().path == model.path


def test_a_file_that_is_another_entry_is_refused(bench: Bench, model: LibraryModel, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gguf"
    shutil.copyfile(model.path, copy)
    bench.add(copy)
    Path(model.path).unlink()
    with pytest.raises(ModelError, match=r"copy\.gguf is in the library already"):
        bench.library.moved.relink(model.id, copy)


def test_comparing_can_be_cancelled(bench: Bench, model: LibraryModel, tmp_path: Path) -> None:
    hashed(bench, model)
    copy = tmp_path / "elsewhere.gguf"
    shutil.copyfile(model.path, copy)
    Path(model.path).unlink()
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        bench.library.moved.relink(model.id, copy, cancel=cancel)
    assert not bench.only().present


def test_without_a_hash_it_is_said_that_nothing_was_compared(bench: Bench, model: LibraryModel, tmp_path: Path) -> None:
    Path(model.path).rename(tmp_path / "elsewhere.gguf")
    bench.library.moved.relink(model.id, tmp_path / "elsewhere.gguf")
    (notice,) = notices(bench)
    assert notice.what == "Test Llama was recognised by its header and its length."
    assert notice.severity == "info"


def test_a_hash_from_before_a_change_says_nothing(bench: Bench, model: LibraryModel, tmp_path: Path) -> None:
    hashed(bench, model)
    content = bytearray(Path(model.path).read_bytes())
    content[-1] ^= 1
    Path(model.path).write_bytes(content)
    assert bench.only().sha256 == ""
    Path(model.path).rename(tmp_path / "elsewhere.gguf")
    assert bench.library.moved.relink(model.id, tmp_path / "elsewhere.gguf").present
    assert len(notices(bench)) == 1
