from __future__ import annotations

import hashlib
from pathlib import Path

from app.models.places import hub_cache
from app.models.places.search import Search
from app.models.source import ModelSource
from app.models.summary import read_summary
from tests.helpers import gguf_files, places
from tests.helpers.places import folders, hub_snapshot, model_bytes

OLD, NEW = "a" * 40, "b" * 40


def test_files_are_found_with_their_repository_revision_and_hash(tmp_path: Path) -> None:
    there = folders(tmp_path)
    content = model_bytes()
    snapshot = hub_snapshot(
        there.home / ".cache/huggingface/hub",
        "ada/tiny-GGUF",
        NEW,
        {"tiny.Q4_0.gguf": content, "README.md": b"# Tiny", "sub/other.gguf": model_bytes("Other")},
    )
    with places.untouched(tmp_path):
        (report,) = hub_cache.look(there, Search())
    assert [found.name for found in report.found] == ["ada/tiny-GGUF/sub/other", "ada/tiny-GGUF/tiny.Q4_0"]
    found = report.found[1]
    assert found.path == str(snapshot / "tiny.Q4_0.gguf")
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.source == ModelSource("ada/tiny-GGUF", NEW, "tiny.Q4_0.gguf")
    assert found.size_bytes == len(content)


def test_a_file_in_two_revisions_is_found_once_in_the_newest(tmp_path: Path) -> None:
    there = folders(tmp_path)
    cache = there.home / ".cache/huggingface/hub"
    hub_snapshot(cache, "ada/tiny", OLD, {"a.gguf": model_bytes("A"), "b.gguf": model_bytes("B")})
    hub_snapshot(cache, "ada/tiny", NEW, {"a.gguf": model_bytes("A"), "b.gguf": model_bytes("B2")})
    (report,) = hub_cache.look(there, Search())
    assert [(found.name, found.source and found.source.revision) for found in report.found] == [
        ("ada/tiny/a", NEW),
        ("ada/tiny/b", NEW),
        ("ada/tiny/b", OLD),
    ]


def test_without_links_the_file_itself_lies_in_the_snapshot(tmp_path: Path) -> None:
    there = folders(tmp_path, system="win32", HF_HOME=str(tmp_path / "hf"))
    hub_snapshot(tmp_path / "hf" / "hub", "ada/tiny", NEW, {"a.gguf": model_bytes()}, links=False)
    (report,) = hub_cache.look(there, Search())
    assert [(found.name, found.sha256, found.problem) for found in report.found] == [("ada/tiny/a", "", "")]


def test_a_split_model_is_one_and_is_read_through_its_links(tmp_path: Path) -> None:
    there = folders(tmp_path)
    parts = gguf_files.split(gguf_files.llama(tmp_path / "whole.gguf"), tmp_path, 2, "big")
    snapshot = hub_snapshot(
        there.home / ".cache/huggingface/hub", "ada/big", NEW, {part.name: part.read_bytes() for part in parts}
    )
    (report,) = hub_cache.look(there, Search())
    (found,) = report.found
    assert found.name == "ada/big/big"
    assert found.parts == tuple(str(snapshot / part.name) for part in parts)
    assert found.size_bytes == sum(part.stat().st_size for part in parts)
    assert read_summary(Path(found.path))[1].n_parts == 2


def test_a_link_to_a_missing_blob_is_shown_as_such(tmp_path: Path) -> None:
    there = folders(tmp_path)
    snapshot = hub_snapshot(there.home / ".cache/huggingface/hub", "ada/tiny", NEW, {"a.gguf": model_bytes()})
    (snapshot / "a.gguf").resolve().unlink()
    (report,) = hub_cache.look(there, Search())
    (found,) = report.found
    assert found.problem.startswith("a.gguf is a link to a file that is not there")
    assert found.problem.endswith("Its download may not be complete.")


def test_where_the_environment_points_is_looked_at_and_a_gone_folder_is_said(tmp_path: Path) -> None:
    assert hub_cache.look(folders(tmp_path), Search()) == []
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"):
        (report,) = hub_cache.look(folders(tmp_path, **{name: str(tmp_path / "nowhere")}), Search())
        assert "is not there, although the environment names it" in report.problems[0]
