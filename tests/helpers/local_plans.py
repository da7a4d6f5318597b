"""Plans for a model that is here, as the planner gives them: for the window's tests."""

from __future__ import annotations

from app.models.kv_type import KvType
from app.models.plan import Candidate, DeviceRoom, Plan, PlanChoice, Room

GB = 1_000_000_000


def local_plan(n_ctx: int = 8192, kv_type: KvType = "f16", layers: int = 0, tokens_per_s: float | None = 12.3) -> Plan:
    """One that fits."""
    candidate = Candidate("Q4_0", "Q4_0", 4.64, 30, 8192)
    reasons = (
        "Q4_0 is the only quantization to choose from.",
        f"A context of {n_ctx:,} tokens holds a long conversation with passages of documents.",
        "The KV cache, where the model keeps what it has read, stays exact (F16).",
        "All layers run on the processor: there is no GPU that this llama.cpp can use.",
        "At least 512 MB are always left to the system and other programs.",
    )
    return Plan(True, PlanChoice(candidate, n_ctx, kv_type, layers, ()), reasons, tokens_per_s=tokens_per_s)


def none_fits() -> Plan:
    """Nothing fits, and what would help."""
    changes = (
        "Choose a quantization of at most 3.1 bits per weight; Q4_K_M, the smallest here, has 4.8.",
        "Close other programs: 9.1 GB of memory more have to be free.",
    )
    return Plan(False, changes=changes, missing_bytes={"CPU": 9_100_000_000})


def with_gpu() -> Room:
    """A machine with a GPU of which 7 GB are free."""
    memory = DeviceRoom("CPU", "memory", 14 * GB, GB // 2, 32 * GB)
    gpu = DeviceRoom("CUDA0", "GPU 0 (NVIDIA GeForce RTX 4060)", 7 * GB, GB // 2, 8 * GB)
    return Room(memory, (gpu,))
