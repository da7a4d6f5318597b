"""How fast documents are indexed, searched and quoted, on the standard library's own sources.

Usage: ``python -m tests.bench.knowledge``. Run it on an idle machine: everything here is computation.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil

from app.core.paths import Home
from app.knowledge.client import KnowledgeClient
from app.knowledge.embed import EmbeddingModel
from app.knowledge.ledger import Ledger
from app.knowledge.retrieve import Meaning, Retriever
from app.knowledge.vector_cache import VectorCache, embedded_text
from app.knowledge.vectors import VectorIndex
from app.knowledge.words import words
from tests.helpers.knowledge import open_database, put_file, wait_until_indexed

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = Path(os.environ.get("SATCHEL_MODELS") or REPOSITORY / ".models") / "all-minilm-l6-v2-q8_0.gguf"
CHUNKS = 10_000
INDEXED_BYTES = 80_000
ROUNDS = 5
QUESTIONS = 100


def main() -> None:
    """Measure and print."""
    print(f"{MODEL.name}, {os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}")
    files = [f for f in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")) if 4_000 < f.stat().st_size < 60_000]
    with tempfile.TemporaryDirectory() as folder:
        indexing(Path(folder), files)
        searching(Path(folder), files)


def indexing(folder: Path, files: Sequence[Path]) -> None:
    """Files to vectors through the worker, beside the model alone on the same chunks, in turns: the machine's own speed
    changes by more than what is measured here.
    """
    documents = folder / "documents"
    documents.mkdir()
    size = 0
    for file in files:
        if size < INDEXED_BYTES:
            shutil.copy(file, documents)
            size += file.stat().st_size
    model = EmbeddingModel(MODEL)
    shares, rates, texts = [], [], list[str]()
    for number in range(ROUNDS + 1):
        home = Home(folder / f"indexing {number}").create()
        whole_s, worker_s, parser_s = index(home, documents)
        if not texts:  # the first round warms up, and says what the chunks are
            texts = chunk_texts(home)
            continue
        cpu_before, started = time.process_time(), time.perf_counter()
        for text in texts:
            model.embed_document(text)
        model_s, model_cpu_s = time.perf_counter() - started, time.process_time() - cpu_before
        shares.append((model_s / whole_s, model_cpu_s / (worker_s + parser_s)))
        rates.append((len(texts) / whole_s, len(texts) / model_s))
        print(
            f"  round {number}: pipeline {whole_s:.1f} s (CPU: worker {worker_s:.1f} s, parser {parser_s:.1f} s), "
            f"model alone {model_s:.1f} s ({model_cpu_s:.1f} s of CPU)"
        )
    tokens = sum(model.count_tokens(texts)) / len(texts)
    model.close()
    of_time, of_cpu = (statistics.median(column) for column in zip(*shares, strict=True))
    pipeline, alone = (statistics.median(column) for column in zip(*rates, strict=True))
    print(f"indexing {len(texts)} chunks of {tokens:.0f} tokens, median of {ROUNDS} rounds: {pipeline:.1f} chunks/s")
    print(f"  the model alone: {alone:.1f} chunks/s, {alone * tokens:.0f} tokens/s")
    print(f"  share of the model's own rate {of_time:.2f}   reference 0.80   (of its CPU time: {of_cpu:.2f})")


def index(home: Home, documents: Path) -> tuple[float, float, float]:
    """Seconds from the folder to the last vector: on the wall, of the worker's CPU, of its parser's CPU."""
    client = KnowledgeClient(home, MODEL)
    try:
        client.list_collections()  # the worker's start is not indexing
        (worker_s, parser_s), started = cpu_seconds(client), time.perf_counter()
        info = client.create_collection("Sources", [documents])
        while info.phase != "idle" or info.embedded < info.chunks:
            time.sleep(0.1)  # asking more often would be work too
            [info] = client.list_collections()
        whole_s = time.perf_counter() - started
        assert info.indexed and info.failed == 0
        now = cpu_seconds(client)
        return whole_s, now[0] - worker_s, now[1] - parser_s
    finally:
        client.close()


def cpu_seconds(client: KnowledgeClient) -> tuple[float, float]:
    """CPU time so far, of the worker and of its children (their start included)."""
    worker = psutil.Process(client.pid)
    own, *children = (p.cpu_times() for p in (worker, *worker.children(recursive=True)))
    return own.user + own.system, sum(times.user + times.system for times in children)


def chunk_texts(home: Home) -> list[str]:
    """What the embedder was given, each text once."""
    database = open_database(home.knowledge)
    try:
        rows = database.query("SELECT heading, text FROM chunks GROUP BY hash ORDER BY id")
        return [embedded_text(heading, text) for heading, text in rows]
    finally:
        database.close()


def searching(folder: Path, files: Sequence[Path]) -> None:
    """Search over 10,000 chunks of real text. Their vectors are drawn by chance: the time does not depend on them."""
    home = Home(folder / "searching").create()
    draw = np.random.default_rng(1)
    database = open_database(home.knowledge)
    ledger = Ledger(database)
    documents = folder / "ten thousand"
    documents.mkdir()
    collection = ledger.create_collection("Sources", [str(documents)])
    count = 0
    while count < CHUNKS:
        for file in files:
            text = file.read_text("utf-8", "replace")
            lines = text.split("\n")
            paragraphs = ["\n".join(lines[i : i + 20]).replace("\n\n", "\n") for i in range(0, len(lines), 20)]
            # Each round is another text, else all of it would be near-duplicates.
            text = "\n\n".join(f"{p} {count + i}" for i, p in enumerate(paragraphs[: CHUNKS - count]))
            path = documents / f"{file.stem}-{count}.py"
            path.write_text(text, "utf-8")
            put_file(ledger, collection, str(path), text)
            count = ledger.counts(collection).chunks
            if count >= CHUNKS:
                break
    model = EmbeddingModel(MODEL)
    cache = VectorCache(database, model.key)
    while waiting := cache.waiting(1000):
        vectors = draw.normal(size=(len(waiting), model.dimensions)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        cache.store(zip((chunk.hash for chunk in waiting), vectors, strict=True), [chunk.id for chunk in waiting])
    index = VectorIndex(home.knowledge / "vectors", model.key, cache, print)
    started = time.perf_counter()
    index.open()
    print(f"vector index of {count} chunks rebuilt in {time.perf_counter() - started:.1f} s")

    texts = [text for (text,) in database.query("SELECT text FROM chunks ORDER BY id")]
    chance = random.Random(1)
    questions = []
    for text in chance.sample(texts, QUESTIONS):
        content = [word.written for word in words(text) if word.is_content and len(word.written) > 3]
        questions.append("How does " + " ".join(chance.sample(content, min(6, len(content)))) + " work?")
    retriever = Retriever(database, Meaning(model, cache, index))
    vectors = [retriever.embed(question) for question in questions]
    times = []
    for question, vector in zip(questions, vectors, strict=True):
        started = time.perf_counter()
        retriever.search([collection], question, 6, vector)
        times.append(1000 * (time.perf_counter() - started))
    show("search without the question's embedding", times, 50)
    model.close()
    database.close()

    client = KnowledgeClient(home, MODEL)
    try:
        wait_until_indexed(client, collection)
        assert client.search([collection], questions[0]).passages
        time.sleep(5)  # the worker opens its index in the background
        times = []
        for question in questions:
            started = time.perf_counter()
            client.search([collection], question)
            times.append(1000 * (time.perf_counter() - started))
        show("question to quotes, through the worker", times, 300)
    finally:
        client.close()


def show(what: str, times_ms: list[float], reference_ms: float) -> None:
    """Median and 95th percentile beside the reference."""
    p95 = statistics.quantiles(times_ms, n=20)[-1]
    print(f"{what}: median {statistics.median(times_ms):.1f} ms, p95 {p95:.1f} ms   reference {reference_ms:.0f} ms")


if __name__ == "__main__":
    main()
