"""Sizes as people read them."""

from __future__ import annotations

import pytest

from app.core.sizes import size_text


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (12_300, "12 kB"),
        (999_700, "1.0 MB"),
        (98_360_000, "98.4 MB"),
        (99_960_000, "100 MB"),
        (144_800_000, "145 MB"),
        (999_800_000, "1.0 GB"),
        (25_260_000_000, "25.3 GB"),
        (4_096_000_000_000, "4096.0 GB"),
    ],
)
def test_a_size_is_said_as_people_read_it(size_bytes: int, words: str) -> None:
    assert size_text(size_bytes) == words
