"""The KV cache and the recurrent state, layer by layer."""

from __future__ import annotations

from dataclasses import replace

from app.models.gguf import Header
from app.models.sizing.shape import N_UBATCH, LayerMemory, layer_memories, window

_KV_BLOCKS = {"f16": (1, 2), "q8_0": (32, 34), "q4_0": (32, 18)}
"""Elements and bytes of a block, by KV type."""


def padded(cells: int) -> int:
    """Caches grow by 256 cells at a time."""
    return -(-cells // 256) * 256


def window_cells(header: Header, n_ctx: int) -> int:
    """Cells of a sliding layer's cache: the window, and the batch under way."""
    return padded(min(n_ctx, window(header) + N_UBATCH))


def cache_bytes_by_layer(
    header: Header, n_ctx: int, kv_type: str = "f16", *, flash_attention: bool = True
) -> tuple[int, ...]:
    """KV cache and state of each layer at a context of ``n_ctx`` tokens; empty for models that embed."""
    full, sliding = padded(n_ctx), window_cells(header, n_ctx)
    layers = layer_memories(header)
    if not flash_attention:  # the values are kept in columns then, as many in each layer as in the widest
        widest = max((layer.value_elements for layer in layers), default=0)
        layers = tuple(replace(layer, value_elements=widest) if layer.value_elements else layer for layer in layers)
    return tuple(_layer_bytes(layer, kv_type, sliding if layer.slides else full) for layer in layers)


def kv_cache_bytes(header: Header, n_ctx: int, kv_type: str = "f16") -> int:
    """KV cache and state of all layers; 0 for models that embed."""
    return sum(cache_bytes_by_layer(header, n_ctx, kv_type))


def _layer_bytes(layer: LayerMemory, kv_type: str, cells: int) -> int:
    cell = _row_bytes(kv_type, layer.key_elements) + _row_bytes(kv_type, layer.value_elements)
    return cell * cells + layer.state_bytes


def _row_bytes(kv_type: str, elements: int) -> int:
    block, block_bytes = _KV_BLOCKS[kv_type]
    return -(-elements // block) * block_bytes
