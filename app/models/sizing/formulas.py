"""What a model takes in memory, by closed forms on its header.

llama.cpp itself, asked to lay a model out without allocating, is exact (``InferenceClient.probe``); these formulas
answer at once where it cannot be asked, and explain the parts. ``tests.bench.sizing`` prints how far they are off:
weights and caches are equal on all of its networks, compute buffers are near.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.models.embedding_params import CONTEXTS, MAX_CONTEXT
from app.models.gguf import Header
from app.models.sizing.cache import cache_bytes_by_layer, padded, window_cells
from app.models.sizing.layout import DeviceParts, Layout
from app.models.sizing.offload import GpuShare, adapter_weights, place, weights_by_device
from app.models.sizing.shape import N_UBATCH, layer_count, layer_memories
from app.models.summary import kind_of

_VOCABULARY_BYTES_PER_TOKEN = 360
"""Measured: 17 MiB for 49,152 tokens."""
_PROCESS_BYTES = 48 * 2**20
"""Measured: a worker process with the interpreter and the library, before any model."""
_ANSWERING_BYTES = 12 * 2**20
"""Measured: what the first answer adds to a worker, whatever the model, and what models before it leave behind."""
_BYTES_PER_TOKEN = 64
"""Of a conversation: a Python list of numbers, twice, and the text."""


def estimate(
    header: Header,
    n_ctx: int,
    kv_type: str = "f16",
    *,
    gpus: Sequence[GpuShare] = (),
    n_gpu_layers: int = -1,
    flash_attention: bool = True,
    adapters: Sequence[Header] = (),
) -> Layout:
    """The layout at a context of ``n_ctx`` tokens. ``kv_type``: "f16", "q8_0" or "q4_0".

    ``gpus``: those that llama.cpp can use; ``n_gpu_layers`` of the layers go there (-1: all). ``adapters``: the headers
    of LoRA adapters that are used with it; they count as weights.
    """
    embeds = kind_of(header) == "embedding"
    placement = place(header, gpus, n_gpu_layers)
    weights = weights_by_device(header, placement)
    for adapter in adapters:
        for device, size in adapter_weights(adapter, placement).items():
            weights[device] += size
    caches = dict.fromkeys(placement.devices, 0)
    for device, size in zip(
        placement.layers, cache_bytes_by_layer(header, n_ctx, kv_type, flash_attention=flash_attention), strict=False
    ):
        caches[device] += size
    compute = compute_bytes(header, n_ctx, flash_attention=flash_attention and not embeds)
    compute *= CONTEXTS if embeds else 1
    computes = [compute if device in (*placement.layers, placement.output) else 0 for device in placement.devices]
    computes[0] = computes[0] or 8 * min(N_UBATCH, n_ctx) * header.integer("{arch}.embedding_length")  # handed over
    return Layout(
        tuple(
            DeviceParts(device, weights[device], caches[device], computing)
            for device, computing in zip(placement.devices, computes, strict=True)
        ),
        other_bytes(header) + working_bytes(header, n_ctx) + (rows_bytes(header, n_ctx) if embeds else 0),
    )


def usable_context(header: Header, n_ctx: int) -> int:
    """The context that a load would use: never more than the model was trained for; 0 asks for all of that.

    Models that embed have one of their own.
    """
    trained = header.integer("{arch}.context_length")
    wanted = n_ctx or trained or 4096
    if kind_of(header) == "embedding":
        wanted = MAX_CONTEXT  # whatever was asked for: passages are short
    return min(wanted, trained) if trained > 0 else wanted


def compute_bytes(header: Header, n_ctx: int, *, flash_attention: bool = True) -> int:
    """The compute buffer with one row of logits: activations of a batch, the attention mask, and without flash
    attention each head's scores of the whole batch."""
    batch = min(N_UBATCH, max(1, n_ctx))
    activations = 4 * batch * _widest(header)
    memories = layer_memories(header)
    # One mask for the layers that see everything, one for those with a window.
    full = any(layer.key_elements and not layer.slides for layer in memories)
    sliding = any(layer.key_elements and layer.slides for layer in memories)
    seen = (padded(n_ctx) if full else 0) + (window_cells(header, n_ctx) if sliding else 0)
    if flash_attention:
        return activations + 2 * batch * seen
    heads = max(header.per_layer("{arch}.attention.head_count", layer_count(header)))
    longest = padded(n_ctx) if full else window_cells(header, n_ctx) if sliding else 0
    if kind_of(header) == "embedding":  # it keeps nothing, and still each token sees the whole text
        longest = n_ctx
    return activations + 4 * batch * seen + 4 * batch * heads * longest


def _widest(header: Header) -> int:
    """Numbers that lie side by side for a token where they are most: fitted to what llama.cpp lays out."""
    embedding = header.integer("{arch}.embedding_length")
    feed_forward = max(header.per_layer("{arch}.feed_forward_length", layer_count(header)))
    expert = header.integer("{arch}.expert_feed_forward_length", feed_forward) or feed_forward
    wide = max(feed_forward, header.integer("{arch}.expert_used_count") * expert)
    names = {tensor.name for tensor in header.tensors}
    gated = "blk.0.ffn_up.weight" not in names or "blk.0.ffn_gate.weight" in names or header.architecture == "phi3"
    return 4 * embedding + max(
        (3 if gated else 1) * wide,
        5 * header.integer("{arch}.ssm.inner_size"),
        16 * embedding if header.integer("{arch}.wkv.head_size") else 0,
    )


def other_bytes(header: Header) -> int:
    """What lies outside llama.cpp's own sums: the vocabulary's tables, a row of logits, the worker process itself."""
    return vocabulary_length(header) * (4 + _VOCABULARY_BYTES_PER_TOKEN) + _PROCESS_BYTES


def rows_bytes(header: Header, n_ctx: int) -> int:
    """What a model that embeds puts out for a text of ``n_ctx`` tokens, in all of its contexts: a vector for each
    token, and the logits too, which nobody reads."""
    return CONTEXTS * 4 * n_ctx * (vocabulary_length(header) + header.integer("{arch}.embedding_length"))


def vocabulary_length(header: Header) -> int:
    """Tokens that the model knows."""
    return header.length("tokenizer.ggml.tokens") or header.integer("{arch}.vocab_size")


def working_bytes(header: Header, n_ctx: int) -> int:
    """What a worker needs beside all buffers while it answers: the rows of a batch in the form that the CPU multiplies,
    the conversation as text and as tokens, threads, the template."""
    if kind_of(header) == "embedding":
        return _ANSWERING_BYTES
    longest = max((tensor.shape[0] for tensor in header.tensors if len(tensor.shape) > 1), default=0)
    return _ANSWERING_BYTES + 2 * min(N_UBATCH, max(1, n_ctx)) * longest + _BYTES_PER_TOKEN * n_ctx
