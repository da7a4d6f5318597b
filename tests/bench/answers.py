"""How soon and how well questions to documents are answered, through the whole session, beside their references.

    python -m tests.bench.answers path/to/xquad.en.json [questions]

Each article of XQuAD is a file; questions are drawn with a fixed seed. Printed: the time from ``send`` to the evidence,
beside the 300 ms that the person was promised; the time to the model's first word; and for how many
questions the gold answer stands in a quote and in the model's reply.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from app.core.paths import Home
from app.services.compose import Services
from app.services.events import Event, EvidenceFound, TextArrived

PROMISED_S = 0.3


def main() -> None:
    """Index, ask, print."""
    articles = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["data"]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "articles"
        texts.mkdir()
        for number, article in enumerate(articles):
            paragraphs = (paragraph["context"] for paragraph in article["paragraphs"])
            (texts / f"{number:02}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
        services = Services.open(Home(Path(folder) / "home").create())
        try:
            _ask(services, texts, _questions(articles, count))
        finally:
            services.close()


def _questions(
    articles: list[dict[str, list[dict[str, list[dict[str, object]]]]]], count: int
) -> list[tuple[str, str]]:
    every = [
        (str(item["question"]), str(item["answers"][0]["text"]))  # type: ignore[index]
        for article in articles
        for paragraph in article["paragraphs"]
        for item in paragraph["qas"]
    ]
    return random.Random(1).sample(every, count)


def _ask(services: Services, texts: Path, questions: list[tuple[str, str]]) -> None:
    info = services.documents.create([texts])
    while info.pending or not info.chunks or info.embedded < info.chunks:
        time.sleep(0.2)
        info = next(one for one in services.documents.collections() if one.id == info.id)
    services.models.loaded.ensure()
    services.documents.search([info.id], "warm up")
    seen: dict[type, float] = {}

    def note(event: Event) -> None:
        seen.setdefault(type(event), time.perf_counter())

    services.events.subscribe(note)
    evidence_s, word_s, in_quotes, in_reply = [], [], 0, 0
    for question, gold in questions:
        conversation = services.chat.new_conversation()
        services.chat.attach(conversation.id, info.id)
        seen.clear()
        start = time.perf_counter()
        reply = services.chat.send(conversation.id, question)
        evidence_s.append(seen[EvidenceFound] - start)
        if TextArrived in seen:
            word_s.append(seen[TextArrived] - start)
        quotes = " ".join(quote.text for quote in reply.evidence.quotes) if reply.evidence else ""
        in_quotes += gold.lower() in quotes.lower()
        in_reply += gold.lower() in reply.text.lower()
    print(f"{len(questions)} questions, {info.files} files, {info.chunks} passages")
    print(f"send to evidence   {_times(evidence_s)}   promised {PROMISED_S * 1000:.0f} ms")
    print(f"send to first word {_times(word_s)}")
    print(f"gold answer in a quote {in_quotes}, in the model's reply {in_reply}, of {len(questions)}")


def _times(values: list[float]) -> str:
    return f"median {median(values) * 1000:4.0f} ms, 95th percentile {quantiles(values, n=20)[-1] * 1000:4.0f} ms"


if __name__ == "__main__":
    main()
