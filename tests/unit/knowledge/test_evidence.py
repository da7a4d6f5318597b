"""Quotes and "not in your documents", on real sentences with the real embedding model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chat.sources import Passage
from app.knowledge.embed import EmbeddingModel
from app.knowledge.evidence import Answered, SentenceVectors, answer
from app.knowledge.headings import Heading
from app.knowledge.passage_sentences import split
from app.knowledge.retrieve import Retrieved
from app.knowledge.sentence_scores import word_scores
from app.knowledge.word_index import Term
from app.knowledge.words import STOP_WORDS, words

NORMANS = (
    "The Normans were the people who gave their name to Normandy. "
    "They were descended from Norse raiders from Denmark, Iceland and Norway. "
    "Their leader Rollo agreed to swear fealty to King Charles III in 911."
)
TESLA = "Nikola Tesla was born in Smiljan in 1856. He obtained around 300 patents worldwide for his inventions."
BANS = (
    "Corporal punishment was once a common form of discipline in schools. "
    "Most countries agreed on a convention. This was banned in Poland in 1783."
)


@pytest.fixture(scope="module")
def vectors(embedding_model: Path) -> Iterator[SentenceVectors]:
    model = EmbeddingModel(embedding_model)
    yield SentenceVectors(model)
    model.close()


def passages(*texts: str, heading: str = "", offset: int = 100) -> tuple[Passage, ...]:
    return tuple(
        Passage(n, n, n, 1, f"/{n}.txt", f"{n}.txt", heading, None, offset, offset + len(text), text, 1.0 / n)
        for n, text in enumerate(texts, start=1)
    )


def ask(question: str, vectors: SentenceVectors | None, *texts: str, heading: str = "", count: int = 3) -> Answered:
    found = passages(*texts, heading=heading)
    everything = " ".join(texts).lower()
    content = [w.written.lower() for w in words(question) if w.written.lower() not in STOP_WORDS]
    terms = tuple(
        Term(text, math.log(1 + 50 / (10 if text in everything else 0.5)), text in everything) for text in content
    )
    vector = vectors._model.embed_query(question) if vectors is not None else None
    return answer(question, Retrieved(found, terms, {}, vector), count, vectors, lambda _file, _offset: None)


def test_the_sentence_that_answers_is_quoted_verbatim_with_offsets_in_the_file(vectors: SentenceVectors) -> None:
    answered = ask("How many patents did Tesla obtain?", vectors, NORMANS, TESLA)
    assert answered.found
    best = answered.quotes[0]
    assert "300 patents" in best.text
    assert best.passage == 2
    assert TESLA[best.start - 100 : best.end - 100] == best.text


def test_a_sentence_that_leans_on_another_is_quoted_with_it(vectors: SentenceVectors) -> None:
    best = ask("When was the convention banned in Poland?", vectors, BANS).quotes[0]
    assert best.text == "Most countries agreed on a convention. This was banned in Poland in 1783."


def test_what_is_not_there_is_not_found(vectors: SentenceVectors) -> None:
    answered = ask("How do I bake sourdough bread?", vectors, NORMANS, TESLA, BANS)
    assert (answered.found, answered.quotes) == (False, ())


def test_found_without_a_model_goes_by_words() -> None:
    assert ask("How many patents did Tesla obtain?", None, NORMANS, TESLA).quotes[0].passage == 2
    assert not ask("How do I bake sourdough bread?", None, NORMANS, TESLA).found


def test_the_heading_counts_for_what_stands_under_it(vectors: SentenceVectors) -> None:
    text = "Warranty\n\nThree years on all parts.\n\nTwo on the battery."
    answered = ask("What is the warranty?", vectors, text, heading="Lamp › Warranty")
    assert answered.found
    assert answered.quotes[0].text == "Three years on all parts."
    assert all(quote.text != "Warranty" for quote in answered.quotes)


def test_a_short_sentence_is_understood_under_its_heading(vectors: SentenceVectors) -> None:
    text = "Unplug it first. Three years on all parts."
    assert not ask("How long is the warranty of the lamp?", vectors, text).found
    answered = ask("How long is the warranty of the lamp?", vectors, text, heading="Lamp manual › Warranty")
    assert answered.found
    assert answered.quotes[0].text == "Three years on all parts."


TABLE = """Purchases above these limits go to the board.

| Item | Limit | Approved by |
|:-----|------:|-------------|
| Monitor | 350 euros | Team lead |
| Laptop | 1,800 euros | Head of department |

