"""The shape of each layer's memory, as a header tells it: what it keeps of a text, and of how much of it.

Per architecture llama.cpp decides in ``load_arch_hparams`` (``src/models/*.cpp``); what follows from keys alone is read
from them, the rest is known by name here.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.models.gguf import Header
from app.models.summary import MAX_LAYERS, kind_of

N_UBATCH = 512
"""Tokens that llama.cpp computes at once."""

_SLIDING_PERIOD = {
    "gemma2": 2,
    "gpt-oss": 2,
    "afmoe": 4,
    "cohere2": 4,
    "exaone-moe": 4,
    "exaone4": 4,
    "llama4": 4,
    "olmo2": 4,
    "smallthinker": 4,
    "gemma3n": 5,
    "gemma-embedding": 6,
    "gemma3": 6,
}
"""Patterns that llama.cpp knows by heart: one layer in so many sees everything."""
_FULL_FIRST = frozenset(("smallthinker",))
"""There it is the first of each group, elsewhere the last."""
_WINDOW = {"llama4": 8192}
"""Windows that are not in the header."""

_ONLY_STATE = frozenset(("mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"))
_STATE_AND_CACHE = frozenset(("falcon-h1",))
"""Both in every layer."""
_BY_INTERVAL = frozenset(("qwen3next", "qwen35", "qwen35moe"))
_OWN_CACHES = {"gemma3n": 20}
"""So many layers keep a cache of their own; the others read one of those."""


@dataclass(frozen=True)
class LayerMemory:
    """What one layer keeps. ``key_elements`` and ``value_elements``: in each cell of its cache; both 0 without one.

    ``slides``: only of the last window's tokens. ``state_bytes``: whatever the context.
    """

    key_elements: int
    value_elements: int
    slides: bool
    state_bytes: int


def layer_count(header: Header) -> int:
    """Layers, bounded: a header can claim billions, and sums go through them one by one."""
    return min(MAX_LAYERS, max(1, header.integer("{arch}.block_count")))


def window(header: Header) -> int:
    """Tokens that sliding layers see; 0 without a window."""
    return header.integer("{arch}.attention.sliding_window", _WINDOW.get(header.architecture, 0))


def layer_memories(header: Header) -> tuple[LayerMemory, ...]:
    """One for each layer, in order; none for models that embed."""
    if kind_of(header) == "embedding":
        return ()
    layers = layer_count(header)
    heads = header.per_layer("{arch}.attention.head_count", layers)
    heads_kv = header.per_layer("{arch}.attention.head_count_kv", layers, max(heads))
    head = header.integer("{arch}.embedding_length") // next((count for count in heads if count), 1)
    key = header.integer("{arch}.attention.key_length", head)
    value = header.integer("{arch}.attention.value_length", head)
    if header.integer("{arch}.attention.key_length_mla"):
        value = 0  # latent attention: the values are computed from what is kept as keys
    key_sliding = header.integer("{arch}.attention.key_length_swa", key)
    value_sliding = header.integer("{arch}.attention.value_length_swa", value)
    slides, recurrent, state = _sliding(header, layers), _recurrent(header, layers, heads_kv), _state_bytes(header)
    cached = layers - header.integer(
        "{arch}.attention.shared_kv_layers", layers - _OWN_CACHES.get(header.architecture, layers)
    )
    found = []
    for layer, count in enumerate(heads_kv):
        own = count if layer < cached and (not recurrent[layer] or header.architecture in _STATE_AND_CACHE) else 0
        found.append(
            LayerMemory(
                key_elements=own * (key_sliding if slides[layer] else key),
                value_elements=own * (value_sliding if slides[layer] else value),
                slides=slides[layer],
                state_bytes=state if recurrent[layer] else 0,
            )
        )
    return tuple(found)


def _sliding(header: Header, layers: int) -> list[bool]:
    if window(header) <= 0:
        return [False] * layers
    pattern = header.metadata.get(f"{header.architecture}.attention.sliding_window_pattern")
    if isinstance(pattern, tuple) and len(pattern) >= layers:
        return [bool(slides) for slides in pattern[:layers]]
    period = pattern if isinstance(pattern, int) and pattern > 0 else _SLIDING_PERIOD.get(header.architecture, 1)
    full = 0 if header.architecture in _FULL_FIRST else period - 1
    return [layer % period != full for layer in range(layers)]


def _recurrent(header: Header, layers: int, heads_kv: tuple[int, ...]) -> list[bool]:
    if header.architecture in _ONLY_STATE | _STATE_AND_CACHE:
        return [True] * layers
    marked = header.metadata.get(f"{header.architecture}.attention.recurrent_layers")
    if isinstance(marked, tuple) and len(marked) >= layers:
        return [bool(mark) for mark in marked[:layers]]
    if header.architecture in _BY_INTERVAL:
        interval = max(1, header.integer("{arch}.full_attention_interval", 4))
        return [(layer + 1) % interval != 0 for layer in range(layers)]
    # A mixed network's layers without heads; of Nemotron's those that are no feed-forward layers either.
    feed_forward = header.per_layer("{arch}.feed_forward_length", layers)
    nemotron = header.architecture.startswith("nemotron_h")
    return [not heads_kv[layer] and not (nemotron and feed_forward[layer]) for layer in range(layers)]


def _state_bytes(header: Header) -> int:
    """Of one recurrent layer, F32: the last inputs of its convolution (or the last token), and the state itself."""
    embedding, heads = header.integer("{arch}.embedding_length"), header.integer("{arch}.attention.head_count")
    kernel = max(0, header.integer("{arch}.ssm.conv_kernel") - 1)
    if head := header.integer("{arch}.wkv.head_size"):
        return 4 * embedding * (header.integer("{arch}.token_shift_count", 2) + head)
    if reach := header.integer("{arch}.shortconv.l_cache"):
        return 4 * embedding * (reach - 1)
    if head := header.integer("{arch}.kda.head_dim"):
        return 4 * heads * head * (3 * kernel + head)
    inner, state = header.integer("{arch}.ssm.inner_size"), header.integer("{arch}.ssm.state_size")
    return 4 * (kernel * (inner + 2 * header.integer("{arch}.ssm.group_count") * state) + state * inner)
