"""What a GGUF header says: its values, as :func:`app.models.gguf_reader.read_header` gives them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from app.models.ggml_types import TensorType


@dataclass(frozen=True)
class SkippedArray:
    """An array too long to keep: only its length is known."""

    length: int


Value = int | float | bool | str | tuple[int | float | bool | str, ...] | SkippedArray


@dataclass(frozen=True)
class TensorInfo:
    """One row of the tensor table. ``shape``: llama.cpp's order, the row length first. ``offset``: into the data."""

    name: str
    shape: tuple[int, ...]
    type: TensorType
    offset: int

    @property
    def elements(self) -> int:
        """Number of weights."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes in the file."""
        return self.type.row_bytes(self.shape[0]) * math.prod(self.shape[1:])


@dataclass(frozen=True)
class Header:
    """What the file says of itself. ``data_start``: where tensor data begins, in bytes."""

    version: int
    metadata: Mapping[str, Value]
    tensors: tuple[TensorInfo, ...]
    data_start: int
    file_bytes: int
    parts: int = 1
    """Files that this header was joined from (:func:`app.models.split.read_joined`)."""
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict, repr=False, compare=False)
    """Where the first file has each key with its value, in bytes: from, to."""

    @property
    def architecture(self) -> str:
        """llama.cpp's name for the network's shape; the prefix of most keys."""
        return self.text("general.architecture")

    def text(self, key: str, default: str = "") -> str:
        """A string, or the default when the key is missing or of another type."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else default

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number that counts something; ``{arch}`` in the key stands for the architecture.

        The default when it is missing, negative or of another type.
        """
        value = self.metadata.get(key.replace("{arch}", self.architecture))
        return value if _is_count(value) else default

    def per_layer(self, key: str, layers: int, default: int = 0) -> tuple[int, ...]:
        """One number per layer, from an array of that length or from one number for all."""
        value = self.metadata.get(key.replace("{arch}", self.architecture))
        if isinstance(value, tuple) and len(value) >= layers:
            return tuple(item if _is_count(item) else default for item in value[:layers])
        return (self.integer(key, default),) * layers

    def length(self, key: str) -> int:
        """How many elements an array has; 0 when there is none."""
        value = self.metadata.get(key)
        if isinstance(value, SkippedArray):
            return value.length
        return len(value) if isinstance(value, tuple) else 0

    @property
    def parameters(self) -> int:
        """Weights of all tensors."""
        return sum(tensor.elements for tensor in self.tensors)

    @property
    def active_parameters(self) -> int:
        """Weights that work on one token: of a mixture's experts only as many as it asks."""
        experts, used = self.integer("{arch}.expert_count"), self.integer("{arch}.expert_used_count")
        if not 0 < used < experts:
            return self.parameters
        asleep = sum(tensor.elements for tensor in self.tensors if _is_expert(tensor.name))
        return self.parameters - asleep * (experts - used) // experts

    @property
    def weights_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.size_bytes for tensor in self.tensors)

    @property
    def bits_per_weight(self) -> float:
        """Real bits per weight, over all tensors."""
        return 8 * self.weights_bytes / self.parameters if self.parameters else 0.0


def _is_expert(name: str) -> bool:
    """All experts of a layer in one tensor (``ffn_up_exps``), or, in old files, one each (``ffn_up.3``)."""
    return re.search(r"_exps\.|ffn_(gate|up|down)\.\d+\.", name) is not None


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
