"""llama.cpp's sampler chain for one reply."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from app.inference.protocol import Sampling

_RANDOM_SEED = 0xFFFFFFFF  # LLAMA_DEFAULT_SEED: llama.cpp draws one


@contextlib.contextmanager
def sampler_chain(llama: Any, sampling: Sampling, n_vocab: int) -> Iterator[Any]:
    """The chain (a pointer), freed afterwards: penalties, top-k, top-p, min-p, temperature, draw; greedy at
    temperature 0.

    Only generated tokens are penalized: an answer from documents has to repeat their words.
    """
    chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
    try:
        for sampler in _samplers(llama, sampling, n_vocab):
            llama.llama_sampler_chain_add(chain, sampler)  # the chain owns and frees it
        yield chain
    finally:
        llama.llama_sampler_free(chain)


def _samplers(llama: Any, sampling: Sampling, n_vocab: int) -> Iterator[Any]:
    if sampling.repeat_penalty != 1.0 and sampling.repeat_last_n != 0:
        yield llama.llama_sampler_init_penalties(n_vocab, sampling.repeat_last_n, sampling.repeat_penalty, 0.0, 0.0)
    if sampling.temperature <= 0:
        yield llama.llama_sampler_init_greedy()
        return
    if sampling.top_k > 0:
        yield llama.llama_sampler_init_top_k(sampling.top_k)
    if sampling.top_p < 1.0:
        yield llama.llama_sampler_init_top_p(sampling.top_p, 1)
    if sampling.min_p > 0.0:
        yield llama.llama_sampler_init_min_p(sampling.min_p, 1)
    yield llama.llama_sampler_init_temp(sampling.temperature)
    yield llama.llama_sampler_init_dist(_RANDOM_SEED if sampling.seed is None else sampling.seed & 0xFFFFFFFF)
