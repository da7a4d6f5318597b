"""Retrieval, quotes and the check of answers on XQuAD, through the real worker.

Each paragraph is a document (a file in a collection of its own, so that a question can be asked without its paragraph
or its whole article), each question a query. Told for two halves, every second article: what was chosen by
looking at one of them must hold on the other. Usage: ``python -m tests.bench.xquad [xquad.en.json]``
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.chat.sources import Evidence
from app.core.paths import Home
from app.knowledge.client import KnowledgeClient
from tests.bench.xquad_claims import claims

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = Path(os.environ.get("SATCHEL_MODELS") or REPOSITORY / ".models") / "all-minilm-l6-v2-q8_0.gguf"
DATA = REPOSITORY.parent / "shared" / "data" / "xquad.en.json"


@dataclass(frozen=True)
class Question:
    text: str
    collection: int
    article: int
    context: str
    answers: tuple[tuple[int, str], ...]


def main() -> None:
    """Index, ask, print."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    with tempfile.TemporaryDirectory() as folder:
        client = KnowledgeClient(Home(Path(folder) / "home").create(), MODEL)
        try:
            questions, articles = load(client, data, Path(folder) / "documents")
            everything = sorted(articles)
            print(f"{data.name}: {len(everything)} paragraphs, {len(questions)} questions, {MODEL.name}")
            for half, name in enumerate(("even articles (thresholds were chosen here)", "odd articles (held out)")):
                some = [question for question in questions if question.article % 2 == half]
                print(f"-- {name}: {len(some)} questions")
                first = retrieval(client, some, everything)
                quotes(some, first)
                found(client, some, first, articles)
                answers(client, some, first)
        finally:
            client.close()


def load(client: KnowledgeClient, data: Path, folder: Path) -> tuple[list[Question], dict[int, int]]:
    """Returns the questions, and each collection's article."""
    questions: list[Question] = []
    articles: dict[int, int] = {}
    folder.mkdir()
    for a, article in enumerate(json.loads(data.read_text("utf-8"))["data"]):
        for number, paragraph in enumerate(article["paragraphs"]):
            path = folder / f"{a:02d}-{number}.txt"
            path.write_bytes(paragraph["context"].encode())
            collection = client.create_collection(path.stem, [path]).id
            articles[collection] = a
            for qa in paragraph["qas"]:
                spans = tuple((answer["answer_start"], answer["text"]) for answer in qa["answers"])
                questions.append(Question(qa["question"], collection, a, paragraph["context"], spans))
    while any(info.phase != "idle" or info.embedded < info.chunks for info in client.list_collections()):
        time.sleep(0.5)
    return questions, articles


def retrieval(client: KnowledgeClient, questions: Sequence[Question], everything: list[int]) -> list[Evidence]:
    """nDCG@10 of documents; returns what the app would show (six passages, three quotes)."""
    gain = top = 0.0
    for question in questions:
        passages = client.search(everything, question.text, limit=20, quotes=0).passages
        documents = list(dict.fromkeys(passage.collection_id for passage in passages))[:10]
        if question.collection in documents:
            rank = documents.index(question.collection) + 1
            gain += 1 / math.log2(rank + 1)
            top += rank == 1
    n = len(questions)
    print(f"nDCG@10 {gain / n:.4f}   reference 0.965   (paragraph first: {top / n:.1%})")
    return [client.search(everything, question.text) for question in questions]


def holds(evidence: Evidence, index: int, question: Question) -> bool:
    """Whether a shown quote lies in the right paragraph and contains a gold answer."""
    quote = evidence.quotes[index]
    if evidence.passages[quote.passage - 1].collection_id != question.collection:
        return False
    return any(quote.start <= at and at + len(text) <= quote.end for at, text in question.answers)


def quotes(questions: Sequence[Question], shown: Sequence[Evidence]) -> None:
    """Of the questions whose paragraph came first: does the best quote, or any that is shown, hold the answer?"""
    pairs = [(q, e) for q, e in zip(questions, shown, strict=True) if e.passages[0].collection_id == q.collection]
    best = sum(bool(e.quotes) and holds(e, 0, q) for q, e in pairs) / len(pairs)
    some = sum(any(holds(e, i, q) for i in range(len(e.quotes))) for q, e in pairs) / len(pairs)
    quoted = [(q, e) for q, e in pairs if e.quotes]
    of_quoted = sum(holds(e, 0, q) for q, e in quoted) / len(quoted)
    length = sum(e.quotes[0].end - e.quotes[0].start for _, e in quoted) / len(quoted)
    print(f"best quote holds the answer {best:.1%}   reference 80 %   ({len(pairs)} questions, paragraph first; where")
    print(
        f"  nothing was quoted counts as a miss; of the {len(quoted)} with quotes {of_quoted:.1%}; {length:.0f} chars)"
    )
    print(f"any quote shown holds it {some:.1%}   ({sum(len(e.quotes) for _, e in quoted) / len(quoted):.1f} shown)")
    for q, e in pairs:
        for quote in e.quotes:
            passage = e.passages[quote.passage - 1]
            assert passage.text[quote.start - passage.start : quote.end - passage.start] == quote.text, q.text


def found(
    client: KnowledgeClient, questions: Sequence[Question], shown: Sequence[Evidence], articles: dict[int, int]
) -> None:
    """The operating point of "not in your documents"."""

    def rate(keep: Callable[[Question, int], bool]) -> float:
        asked = [client.search([c for c in articles if keep(q, c)], q.text).found for q in questions]
        return sum(asked) / len(asked)

    said_found = sum(e.found for e in shown) / len(shown)
    print(f"found: {said_found:.1%} of the questions whose paragraph is there; wrongly found:")
    print(f"  {rate(lambda q, c: articles[c] != q.article):.1%} when the whole article is left out,")
    print(f"  {rate(lambda q, c: c != q.collection):.1%} when only the paragraph is (others of its article are there)")


def answers(client: KnowledgeClient, questions: Sequence[Question], shown: Sequence[Evidence], some: int = 200) -> None:
    """How often the check says "supported" to true and to false sentences about the right paragraph."""
    counts: dict[str, dict[str, int]] = {}
    draw = random.Random(1)
    pairs = [
        (q, e)
        for q, e in zip(questions, shown, strict=True)
        if any(passage.collection_id == q.collection for passage in e.passages)
    ]
    for q, e in draw.sample(pairs, min(some, len(pairs))):
        others = [other.answers[0][1] for other in questions if other.collection == q.collection and other is not q]
        for kind, text in claims(q.text, q.answers[0], q.context, others, draw):
            for checked in client.check_answer(text, e):
                by_support = counts.setdefault(kind, {})
                by_support[checked.support] = by_support.get(checked.support, 0) + 1
    for kind, by_support in sorted(counts.items()):
        total = sum(by_support.values())
        shares = ", ".join(f"{s} {n / total:.0%}" for s, n in sorted(by_support.items(), key=lambda one: -one[1]))
        print(f"check, {kind} ({total}): {shares}")


if __name__ == "__main__":
    main()
