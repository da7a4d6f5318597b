"""Checked answers as text, used sources, export."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.chat.answer import (
    answer_parts,
    nearest_passages,
    not_found_answer,
    plain_answer,
    source_line,
    sources_used,
    support_summary,
)
from app.chat.export import to_markdown
from app.chat.sources import CheckedSentence, Citation, Evidence, Passage, Quote
from app.chat.title import title_of
from app.chat.transcript import Message

ANSWER = "It is 330 m high.\n\nIt is blue."
CHECKS = (
    CheckedSentence(0, 17, "supported", (Citation(3, 0, 5, 0.9, 2), Citation(1, 0, 5, 0.8), Citation(3, 9, 12, 0.7))),
    CheckedSentence(19, 30, "unsupported"),
)
PASSAGES = tuple(
    Passage(n, n, n, 1, f"/docs/file_{n}.pdf", f"File {n}", "A › B" if n == 3 else "", n, 0, 10, "text", 1.0)
    for n in (1, 2, 3)
)
EVIDENCE = Evidence("how high?", PASSAGES, (Quote(2, 0, 4, "A quote\nof two lines.", 0.9, 2),), True)


def test_marks_stand_at_the_end_of_their_sentence() -> None:
    assert plain_answer(ANSWER, CHECKS) == "It is 330 m high. [3][1]\n\nIt is blue. [?]"


def test_an_unchecked_answer_is_left_alone() -> None:
    assert plain_answer(ANSWER, ()) == ANSWER


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=6),
)
def test_parts_are_the_whole_text_whatever_the_checks(text: str, spans: list[tuple[int, int]]) -> None:
    checks = [CheckedSentence(start, end, "partial") for start, end in spans]
    assert "".join(part.text for part in answer_parts(text, checks)) == text


def test_only_what_was_used_is_a_source() -> None:
    assert [p.number for p in sources_used(EVIDENCE, ())] == [2]
    assert [p.number for p in sources_used(EVIDENCE, CHECKS)] == [1, 2, 3]
    assert sources_used(None, CHECKS) == []
    assert nearest_passages(EVIDENCE) == []
    assert nearest_passages(replace(EVIDENCE, found=False, quotes=())) == list(PASSAGES)


def test_support_in_words() -> None:
    assert support_summary(CHECKS) == "1 of the model's 2 sentences is not supported by your documents."
    assert support_summary(CHECKS[:1]) == ""
    assert support_summary(CHECKS[1:]) == "Your documents do not support what the model added."


def test_where_a_passage_stands() -> None:
    assert source_line(PASSAGES[2]) == "file_3.pdf, page 3, A › B"
    assert source_line(replace(PASSAGES[0], page=None, path="C:\\docs\\a.txt")) == "a.txt"


def test_what_is_not_indexed_yet_is_said() -> None:
    assert "not indexed" not in not_found_answer(0)
    assert "One file is not indexed yet" in not_found_answer(1)
    assert "1,200 files are not indexed yet" in not_found_answer(1200)


def test_an_export_can_be_read_alone() -> None:
    now = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    question = Message(1, 1, None, "user", "How high?\nReally", "complete", now)
    reply = Message(2, 1, 1, "assistant", ANSWER, "stopped", now, "Smol", "", 2, EVIDENCE, CHECKS)
    failed = Message(3, 1, 1, "assistant", "", "failed", now, "", "It could not be loaded.")
    lost = Message(
        4, 1, 1, "assistant", "Nothing.", "complete", now, evidence=replace(EVIDENCE, found=False, quotes=())
    )
    text = to_markdown("Towers", [question, reply, failed, lost])
    assert text.startswith("# Towers\n\n## 2026-11-24 09:05 UTC\n\n> How high?  \n> Really\n\n### Smol (stopped)\n")
    assert "2 older messages did not fit" in text
    assert "> A quote\n> of two lines.\n>\n> [2]" in text
    assert "It is 330 m high. [3][1]" in text
    assert r"- \[3\] file\_3.pdf, page 3, “A › B” (`/docs/file_3.pdf`)" in text
    assert "*It could not be loaded.*" in text
    assert "Nearest passages:" in text.split("Nothing.")[1]


def test_an_export_keeps_the_lines_of_a_verse_and_leaves_code_alone() -> None:
    now = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    verse = Message(1, 1, None, "assistant", "Roses,\nviolets.\n\n```\na\nb\n```", "complete", now)
    assert "Roses,  \nviolets.\n\n```\na\nb\n```" in to_markdown("Verse", [verse])


def test_titles_are_the_first_words() -> None:
    assert title_of("## Why **is** it?\nmore") == "Why **is** it?"
    assert title_of("\n \n> quoted   words ") == "quoted words"
    assert title_of("   ") == ""
    long = title_of("What does the contract of the year before last say about cancellation?")
    assert long == "What does the contract of the year before last…"
    assert len(title_of("x" * 200)) == 48


def test_a_sentence_that_a_source_says_only_in_part_does_not_look_supported() -> None:
    part = CheckedSentence(0, 25, "partial", (Citation(2, 0, 5, 0.5),))
    assert plain_answer("It is covered for a year.", [part]) == "It is covered for a year. [2?]"
