"""Whether a model fits where some of its layers lie on GPUs: each device has to have room for its part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from app.core.sizes import size_text
from app.models.candidates import Source, candidate_of, closed_forms
from app.models.gguf import Header
from app.models.kv_type import KvType
from app.models.model import Fit, Verdict
from app.models.plan import ALL_LAYERS, DeviceRoom, Room, Wishes
from app.models.planner import Search, Setting, used_bytes
from app.models.sizing import HOST, Layout
from app.models.verdict import SMALLEST_CONTEXT


def verdict_by_device(header: Header, n_ctx: int, kv_type: KvType, room: Room, layout: Layout) -> Verdict:
    """Compare what a model takes on each device with what is free there.

    ``layout``: at this context. ``room``: with what the loaded model gives back.
    """
    taken = list(_taken(layout, room))
    fit = _fit(taken)
    return Verdict(
        fit=fit,
        sentence=_sentence(fit, taken, lambda: _way_out(header, n_ctx, kv_type, room)),
        n_ctx=n_ctx,
        weights_bytes=layout.weights_bytes,
        kv_bytes=layout.kv_bytes,
        compute_bytes=layout.compute_bytes,
        other_bytes=layout.other_bytes,
        available_bytes=sum(device.free_bytes for device in room.devices if not device.unified),
        measured_by_llama=layout.source != "formula",
        devices=layout.devices,
        on_gpus_bytes=sum(layout.on(gpu.device).total_bytes if gpu.unified else gpu.free_bytes for gpu in room.gpus),
    )


def _taken(layout: Layout, room: Room) -> Iterator[tuple[DeviceRoom, int]]:
    """Each device with the bytes it would take, GPUs first; main memory counts what a GPU shares with it."""
    used = used_bytes(layout, room)
    for gpu in room.gpus:
        size = layout.on(gpu.device).total_bytes
        if size:
            yield gpu, size
    yield room.memory, used[HOST]


def _fit(taken: Sequence[tuple[DeviceRoom, int]]) -> Fit:
    if any(size > device.free_bytes for device, size in taken):
        return "does_not_fit"
    return "tight" if any(size > device.room_bytes for device, size in taken) else "fits"


def _sentence(fit: Fit, taken: Sequence[tuple[DeviceRoom, int]], way_out: Callable[[], str]) -> str:
    if fit == "does_not_fit":
        short = [
            f"{size_text(size)} {_on(device)}, where {size_text(device.free_bytes)} are free"
            for device, size in taken
            if size > device.free_bytes
        ]
        return f"Does not fit: needs {' and '.join(short)}. {way_out()}"
    takes = " and ".join(
        f"{size_text(size)} of the {size_text(device.free_bytes)} {_on(device)}" for device, size in taken
    )
    if fit == "fits":
        return f"Fits: takes {takes} that are free."
    device, size = min(taken, key=lambda each: each[0].room_bytes - each[1])
    left = size_text(device.free_bytes - size)
    return f"Tight: takes {takes} that are free; only {left} would be left {_on(device)} for everything else."


def _on(device: DeviceRoom) -> str:
    return "in memory" if device.device == HOST else f"on {device.label}"


def _way_out(header: Header, n_ctx: int, kv_type: KvType, room: Room) -> str:
    source = Source(header)
    candidate = candidate_of(source, "it", "")
    search = Search([candidate], room, closed_forms({candidate: source}, room), Wishes(n_ctx), {})
    found = search.fullest(Setting(candidate, n_ctx, kv_type, 0))
    if search.fits(found):
        if found.n_gpu_layers == ALL_LAYERS:  # llama.cpp says more than the formulas do
            return "Choose a smaller context, or close what else uses the GPU."
        return f"With {_layers(found)} it would."
    smaller = _largest_context(search, found)
    if smaller is not None:
        also = "" if smaller.n_gpu_layers == ALL_LAYERS else f" and {_layers(smaller)}"
        return f"With a context of {smaller.n_ctx:,} tokens instead of {n_ctx:,}{also} it would."
    return "Close other programs, or choose a smaller model or quantization."


def _layers(setting: Setting) -> str:
    if setting.n_gpu_layers == 0:
        return "all layers on the processor"
    return f"{setting.n_gpu_layers} of {setting.candidate.n_layers + 1} layers on the GPU"


def _largest_context(search: Search, setting: Setting) -> Setting | None:
    found = None
    low, high = 0, setting.n_ctx // SMALLEST_CONTEXT
    while low < high:
        middle = (low + high + 1) // 2
        smaller = search.fullest(Setting(setting.candidate, middle * SMALLEST_CONTEXT, setting.kv_type, 0))
        if search.fits(smaller):
            low, found = middle, smaller
        else:
            high = middle - 1
    return found
