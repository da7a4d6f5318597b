"""From headers to what a plan chooses from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.models.gguf import Header
from app.models.kv_type import KvType
from app.models.plan import Candidate, LayoutFunction, Room
from app.models.sizing import DeviceParts, GpuShare, Layout, estimate
from app.models.speed import token_cost
from app.models.summary import MAX_LAYERS


@dataclass(frozen=True)
class Source:
    """The header that a candidate is laid out by.

    ``weights_share``: the candidate's bytes of weights over the header's: another quantization of the same model has
    the same network, and only its weights are larger or smaller. ``adapters``: headers of those that are used with it.
    """

    header: Header
    weights_share: float = 1.0
    adapters: tuple[Header, ...] = ()


def candidate_of(source: Source, name: str, quantization: str, key: str = "", threads: int = 0) -> Candidate:
    """What a plan has to know of a file. ``threads``: it is known to generate with so many here; 0: it is not."""
    header = source.header
    return Candidate(
        name=name,
        quantization=quantization,
        bits_per_weight=header.bits_per_weight * source.weights_share,
        n_layers=min(MAX_LAYERS, header.integer("{arch}.block_count")),
        n_ctx_train=header.integer("{arch}.context_length"),
        cost=token_cost(header),
        key=key,
        threads=threads,
    )


def closed_forms(sources: Mapping[Candidate, Source], room: Room) -> LayoutFunction:
    """Layouts by our formulas, with the layers shared out over the GPUs of ``room`` as llama.cpp does it."""
    gpus = tuple(GpuShare(gpu.device, float(gpu.free_bytes)) for gpu in room.gpus)

    def lay_out(candidate: Candidate, n_ctx: int, kv_type: KvType, n_gpu_layers: int) -> Layout:
        source = sources[candidate]
        layout = estimate(source.header, n_ctx, kv_type, gpus=gpus, n_gpu_layers=n_gpu_layers, adapters=source.adapters)
        return layout if source.weights_share == 1.0 else _scaled(layout, source.weights_share)

    return lay_out


def _scaled(layout: Layout, share: float) -> Layout:
    devices = tuple(
        DeviceParts(parts.device, round(parts.weights_bytes * share), parts.kv_bytes, parts.compute_bytes)
        for parts in layout.devices
    )
    return Layout(devices, layout.other_bytes, layout.untouched_bytes, layout.source)
