from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.services.library.paths import resolved

PART = "big-00001-of-00002.gguf"


def test_a_link_leads_to_its_file(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.touch()
    (tmp_path / "link.gguf").symlink_to(file)
    assert resolved(tmp_path / "link.gguf") == resolved(file) == file.resolve()


def test_a_part_keeps_the_name_by_which_the_other_parts_are_found(tmp_path: Path) -> None:
    """The hub's cache has links with names to files that are named by their hash."""
    blob, moved, snapshot = tmp_path / "c0ffee", tmp_path / "moved", tmp_path / "snapshot"
    for folder in (moved, snapshot):
        folder.mkdir()
    blob.touch()
    (snapshot / PART).symlink_to(blob)
    assert resolved(snapshot / PART) == snapshot / PART
    (moved / PART).touch()
    (tmp_path / PART).symlink_to(moved / PART)
    assert resolved(tmp_path / PART) == (moved / PART).resolve(), "its target has such a name, too"


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"m\.gguf was not found"):
        resolved(tmp_path / "m.gguf")
    (tmp_path / "loop.gguf").symlink_to(tmp_path / "loop.gguf")
    with pytest.raises(ModelError, match=r"loop\.gguf cannot be read"):
        resolved(tmp_path / "loop.gguf")


@pytest.mark.skipif(sys.platform != "linux", reason="only there a name may be any bytes")
def test_a_name_that_is_no_text_is_said(tmp_path: Path) -> None:
    name = os.fsdecode(b"m\xff.gguf")
    (tmp_path / name).touch()
    with pytest.raises(ModelError, match="not valid text"):
        resolved(tmp_path / name)
