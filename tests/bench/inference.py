"""Speed of the inference worker beside a bare llama.cpp loop: same model, threads, context, batch, greedy, in one run.

    python -m tests.bench.inference [--model FILE] [--threads N] [--rounds N]

The worker is measured from outside, at the client: what the pipe, the template, the streaming and the bookkeeping
cost is in its figures. Rounds alternate, so that both see the same machine; the medians are compared. Reference:
0.90 of the bare loop for prompt and generation.
"""

from __future__ import annotations

import argparse
import ctypes
import multiprocessing
import os
import signal
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from app.chat.transcript import ChatMessage
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.inference.protocol import LoadSettings, PromptProgress, Sampling, Text

REFERENCE = 0.90
REPLY_TOKENS = 128
GREEDY = Sampling(temperature=0.0, repeat_penalty=1.0)
TEXT = (
    "The lighthouse keeper wrote down the weather every morning: wind from the north-west, a falling barometer, gulls "
    "inland. In the afternoon the supply boat came with oil, flour and three letters. "
)
TASK = "Now write a long story about the lighthouse, with many details, in ten paragraphs."


@dataclass(frozen=True)
class Speed:
    """Tokens per second of one round, and how many tokens there were."""

    prompt: float
    decode: float
    cached_tokens: int
    prompt_tokens: int
    reply_tokens: int


def main() -> None:
    """Measure and print."""
    repository = Path(__file__).resolve().parents[2]
    models = Path(os.environ.get("SATCHEL_MODELS") or repository / ".models")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=models / "smollm2-135m-instruct-q8_0.gguf")
    parser.add_argument("--threads", type=int, default=psutil.cpu_count(logical=False) or 1)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    settings = LoadSettings(n_ctx=4096, n_threads=options.threads)
    with tempfile.TemporaryDirectory() as folder:
        client = InferenceClient(Home(Path(folder)).create())
        try:
            client.load(options.model, settings)
            print(f"{options.model.name}, {options.threads} threads, load average {os.getloadavg()[0]:.1f}\n")
            _compare(client, options.model, settings, options.rounds)
            _second_turn(client)
            _restart(client, options.model, settings)
        finally:
            client.close()


def _compare(client: InferenceClient, model: Path, settings: LoadSettings, rounds: int) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_bare_loop, args=(theirs, str(model), settings.n_ctx, settings.n_threads))
    child.start()
    theirs.close()  # else its end would go unseen
    _through_client(client, 0)  # both warm up once
    app: list[Speed] = []
    bare: list[Speed] = []
    for number in range(1, rounds + 1):
        app.append(_through_client(client, number))
        ours.send(app[-1])
        bare.append(ours.recv())
    ours.send(None)
    child.join()
    print(f"{'tokens/s':16}{'worker':>10}{'bare loop':>12}{'ratio':>8}   reference {REFERENCE:.2f}")
    for what in ("prompt", "decode"):
        # The best round is the one that other programs on the machine disturbed least.
        for name, pick in (("median", statistics.median), ("best", max)):
            worker, loop = (pick([getattr(each, what) for each in figures]) for figures in (app, bare))
            verdict = "ok" if worker / loop >= REFERENCE else "BELOW"
            print(f"{what + ', ' + name:16}{worker:10.1f}{loop:12.1f}{worker / loop:8.2f}   {verdict}")
    print(f"{'':16}{app[0].prompt_tokens} prompt tokens, {app[0].reply_tokens} generated, {rounds} rounds\n")


def _through_client(client: InferenceClient, number: int) -> Speed:
    first: list[float] = []

    def on_item(item: PromptProgress | Text) -> None:
        if isinstance(item, Text) and not first:
            first.append(time.perf_counter())

    # The number comes first, so that nothing of the round before is reused.
    message = ChatMessage("user", f"Round {number}. {TEXT * 12}{TASK}")
    started = time.perf_counter()
    reply = client.generate([message], GREEDY, REPLY_TOKENS, on_item).result()
    ended = time.perf_counter()
    figures = reply.figures
    computed = figures.prompt_tokens - figures.cached_tokens
    return Speed(
        computed / (first[0] - started),
        (figures.completion_tokens - 1) / (ended - first[0]),
        figures.cached_tokens,
        computed,
        figures.completion_tokens,
    )


