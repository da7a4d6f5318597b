"""Which layer lies on which device, by llama.cpp's rule.

With ``n_gpu_layers = k`` the output layer and the last k - 1 blocks go to the GPUs, shared out over them in order and
in proportion to their free memory or to given shares; the token table always stays in main memory. Embeddings that are
tied to the output lie in both places then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ctypes import c_float
from dataclasses import dataclass
from itertools import accumulate

from app.models.gguf import Header, TensorInfo
from app.models.sizing.layout import HOST
from app.models.sizing.shape import layer_count

_ALIGNMENTS = {HOST: 32}
_GPU_ALIGNMENT = 128
"""Each tensor begins at a multiple: 32 bytes in main memory, 128 on NVIDIA's GPUs, 256 at most elsewhere."""

_BLOCK = re.compile(r"blk\.(\d+)\.")
_TABLE = "token_embd.weight"
_SKIPPED = "_norm.weight.lora_"
"""llama.cpp leaves these tensors of adapters out."""
_INPUT = ("token_embd", "position_embd", "token_types", "per_layer_token_embd")


@dataclass(frozen=True)
class GpuShare:
    """A GPU that llama.cpp can use. ``share``: of the layers; its free bytes, or a number of one's own choice."""

    device: str
    share: float


@dataclass(frozen=True)
class Placement:
    """``layers``: the device of each block; ``output``: of the last norm and the output matrix."""

    layers: tuple[str, ...]
    output: str

    @property
    def devices(self) -> tuple[str, ...]:
        """All that hold something: main memory first, then the GPUs in order."""
        return tuple(dict.fromkeys((HOST, *self.layers, self.output)))


def place(header: Header, gpus: Sequence[GpuShare], n_gpu_layers: int) -> Placement:
    """Where each layer goes. ``n_gpu_layers`` -1 (or more than there are): all."""
    layers = layer_count(header)
    usable = [gpu for gpu in gpus if gpu.share > 0]
    on_gpu = layers + 1 if n_gpu_layers < 0 else min(n_gpu_layers, layers + 1)
    if not usable or not on_gpu:
        return Placement((HOST,) * layers, HOST)
    first = layers + 1 - on_gpu
    reached = list(accumulate((_float(gpu.share) for gpu in usable), lambda before, share: _float(before + share)))
    ends = [_float(each / reached[-1]) for each in reached]

    def device(layer: int) -> str:
        if layer < first:
            return HOST
        at = _float((layer - first) / on_gpu)
        return next((gpu.device for gpu, end in zip(usable, ends, strict=True) if at < end), usable[-1].device)

    return Placement(tuple(device(layer) for layer in range(layers)), device(layers))


def _float(number: float) -> float:
    """As llama.cpp computes it: a layer that lies just where two GPUs meet goes to the one that rounding says."""
    return c_float(number).value


def weights_by_device(header: Header, placement: Placement) -> dict[str, int]:
    """Bytes of weights on each device; tied embeddings count twice where input and output lie apart."""
    found = dict.fromkeys(placement.devices, 0)
    for tensor in header.tensors:
        device = _device_of(tensor, placement)
        found[device] += _aligned(tensor.size_bytes, device)
    tied = all(tensor.name != "output.weight" for tensor in header.tensors)
    if tied and placement.output != HOST:
        found[placement.output] += sum(tensor.size_bytes for tensor in header.tensors if tensor.name == _TABLE)
    return found


def adapter_weights(adapter: Header, placement: Placement) -> dict[str, int]:
    """Bytes of a LoRA adapter on each device: each pair of matrices lies where the tensor lies that it changes."""
    found: dict[str, int] = {}
    for tensor in adapter.tensors:
        if _SKIPPED not in tensor.name:
            device = _device_of(tensor, placement)
            found[device] = found.get(device, 0) + _aligned(tensor.size_bytes, device)
    return found


def _aligned(size_bytes: int, device: str) -> int:
    alignment = _ALIGNMENTS.get(device, _GPU_ALIGNMENT)
    return -(-size_bytes // alignment) * alignment


def _device_of(tensor: TensorInfo, placement: Placement) -> str:
    block = _BLOCK.match(tensor.name)
    if block is not None and int(block[1]) < len(placement.layers):
        return placement.layers[int(block[1])]
    return HOST if tensor.name.startswith(_INPUT) else placement.output
