"""What a model takes in memory, by closed forms on its header.

llama.cpp itself, asked to lay a model out without allocating, is exact (``InferenceClient.probe``); these formulas
answer at once where it cannot be asked, and explain the parts. Compared with it on Llama shapes from 135M to 70B, at
512 to 131,072 tokens: the KV cache is equal, the compute buffer within 0.1 % (8 % too large with a quantized cache). On
Gemma 3 270M (sliding windows): the KV cache is equal, the compute buffer 2-7 % too small.
"""

from __future__ import annotations

from app.models.gguf import Header
from app.models.sizing.layout import Layout
from app.models.summary import MAX_LAYERS, kind_of

N_UBATCH = 512
"""Tokens that llama.cpp computes at once."""

_KV_BLOCKS = {"f16": (1, 2), "q8_0": (32, 34), "q4_0": (32, 18)}
"""Elements and bytes of a block, by KV type."""

_SLIDING_PERIOD = {"gemma2": 2, "gemma3": 6, "cohere2": 4, "gpt-oss": 2, "exaone4": 4, "olmo2": 4}
"""Patterns that llama.cpp knows by heart: one layer in so many, the last of each group, sees everything."""

_VOCABULARY_BYTES_PER_TOKEN = 360
"""Measured: 17 MiB for 49,152 tokens."""
_PROCESS_BYTES = 48 * 2**20
"""Measured: a worker process with the interpreter and the library, before any model."""

_ANSWERING_BYTES = 8 * 2**20
"""Measured: what the first answer adds to a worker, whatever the model."""
_BYTES_PER_TOKEN = 64
"""Of a conversation: a Python list of numbers, twice, and the text."""


def estimate(header: Header, n_ctx: int, kv_type: str = "f16") -> Layout:
    """The parts at a context of ``n_ctx`` tokens. ``kv_type``: "f16", "q8_0" or "q4_0"."""
    return Layout.on_host(
        weights_bytes=header.weights_bytes,
        kv_bytes=kv_cache_bytes(header, n_ctx, kv_type),
        compute_bytes=compute_bytes(header, n_ctx),
        other_bytes=other_bytes(header),
    )


def usable_context(header: Header, n_ctx: int) -> int:
    """The context that a load would use: never more than the model was trained for; 0 asks for all of that."""
    trained = header.integer("{arch}.context_length")
    wanted = n_ctx or trained or 4096
    return min(wanted, trained) if trained > 0 else wanted


def kv_cache_bytes(header: Header, n_ctx: int, kv_type: str = "f16") -> int:
    """KV cache (or recurrent state) of all layers; 0 for models that embed."""
    if kind_of(header) == "embedding":
        return 0
    layers = _layers(header)
    heads_kv = header.per_layer("{arch}.attention.head_count_kv", layers, max(_heads(header, layers)))
    head_length = header.integer("{arch}.embedding_length") // max(1, *_heads(header, layers))
    key = header.integer("{arch}.attention.key_length", head_length)
    value = header.integer("{arch}.attention.value_length", head_length)
    state = _recurrent_state_bytes(header)
    total = 0
    for heads, cells in zip(heads_kv, _cells(header, layers, n_ctx), strict=True):
        # A layer without KV heads in a mixed network keeps a fixed state instead.
        total += cells * (_row_bytes(kv_type, heads * key) + _row_bytes(kv_type, heads * value)) if heads else state
    return total


def compute_bytes(header: Header, n_ctx: int) -> int:
    """The compute buffer with flash attention and one row of logits: activations of a batch, and the attention mask."""
    feed_forward = max(header.per_layer("{arch}.feed_forward_length", _layers(header)))
    experts = header.integer("{arch}.expert_used_count") * header.integer("{arch}.expert_feed_forward_length")
    width = 4 * header.integer("{arch}.embedding_length") + 3 * max(feed_forward, experts)
    batch = min(N_UBATCH, max(1, n_ctx))
    if kind_of(header) == "embedding":
        return 4 * batch * width
    # One mask, F16, for the layers that see everything, one for those with a window.
    masked = _padded(n_ctx) + (_window_cells(header, n_ctx) if any(_sliding_layers(header, _layers(header))) else 0)
    return 4 * batch * width + 2 * batch * masked


def other_bytes(header: Header) -> int:
    """What lies outside llama.cpp's own sums: the vocabulary's tables, a row of logits, the worker process itself."""
    n_vocab = header.length("tokenizer.ggml.tokens") or header.integer("{arch}.vocab_size")
    return n_vocab * (4 + _VOCABULARY_BYTES_PER_TOKEN) + _PROCESS_BYTES


def working_bytes(header: Header, n_ctx: int) -> int:
    """What a worker needs beside all buffers while it answers: the rows of a batch in the form that the CPU multiplies,
    the conversation as text and as tokens, threads, the template."""
    longest = max((tensor.shape[0] for tensor in header.tensors if len(tensor.shape) > 1), default=0)
    return _ANSWERING_BYTES + 2 * min(N_UBATCH, max(1, n_ctx)) * longest + _BYTES_PER_TOKEN * n_ctx


def _layers(header: Header) -> int:
    # Bounded: a header can claim billions, and the sums below go through them one by one.
    return min(MAX_LAYERS, max(1, header.integer("{arch}.block_count")))


def _heads(header: Header, layers: int) -> tuple[int, ...]:
    return header.per_layer("{arch}.attention.head_count", layers)


def _cells(header: Header, layers: int, n_ctx: int) -> list[int]:
    """Cells of each layer's cache: layers with a sliding window keep only that, and the batch under way."""
    full, sliding = _padded(n_ctx), _window_cells(header, n_ctx)
    return [sliding if slides else full for slides in _sliding_layers(header, layers)]


def _window_cells(header: Header, n_ctx: int) -> int:
    return _padded(min(n_ctx, header.integer("{arch}.attention.sliding_window") + N_UBATCH))


def _sliding_layers(header: Header, layers: int) -> list[bool]:
    if header.integer("{arch}.attention.sliding_window") <= 0:
        return [False] * layers
    pattern = header.metadata.get(f"{header.architecture}.attention.sliding_window_pattern")
    if isinstance(pattern, tuple) and len(pattern) >= layers:
        return [bool(slides) for slides in pattern[:layers]]
    period = pattern if isinstance(pattern, int) and pattern > 0 else _SLIDING_PERIOD.get(header.architecture, 1)
    return [layer % period < period - 1 for layer in range(layers)]


def _recurrent_state_bytes(header: Header) -> int:
    """Convolution and state-space memory of one recurrent layer, F32."""
    inner = header.integer("{arch}.ssm.inner_size")
    state = header.integer("{arch}.ssm.state_size")
    groups = header.integer("{arch}.ssm.group_count")
    convolution = max(0, header.integer("{arch}.ssm.conv_kernel") - 1) * (inner + 2 * groups * state)
    return 4 * (convolution + state * inner)


def _row_bytes(kv_type: str, elements: int) -> int:
    block, block_bytes = _KV_BLOCKS[kv_type]
    return -(-elements // block) * block_bytes


def _padded(cells: int) -> int:
    return -(-cells // 256) * 256
