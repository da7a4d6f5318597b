"""Rows of tables: their cells, and how a quote of one is shown."""

from __future__ import annotations

import pytest

from app.chat.rows import is_rule, quote_text, row_cells


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("| Monitor | 350 euros | Team lead |", ["Monitor", "350 euros", "Team lead"]),
        ("|a|b|", ["a", "b"]),
        ("| a || c |", ["a", "", "c"]),
        (r"| a \| b | c |", ["a | b", "c"]),
        ("Monitor | 350 euros | Team lead", ["Monitor", "350 euros", "Team lead"]),
        ("|---|:-:|", []),
        ("No row, with a | in it, though", ["No row, with a", "in it, though"]),
        ("No row", []),
        ("a|b", []),
        ("|", []),
        ("", []),
    ],
)
def test_cells_of_a_line(line: str, cells: list[str]) -> None:
    assert row_cells(line) == cells


@pytest.mark.parametrize(
    ("line", "expected"),
    [("|---|---|", True), (" :--- | ---: ", True), ("-----", False), ("| - a | b |", False), ("", False)],
)
def test_the_rule_below_a_tables_head(line: str, expected: bool) -> None:
    assert is_rule(line) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("| Monitor | 350 euros | Team lead |", "Monitor · 350 euros · Team lead"),
        ("| Monitor | | Team lead |", "Monitor · Team lead"),
        ("See the limits.\n| Monitor | 350 euros |", "See the limits. Monitor · 350 euros"),
        ("It is  wrapped\n  here.", "It is wrapped here."),
        ("cat notes | sort", "cat notes | sort"),
        ("|x| is its size", "|x| is its size"),
        ("", ""),
    ],
)
def test_a_quote_is_shown_on_one_line_without_pipes(text: str, shown: str) -> None:
    assert quote_text(text) == shown
