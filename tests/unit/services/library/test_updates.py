"""Whether the hub has another file now."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app.core.errors import HubError, ModelError
from app.core.jobs import CancelToken
from app.models.hub.values import HubDetails, HubFile, HubModel
from app.models.model import LibraryModel
from app.models.places.search import nobody
from app.models.source import ModelSource
from app.models.summary import read_summary
from app.services.library.adding import Adding
from app.storage.facts import Facts
from tests.helpers import gguf_files
from tests.helpers.library import Bench
from tests.helpers.synthetic_models import Storage, write

SOURCE = ModelSource("ada/tiny", "old", "tiny.gguf")


def answer(bench: Bench, sha256: str, size: int, path: str = "tiny.gguf") -> None:
    file = HubFile("ada/tiny", "new", "tiny", (path,), (size,), (sha256,))
    bench.hub["ada/tiny"] = HubDetails(HubModel("ada/tiny", "ada", "tiny"), (file,), "", "new")


@pytest.fixture
def model(bench: Bench, tmp_path: Path) -> LibraryModel:
    return bench.add(gguf_files.llama(tmp_path / "m.gguf"), SOURCE)


def test_by_hash_where_it_is_known(bench: Bench, model: LibraryModel) -> None:
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    answer(bench, bench.only().sha256, model.summary.size_bytes)
    check = bench.library.check_update(model.id)
    assert (check.available, check.sentence) == (False, "This is the file that ada/tiny has now.")
    answer(bench, "f" * 64, model.summary.size_bytes)
    check = bench.library.check_update(model.id)
    assert (check.available, check.sentence) == (True, "ada/tiny has another version of tiny now.")
    assert (check.source.revision, check.sha256) == ("new", "f" * 64)


def test_by_length_where_it_is_not(bench: Bench, model: LibraryModel) -> None:
    answer(bench, "f" * 64, model.summary.size_bytes)
    check = bench.library.check_update(model.id)
    assert not check.available
    assert "without a hash no more can be said" in check.sentence
    answer(bench, "", model.summary.size_bytes + 1)
    assert bench.library.check_update(model.id).available


def test_what_the_hub_does_not_have_any_more_is_said(bench: Bench, model: LibraryModel) -> None:
    answer(bench, "f" * 64, 5, "renamed.gguf")
    check = bench.library.check_update(model.id)
    assert (check.available, check.sentence) == (False, "ada/tiny does not have tiny.gguf any more.")
    bench.hub.clear()
    with pytest.raises(HubError):
        bench.library.check_update(model.id)


def test_without_a_source_nothing_is_asked(bench: Bench, tmp_path: Path) -> None:
    model = bench.add(gguf_files.llama(tmp_path / "m.gguf"))
    for source in (None, ModelSource("", file="m.gguf"), ModelSource("ada/tiny")):
        if source is not None:
            bench.library.set_source(model.id, source)
        with pytest.raises(ModelError, match="Where it was downloaded from is not known"):
            bench.library.check_update(model.id)


def test_all_parts_of_a_split_model_are_compared(bench: Bench, tmp_path: Path) -> None:
    first = write(tmp_path, "llama", Storage(parts=3))
    model = bench.add(first, ModelSource("ada/tiny", "old", first.name))
    paths = tuple(Path(part).name for part in model.parts)
    sizes = tuple(Path(part).stat().st_size for part in model.parts)
    real = [hashlib.sha256(Path(part).read_bytes()).hexdigest() for part in model.parts]

    def check(*sha256s: str) -> tuple[bool, str]:
        file = HubFile("ada/tiny", "new", "tiny", paths, sizes, sha256s)
        bench.hub["ada/tiny"] = HubDetails(HubModel("ada/tiny", "ada", "tiny"), (file,), "", "new")
        found = bench.library.check_update(model.id)
        return found.available, found.sentence

    bench.shelf.learn(model.parts, [real[0]])
    assert check(*real) == (
        False,
        "This file is as long as the one that ada/tiny has now; without a hash no more can be said.",
    )
    bench.library.hashing.add_model(model)
    assert bench.library.hashing.wait(30)
    assert check(*real) == (False, "This is the file that ada/tiny has now.")
    assert check(real[0], real[1], "f" * 64) == (True, "ada/tiny has another version of tiny now.")


def test_an_update_that_was_found_stays_known_until_the_file_is_another(
    bench: Bench, model: LibraryModel, tmp_path: Path
) -> None:
    answer(bench, "f" * 64, model.summary.size_bytes + 1)
    check = bench.library.check_update(model.id)
    newer = bench.only().newer
    assert newer is not None
    assert (newer.source, newer.sha256, newer.sentence) == (check.source, check.sha256, check.sentence)
    bench.library.check_update(model.id)
    assert bench.only().newer == newer, "known since it was seen first"
    bench.hub.clear()
    with pytest.raises(HubError):
        bench.library.check_update(model.id)
    assert bench.only().newer == newer, "no answer is no news"
    gguf_files.llama(Path(model.path), n_layers=3)
    assert bench.only().newer is None


def test_an_update_that_was_found_is_forgotten_when_it_was_withdrawn(bench: Bench, model: LibraryModel) -> None:
    answer(bench, "f" * 64, model.summary.size_bytes + 1)
    bench.library.check_update(model.id)
    answer(bench, "", model.summary.size_bytes)
    bench.library.check_update(model.id)
    assert bench.only().newer is None


def test_getting_the_newer_file_beside_the_old_one_ends_the_word_of_it(
    bench: Bench, model: LibraryModel, tmp_path: Path
) -> None:
    answer(bench, "f" * 64, model.summary.size_bytes + 1)
    newest = bench.library.check_update(model.id).source
    path = gguf_files.llama(bench.home.models / "tiny.gguf", n_layers=3)
    adding = Adding(bench.shelf, Facts(bench.database), bench.home)
    adding.add(path, read_summary(path)[1], False, nobody, CancelToken(), source=newest)
    assert [each.newer for each in bench.library.models()] == [None, None]
