"""Each sentence of an answer gets what the passages say to it, with the real embedding model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chat.sources import CheckedSentence, Evidence, Passage, Support
from app.knowledge.answer_check import check
from app.knowledge.embed import EmbeddingModel
from app.knowledge.evidence import SentenceVectors
from app.knowledge.headings import Heading
from app.knowledge.word_index import Term
from app.knowledge.words import STOP_WORDS, words

WARRANTY = (
    "The frame of the Otter 3 is covered for five years. The base is covered for two years. "
    "The warranty does not cover tyres. It was designed by Mira Lindqvist in Malmö."
)
BATTERY = "A full charge takes 210 minutes. The battery must be charged to 80 percent before winter storage."


@pytest.fixture(scope="module")
def vectors(embedding_model: Path) -> Iterator[SentenceVectors]:
    model = EmbeddingModel(embedding_model)
    yield SentenceVectors(model)
    model.close()


def terms(text: str) -> list[Term]:
    found = [w.written.lower() for w in words(text) if w.written.lower() not in STOP_WORDS]
    return [Term(word, math.log(1 + 50 / 5), True) for word in dict.fromkeys(found)]


def evidence(question: str = "What is covered?") -> Evidence:
    return Evidence(
        question,
        tuple(
            Passage(n, n, n, 1, f"/{n}.pdf", f"{n}.pdf", "", n, 1000, 1000 + len(text), text, 1.0)
            for n, text in enumerate((WARRANTY, BATTERY), start=1)
        ),
        found=True,
    )


def checked(answer: str, vectors: SentenceVectors | None, question: str = "What is covered?") -> list[CheckedSentence]:
    return list(check(answer, evidence(question), terms, vectors, lambda file_id, _offset: 10 * file_id))


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("The frame of the Otter 3 is covered for five years.", "supported"),
        ("The Otter 3's frame is covered for 5 years.", "supported"),
        ("A full charge of the battery takes 210 minutes.", "supported"),
        ("The base is covered for three years.", "partial"),
        ("A full charge takes 310 minutes.", "partial"),
        ("A full charge takes 210 of 210 minutes.", "partial"),
        ("The warranty covers tyres.", "partial"),
        ("The base is not covered for two years.", "partial"),
        ("It was designed by Jonas Eriksson in Malmö.", "partial"),
        ("Sourdough bread rests for nine hours in a cold kitchen.", "unsupported"),
        ("The capital of France is Paris.", "unsupported"),
        ("How can I help you today?", "not_a_claim"),
        ("Sure, here is the answer:", "not_a_claim"),
        ("The documents do not mention the price.", "not_a_claim"),
        ("I cannot find this in your documents.", "not_a_claim"),
        ("Hello!", "not_a_claim"),
    ],
)
def test_claims(vectors: SentenceVectors, claim: str, expected: Support) -> None:
    [only] = checked(claim, vectors)
    assert only.support == expected
    assert bool(only.citations) == (expected in ("supported", "partial"))


@pytest.mark.parametrize(
    ("source", "question", "claim", "expected"),
    [
        # Answers of a real 135M model, and what it was given.
        (
            "The base is covered for five years. The lamp is covered for two years.",
            "How long is the base covered?",
            "The base is covered for two years.",
            "partial",
        ),
        (
            "The tower is 330 metres tall, about the height of an 81-storey building.",
            "How tall is the tower?",
            "The tower is 324 metres tall.",
            "partial",
        ),
        (
            "Fresno is served by State Route 99. State Route 168 (Sierra Freeway) heads east to Huntington Lake, and "
            "State Route 41 (Yosemite Freeway) comes from Yosemite National Park.",
            "What is another name for State Route 168 in Fresno?",
            "Another name for State Route 168 is Yosemite.",
            "partial",
        ),
        (
            "Fresno is served by State Route 99. State Route 168 (Sierra Freeway) heads east to Huntington Lake, and "
            "State Route 41 (Yosemite Freeway) comes from Yosemite National Park.",
            "What is another name for State Route 168 in Fresno?",
            "State Route 168 is the Sierra Freeway and heads east to Huntington Lake.",
            "supported",
        ),
        # The same sentence has both numbers.
        ("The frame is covered for five years and the base for two years.", "", "The base is covered for five years.",
         "partial"),
        ("The frame is covered for five years and the base for two years.", "", "The base is covered for two years.",
         "supported"),
        ("Of the inhabitants 56.2% were Catholics, 35.7% Jews and 2.8% Protestants.", "What share were Protestants?",
         "56.2% of the inhabitants were Protestants.", "partial"),
        ("Of the inhabitants 56.2% were Catholics, 35.7% Jews and 2.8% Protestants.", "What share were Protestants?",
         "Of the inhabitants 2.8 percent were Protestants.", "supported"),
        # The name stands in the passage, but elsewhere.
        ("It was designed by Mira Lindqvist in Malmö. Jonas Berg sells it in Oslo.", "Who designed it?",
         "It was designed by Jonas Berg in Malmö.", "partial"),
        ("It was designed by Mira Lindqvist in Malmö. Jonas Berg sells it in Oslo.", "Who designed it?",
         "It was designed by Mira Lindqvist.", "supported"),
    ],
)  # fmt: skip
def test_particulars_must_stand_where_the_rest_of_the_claim_is(
    vectors: SentenceVectors, source: str, question: str, claim: str, expected: Support
) -> None:
    given = Evidence(
        question, (Passage(1, 1, 1, 1, "/a.txt", "a.txt", "", None, 0, len(source), source, 1.0),), found=True
    )
    [only] = check(claim, given, terms, vectors, lambda *_: None)
    assert only.support == expected


def test_citations_are_exact_spans_with_their_page(vectors: SentenceVectors) -> None:
    [only] = checked("The battery must be charged to 80 percent before winter storage.", vectors)
    [citation] = only.citations
    assert (citation.passage, citation.page) == (2, 20)
    expected = "The battery must be charged to 80 percent before winter storage."
    assert BATTERY[citation.start - 1000 : citation.end - 1000] == expected


def test_a_claim_that_draws_on_two_sentences_cites_both(vectors: SentenceVectors) -> None:
    [only] = checked("The frame is covered for five years and the base is covered for two years.", vectors)
    assert only.support == "supported"
    span = WARRANTY[only.citations[0].start - 1000 : only.citations[0].end - 1000]
    assert "five years" in span and "two years" in span


def test_the_answer_is_covered_in_order(vectors: SentenceVectors) -> None:
    answer = (
        "Sure!\n\n- The frame of the Otter 3 is covered for **five** years.\n- Bread is tasty with plenty of butter.\n"
    )
    found = checked(answer, vectors)
    assert [sentence.support for sentence in found] == ["not_a_claim", "supported", "unsupported"]
    assert "".join(answer[s.start : s.end] for s in found).replace("\n", "") == answer.replace("\n", "")


def test_words_alone_decide_without_a_model() -> None:
    assert [c.support for c in checked("The base is covered for two years.", None)] == ["supported"]
    assert [c.support for c in checked("The base is covered for nine years.", None)] == ["partial"]
    assert [c.support for c in checked("Bread is tasty with butter.", None)] == ["unsupported"]


def test_without_passages_nothing_is_supported(vectors: SentenceVectors) -> None:
    found = check("The frame is covered for five years.", Evidence("What?"), terms, vectors, lambda *_: None)
    assert [sentence.support for sentence in found] == ["unsupported"]
    assert check("", evidence(), terms, vectors, lambda *_: None) == ()


def test_a_citation_names_the_heading_that_it_stands_under(vectors: SentenceVectors) -> None:
    headings = [Heading(1000, 1001, "Otter › Frame"), Heading(1000 + WARRANTY.index("The base"), 1060, "Otter › Base")]
    [sentence] = check(
        "The base is covered for two years.", evidence(), terms, vectors, lambda *_: 1,
        lambda file_id, *_: headings if file_id == 1 else [],
    )  # fmt: skip
    assert sentence.support == "supported"
    assert sentence.citations[0].heading == "Otter › Base"
