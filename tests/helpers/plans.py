"""Machines and models that exist nowhere, for plans: sizes as the real ones have them, summed up without llama.cpp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.hardware.bandwidth import ReadSpeed
from app.models.kv_type import KvType
from app.models.plan import ALL_LAYERS, Candidate, DeviceRoom, LayoutFunction, Room
from app.models.sizing import HOST, DeviceParts, Layout
from app.models.speed import TokenCost
from app.models.verdict import reserve_bytes

GB = 10**9
MB = 10**6

_KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}

QUANTIZATIONS = {
    "F16": 16.0,
    "Q8_0": 8.5,
    "Q6_K": 6.56,
    "Q5_K_M": 5.7,
    "Q4_K_M": 4.89,
    "Q3_K_M": 4.0,
    "Q2_K": 3.16,
}


@dataclass(frozen=True)
class Shape:
    """A network: parameters in billions, and the elements of one token's keys and values in one layer."""

    billions: float
    layers: int
    kv_elements: int
    n_ctx_train: int = 131_072

    def candidates(self, *quantizations: str, read_share: float = 1.0) -> list[Candidate]:
        """Its quantizations; all that there are when none is named."""
        return [
            Candidate(name, name, QUANTIZATIONS[name], self.layers, self.n_ctx_train, TokenCost(rest_share=read_share))
            for name in quantizations or QUANTIZATIONS
        ]

    def layout(self, gpus: Sequence[tuple[str, float]] = ()) -> LayoutFunction:
        """``gpus``: names, and the share of the layers on the GPUs that each gets."""

        def lay_out(candidate: Candidate, n_ctx: int, kv_type: KvType, n_gpu_layers: int) -> Layout:
            weights = self.billions * GB * candidate.bits_per_weight / 8
            kv = n_ctx * self.kv_elements * self.layers * _KV_BYTES[kv_type]
            units = self.layers + 1  # the output layer is one more
            on_gpus = units if n_gpu_layers == ALL_LAYERS else min(units, n_gpu_layers)
            parts = []
            for name, share in gpus:
                part = on_gpus * share / units
                parts.append(DeviceParts(name, int(weights * part), int(kv * part), (100 * MB + 512 * n_ctx)))
            rest = 1 - on_gpus / units if gpus else 1.0
            host = DeviceParts(HOST, int(weights * rest), int(kv * rest), 50 * MB + 512 * n_ctx)
            return Layout((host, *parts), 120 * MB)

        return lay_out


LLAMA_8B = Shape(8.0, 32, 2 * 1024)
LLAMA_70B = Shape(70.0, 80, 2 * 1024)


def room(memory_free: int, *gpus_free: int, memory_bytes_per_s: float = 0.0, unified: bool = False) -> Room:
    """A machine with so much free, in bytes: main memory, then each GPU."""
    return Room(
        DeviceRoom(HOST, "memory", memory_free, reserve_bytes(memory_free), 2 * memory_free, memory_bytes_per_s),
        tuple(
            DeviceRoom(
                f"CUDA{number}",
                f"GPU {number}",
                free,
                reserve_bytes(free),
                free,
                memory_bytes_per_s * (1 if unified else 10),
                unified,
            )
            for number, free in enumerate(gpus_free)
        ),
        (ReadSpeed(1, memory_bytes_per_s),) if memory_bytes_per_s else (),
    )