Chairs are bought once a year."""


def test_a_row_of_a_table_is_read_with_the_names_of_its_columns(vectors: SentenceVectors) -> None:
    for question, row in (
        ("Who approves the purchase of a monitor?", "| Monitor | 350 euros | Team lead |"),
        ("What is the limit for a laptop?", "| Laptop | 1,800 euros | Head of department |"),
    ):
        answered = ask(question, vectors, NORMANS, TABLE, TESLA)
        assert answered.found
        assert answered.quotes[0].text == row
        assert answered.strength > 0.5
        assert all("Approved by" not in quote.text for quote in answered.quotes), "the head is no answer"


def test_rows_in_words() -> None:
    [passage] = passages(f"{TABLE}\n\n| of no table |", heading="Office")
    meant = {sentence.text: sentence.in_context for sentence in split(passage)}
    assert meant["| Monitor | 350 euros | Team lead |"] == (
        "Office\nItem: Monitor, Limit: 350 euros, Approved by: Team lead"
    )
    assert meant["Chairs are bought once a year."] == "Office\nChairs are bought once a year."
    assert meant["| of no table |"] == "Office\n| of no table |"
    [uneven] = passages("| a | b |\n|--|--|\n| 1 | 2 | 3 |")
    assert split(uneven)[-1].in_context == "1, 2, 3"


def test_a_question_in_the_text_is_no_answer(vectors: SentenceVectors) -> None:
    text = "How many patents did Tesla obtain? Tesla obtained some 300 patents."
    assert ask("How many patents did Tesla obtain?", vectors, text).quotes[0].text == "Tesla obtained some 300 patents."


def test_quotes_are_few_distinct_and_best_first(vectors: SentenceVectors) -> None:
    answered = ask("Who was the leader of the Normans?", vectors, NORMANS, NORMANS, count=3)
    assert "Rollo" in answered.quotes[0].text or "Rollo" in answered.quotes[1].text
    texts = [quote.text for quote in answered.quotes]
    assert len(set(texts)) == len(texts) <= 3
    scores = [quote.score for quote in answered.quotes]
    assert scores == sorted(scores, reverse=True)
    assert len(ask("Who was the leader of the Normans?", vectors, NORMANS, count=1).quotes) == 1


def test_nothing_asked_or_nothing_there(vectors: SentenceVectors) -> None:
    assert ask("", vectors, NORMANS) == Answered((), False, 0.0)
    assert ask("Who was Rollo?", vectors) == Answered((), False, 0.0)


def test_odd_passages_do_no_harm(vectors: SentenceVectors) -> None:
    for text in ("", "   ", "?!", "🧳", "word " * 400, "|a|b|\n|--|--|\n|1|2|", "\ufffd\x00"):
        ask("Who was Rollo?", vectors, text, NORMANS)


def test_a_word_that_all_sentences_share_does_not_decide() -> None:
    [passage] = passages("Jacksonville has a river. Jacksonville has 822,000 people. Jacksonville has parks.")
    scores = word_scores(
        "How many people live in Jacksonville?", {"jacksonvil": 3.0, "people": 1.0, "liv": 2.0}, split(passage)
    )
    assert max(range(3), key=lambda i: scores[i].total) == 1


@pytest.mark.parametrize(
    ("question", "hinted"),
    [
        ("How many were there?", "There were 12 of them."),
        ("When did it happen?", "It happened in May."),
        ("Who did it?", "It was done by Ada."),
        ("Where did it happen?", "It happened near Paris."),
    ],
)
def test_what_kind_of_answer_is_asked_for(question: str, hinted: str) -> None:
    [passage] = passages(f"There were quite a few of them. {hinted} It was a mild day.")
    scores = word_scores(question, {"zzz": 1.0}, split(passage))
    assert max(range(3), key=lambda i: scores[i].total) == 1


def test_a_quote_names_the_heading_that_it_stands_under(vectors: SentenceVectors) -> None:
    text = "## Frame\n\nThe parts last for five years.\n\n## Battery\n\nCells last for two years.\n\n## Battery life"
    frame, battery, life = (text.index(f"## {name}") for name in ("Frame", "Battery", "Battery life"))
    headings = [
        Heading(100 + frame, 108 + frame, "Bike › Frame"),
        Heading(100 + battery, 110 + battery, "Bike › Battery"),
        Heading(100 + life, 115 + life, "Bike › Battery life"),
    ]
    question = "How many years does the battery last?"
    terms = tuple(Term(word, 2.0, True) for word in ("years", "battery", "last"))
    retrieved = Retrieved(passages(text, heading="Bike"), terms, {}, vectors._model.embed_query(question))
    quotes = answer(question, retrieved, 3, vectors, lambda *_: None, lambda *_: headings).quotes
    assert (quotes[0].text, quotes[0].heading) == ("Cells last for two years.", "Bike › Battery")
    assert all(not quote.text.startswith("#") for quote in quotes), "no heading is a quote"
