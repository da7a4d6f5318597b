"""Deleting models, and bringing them back."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.models.preset import Preset
from app.services.events import LibraryChanged
from tests.helpers import gguf_files
from tests.helpers.library import Bench


def test_a_file_of_somebody_elses_is_only_forgotten(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m.gguf")
    model = bench.add(path)
    bench.library.set_notes(model.id, "Good.")
    bench.library.delete(model.id)
    assert bench.library.models() == []
    assert path.is_file()
    assert [entry.size_bytes for entry in bench.library.trash.all()] == [0]
    assert bench.library.undelete(model.id).notes == "Good."
    bench.library.delete(model.id)
    again = bench.add(path)
    assert (again.id, again.notes) == (model.id, "Good."), "adding the file again brings it back, too"
    assert bench.library.trash.all() == ()


def test_satchels_own_copy_goes_to_the_trash_and_comes_back_as_it_was(bench: Bench, tmp_path: Path) -> None:
    model = bench.add_own(gguf_files.llama(tmp_path / "m.gguf"), "ada/tiny")
    path = Path(model.path)
    content = path.read_bytes()
    bench.library.rename(model.id, "Mine")
    bench.library.presets.set(model.id, Preset(temperature=0.1))
    bench.events.clear()
    bench.library.delete(model.id)
    assert bench.events == [LibraryChanged()]
    assert not path.exists()
    assert list(bench.home.models.iterdir()) == [], "empty folders go, too"
    (entry,) = bench.library.trash.all()
    assert (entry.title, entry.size_bytes) == ("Mine", len(content))
    assert (entry.purged_at - entry.deleted_at).days == 30
    with pytest.raises(ModelError, match="not in the library any more"):
        bench.library.rename(model.id, "x")
    back = bench.library.undelete(model.id)
    assert (back.title, back.path, back.present) == ("Mine", str(path), True)
    assert path.read_bytes() == content
    assert bench.library.presets.of(model.id) == Preset(temperature=0.1)
    assert list(bench.home.trash.iterdir()) == []
    assert bench.library.undelete(model.id) == back, "twice is no error"


def test_all_parts_of_a_split_model_go_and_come_together(bench: Bench, tmp_path: Path) -> None:
    parts = gguf_files.split(gguf_files.llama(tmp_path / "whole.gguf"), tmp_path, 3, "big")
    for part in parts[1:]:
        (bench.home.models / part.name).write_bytes(part.read_bytes())
    model = bench.add_own(parts[0])
    bench.library.delete(model.id)
    assert list(bench.home.models.iterdir()) == []
    assert bench.library.trash.all()[0].size_bytes == sum(part.stat().st_size for part in parts)
    back = bench.library.undelete(model.id)
    assert (back.present, len(back.parts)) == (True, 3)


def test_where_one_part_cannot_be_moved_all_stay(bench: Bench, tmp_path: Path) -> None:
    parts = gguf_files.split(gguf_files.llama(tmp_path / "whole.gguf"), tmp_path, 3, "big")
    for part in parts[1:]:
        (bench.home.models / part.name).write_bytes(part.read_bytes())
    model = bench.add_own(parts[0])
    in_the_way = bench.home.trash / str(model.id) / parts[1].name
    in_the_way.mkdir(parents=True)
    with pytest.raises(ModelError, match="was not deleted"):
        bench.library.delete(model.id)
    assert bench.only().present
    assert bench.library.trash.all() == ()
    in_the_way.rmdir()
    bench.library.delete(model.id)
    assert list(bench.home.models.iterdir()) == []


def test_to_a_trash_on_another_disk_files_are_copied_with_their_time(bench: Bench, tmp_path: Path) -> None:
    model = bench.add_own(gguf_files.llama(tmp_path / "m.gguf"))
    content, time = Path(model.path).read_bytes(), Path(model.path).stat().st_mtime_ns
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as other_disk:
        bench.home.trash.symlink_to(other_disk, target_is_directory=True)
        bench.library.delete(model.id)
        (kept,) = Path(other_disk).rglob("*.gguf")
        assert not Path(model.path).exists()
        assert (kept.read_bytes(), kept.stat().st_mtime_ns) == (content, time)
        assert bench.library.undelete(model.id).present
        assert list(Path(other_disk).iterdir()) == []


def test_a_new_file_at_the_old_place_is_not_overwritten(bench: Bench, tmp_path: Path) -> None:
    model = bench.add_own(gguf_files.llama(tmp_path / "m.gguf"))
    bench.library.delete(model.id)
    newer = bench.add_own(gguf_files.llama(tmp_path / "m.gguf", n_layers=5))
    assert newer.id != model.id
    back = bench.library.undelete(model.id)
    assert back.path != newer.path
    assert [entry.summary.n_layers for entry in bench.library.models()] == [2, 5]


def test_after_thirty_days_it_is_gone_for_good(bench: Bench, tmp_path: Path) -> None:
    model = bench.add_own(gguf_files.llama(tmp_path / "m.gguf"))
    bench.library.delete(model.id)
    bench.wait(days=29)
    bench.trash.tidy()
    assert len(bench.library.trash.all()) == 1
    bench.wait(days=1)
    bench.trash.tidy()
    assert bench.library.trash.all() == ()
    assert list(bench.home.trash.iterdir()) == []
    with pytest.raises(ModelError, match="cannot be brought back"):
        bench.library.undelete(model.id)


def test_the_trash_is_emptied_at_once_when_asked(bench: Bench, tmp_path: Path) -> None:
    own = bench.add_own(gguf_files.llama(tmp_path / "m.gguf"))
    size = Path(own.path).stat().st_size
    other = bench.add(gguf_files.llama(tmp_path / "other.gguf", n_layers=3))
    bench.library.delete(own.id)
    bench.library.delete(other.id)
    assert bench.library.trash.empty() == size
    assert bench.library.trash.all() == ()
    assert Path(other.path).is_file()


def test_a_move_that_a_crash_interrupted_is_finished(bench: Bench, tmp_path: Path) -> None:
    model = bench.add_own(gguf_files.llama(tmp_path / "m.gguf"))
    bench.library.delete(model.id)
    trashed = next(bench.home.trash.rglob("*.gguf"))
    trashed.rename(model.path)  # as if it had never been moved
    bench.trash.tidy()
    assert trashed.is_file()
    assert not Path(model.path).exists()
    trashed.rename(model.path)
    assert bench.library.undelete(model.id).path == model.path, "it need not be finished to be undone"


def test_a_file_that_came_later_is_not_taken_for_an_interrupted_move(bench: Bench, tmp_path: Path) -> None:
    model = bench.add_own(gguf_files.llama(tmp_path / "m.gguf"))
    bench.library.delete(model.id)
    next(bench.home.trash.rglob("*.gguf")).unlink()
    later = gguf_files.llama(Path(model.path), n_layers=7)
    bench.trash.tidy()
    assert later.is_file()


def test_a_model_whose_file_is_gone_can_be_deleted(bench: Bench, tmp_path: Path) -> None:
    model = bench.add_own(gguf_files.llama(tmp_path / "m.gguf"))
    Path(model.path).unlink()
    bench.library.delete(model.id)
    assert bench.library.models() == []
    assert not bench.library.undelete(model.id).present


def test_what_cannot_be_brought_back_stays_in_the_trash(bench: Bench, tmp_path: Path) -> None:
    model = bench.add_own(gguf_files.llama(tmp_path / "m.gguf"), "ada/tiny")
    bench.library.delete(model.id)
    (bench.home.models / "ada").write_text("no folder")
    with pytest.raises(ModelError, match="was not brought back"):
        bench.library.undelete(model.id)
    assert len(bench.library.trash.all()) == 1
    (bench.home.models / "ada").unlink()
    assert bench.library.undelete(model.id).present