def _bare_loop(connection: Connection, model_path: str, n_ctx: int, n_threads: int) -> None:
    """The least that generates text with llama.cpp from Python: decode, sample greedily, turn the token to bytes."""
    from app.models.native import load_llama_cpp

    llama = load_llama_cpp()
    model_params = llama.llama_model_default_params()
    model_params.load_mode = llama.LLAMA_LOAD_MODE_NONE
    model = llama.llama_model_load_from_file(model_path.encode(), model_params)
    vocab = llama.llama_model_get_vocab(model)
    params = llama.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch, params.n_outputs_max = n_ctx, 512, 512, 1
    params.n_threads = params.n_threads_batch = n_threads
    params.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_ENABLED
    params.swa_full = False
    params.no_perf = True
    context = llama.llama_init_from_model(model, params)
    sampler = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
    llama.llama_sampler_chain_add(sampler, llama.llama_sampler_init_greedy())
    text = (TEXT * 40).encode()
    tokens = (ctypes.c_int32 * 8192)()
    llama.llama_tokenize(vocab, text, len(text), tokens, 8192, True, True)
    one, piece = (ctypes.c_int32 * 1)(), ctypes.create_string_buffer(256)

    def compute(start: int, size: int) -> None:
        batch_tokens = (ctypes.c_int32 * size)(*tokens[start : start + size])  # the batch only points to it
        llama.llama_decode(context, llama.llama_batch_get_one(batch_tokens, size))

    while (wanted := connection.recv()) is not None:
        cached, reply_tokens = wanted.cached_tokens, wanted.reply_tokens
        llama.llama_memory_clear(llama.llama_get_memory(context), True)
        # The worker found so many tokens in its cache; the positions decide how many cells attention goes over.
        if cached:
            compute(0, cached)
        started = time.perf_counter()
        for start in range(cached, cached + wanted.prompt_tokens, 512):
            compute(start, min(512, cached + wanted.prompt_tokens - start))
        token = llama.llama_sampler_sample(sampler, context, -1)
        first = time.perf_counter()
        for _ in range(reply_tokens - 1):
            one[0] = token
            llama.llama_decode(context, llama.llama_batch_get_one(one, 1))
            token = llama.llama_sampler_sample(sampler, context, -1)
            llama.llama_token_to_piece(vocab, token, piece, 256, 0, False)
        ended = time.perf_counter()
        connection.send(
            replace(
                wanted,
                prompt=wanted.prompt_tokens / (first - started),
                decode=(reply_tokens - 1) / (ended - first),
            )
        )


def _second_turn(client: InferenceClient) -> None:
    messages = [ChatMessage("user", TEXT * 40 + TASK)]
    reply = client.generate(messages, GREEDY, 64).result()
    messages += [ChatMessage("assistant", reply.text), ChatMessage("user", "And then?")]
    second = client.generate(messages, GREEDY, 16).result()
    print("time to the first token of a long conversation")
    for name, figures in (("first turn", reply.figures), ("second turn", second.figures)):
        print(
            f"  {name:12}{figures.first_token_s:8.2f} s   {figures.prompt_tokens} prompt tokens, "
            f"{figures.cached_tokens} of them kept from before"
        )
    print()


def _restart(client: InferenceClient, model: Path, settings: LoadSettings) -> None:
    worker = client.pid
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(worker)] if psutil.pid_exists(worker) else [], timeout=5)
    started = time.perf_counter()
    client.describe_backend()
    ready = time.perf_counter()
    client.load(model, settings)
    loaded = time.perf_counter()
    print("after kill -9 of the worker")
    print(f"  new worker  {ready - started:8.2f} s   reference 3.00 s")
    print(f"  model loaded{loaded - ready:8.2f} s")


if __name__ == "__main__":
    main()
