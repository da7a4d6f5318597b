"""What to load on this machine, and how: the values that the planner takes and gives.

Memory is counted by device, with llama.cpp's names: "CPU" (main memory), "CUDA0", "Vulkan0", "MTL0".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.hardware.bandwidth import ReadSpeed
from app.models.kv_type import KV_TYPES, KvType
from app.models.sizing import Layout
from app.models.speed import ALL_IS_READ, TokenCost

ALL_LAYERS = -1
"""``n_gpu_layers``: every layer on the GPU, the output's included."""


@dataclass(frozen=True)
class Candidate:
    """One file, or one quantization that could be made, of a model.

    ``key``: what the caller knows it by (a path, a file of a repository). ``threads``: it is known to generate with so
    many here, 0 where that is not known. ``n_ctx_train`` 0: unknown.
    """

    name: str
    quantization: str
    bits_per_weight: float
    n_layers: int
    n_ctx_train: int
    cost: TokenCost = ALL_IS_READ
    key: str = ""
    threads: int = 0


@dataclass(frozen=True)
class DeviceRoom:
    """What may be filled on one device. ``free_bytes`` counts what the model that is replaced gives back.

    ``bytes_per_s``: how fast it can be read; 0.0 unknown. ``unified``: its memory is main memory (Apple,
    integrated GPUs), so that both are counted as one.
    """

    device: str
    label: str
    free_bytes: int
    reserve_bytes: int
    total_bytes: int = 0
    bytes_per_s: float = 0.0
    unified: bool = False

    @property
    def room_bytes(self) -> int:
        """Free, less what is to stay free."""
        return max(0, self.free_bytes - self.reserve_bytes)


@dataclass(frozen=True)
class Room:
    """All devices: main memory first, then the GPUs that llama.cpp can use, in its order.

    ``readers``: how fast main memory is read, by the number of threads; empty where that is not known.
    """

    memory: DeviceRoom
    gpus: tuple[DeviceRoom, ...] = ()
    readers: tuple[ReadSpeed, ...] = ()

    @property
    def devices(self) -> tuple[DeviceRoom, ...]:
        """Main memory and the GPUs."""
        return (self.memory, *self.gpus)


LayoutFunction = Callable[[Candidate, int, KvType, int], Layout]
"""Of a candidate, context in tokens, KV type, layers on the GPU (0 to ``n_layers``, or ``ALL_LAYERS``)."""


@dataclass(frozen=True)
class Wishes:
    """What the person asks for. ``n_ctx`` None: as planned. ``least_context``: less is not worth loading.

    ``kv_types``: the ones allowed, the most exact first.
    """

    n_ctx: int | None = None
    least_context: int = 2048
    kv_types: tuple[KvType, ...] = KV_TYPES


@dataclass(frozen=True)
class DeviceUse:
    """What a choice takes on one device, of what is free there, in bytes."""

    device: str
    label: str
    used_bytes: int
    free_bytes: int
    reserve_bytes: int


@dataclass(frozen=True)
class PlanChoice:
    """What to load, and how. ``n_gpu_layers``: 0 none, ``ALL_LAYERS`` all."""

    candidate: Candidate
    n_ctx: int
    kv_type: KvType
    n_gpu_layers: int
    devices: tuple[DeviceUse, ...]

    @property
    def total_bytes(self) -> int:
        """On all devices together."""
        return sum(each.used_bytes for each in self.devices)

    @property
    def free_bytes(self) -> int:
        """On all devices together, before loading; unified memory is listed once."""
        return sum(each.free_bytes for each in self.devices)


@dataclass(frozen=True)
class Plan:
    """The best choice that fits, and why; or what would have to change. Sentences are for the person.

    ``tokens_per_s`` is an estimate (see :mod:`app.models.speed`), None when the memory's speed is not known.
    ``measured_by_llama``: llama.cpp itself laid the choice out.
    """

    fits: bool
    choice: PlanChoice | None = None
    reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    tokens_per_s: float | None = None
    measured_by_llama: bool = False
    missing_bytes: Mapping[str, int] = field(default_factory=dict)
    """When nothing fits: by device, what the smallest choice lacks."""
