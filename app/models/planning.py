"""A plan: the search's choice, confirmed by llama.cpp where it can be asked, and put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.models.kv_type import KvType
from app.models.plan import Candidate, DeviceUse, LayoutFunction, Plan, PlanChoice, Room, Wishes
from app.models.plan_words import changes_when_it_fits, changes_when_nothing_fits, reasons
from app.models.planner import Search, Setting, missing_bytes, speeds, used_bytes
from app.models.sizing import HOST, Layout
from app.models.speed import tokens_per_s

ExactLayout = Callable[[Candidate, int, KvType, int], Layout | None]
"""llama.cpp's own layout of a setting; None where it cannot be asked."""

_MOST_CHECKS = 2
"""Each takes llama.cpp about half a second, more with a large vocabulary."""


def make_plan(
    candidates: Sequence[Candidate],
    room: Room,
    layout: LayoutFunction,
    wishes: Wishes | None = None,
    *,
    exact: ExactLayout | None = None,
    speed_ratio: Callable[[Candidate], float] = lambda _: 1.0,
) -> Plan:
    """The best of ``candidates`` in this ``room`` (see :mod:`app.models.planner`). Pure: the same input, the same plan.

    ``layout``: what a setting takes, quickly. ``exact``: the same from llama.cpp, asked at most twice, about the choice
    only. ``speed_ratio``: tokens a second measured here over those predicted, on the processor. Errors: ValueError
    without candidates.
    """
    if not candidates:
        raise ValueError("nothing to choose from")
    wishes = wishes or Wishes()
    corrections: dict[Candidate, Mapping[str, int]] = {}
    search = Search(candidates, room, layout, wishes, corrections, speed_ratio)
    found = search.best()
    for _ in range(_MOST_CHECKS if exact is not None else 0):
        asked = found or search.smallest()
        laid_out = _ask(exact, asked)
        if laid_out is None:
            break
        if not missing_bytes(laid_out, room):
            return _plan(search, asked, laid_out, speed_ratio, measured=True)
        if found is None:
            break
        # What one setting takes more than the formulas say, the candidate's others will, too.
        corrections[asked.candidate] = _difference(laid_out, search.layout(asked), room)
        found = search.best()
    if found is None:
        smallest = search.smallest()
        return Plan(
            fits=False, changes=changes_when_nothing_fits(search, smallest), missing_bytes=search.missing(smallest)
        )
    return _plan(search, found, None, speed_ratio, measured=False)


def _ask(exact: ExactLayout | None, setting: Setting) -> Layout | None:
    if exact is None:
        return None
    return exact(setting.candidate, setting.n_ctx, setting.kv_type, setting.n_gpu_layers)


def _difference(laid_out: Layout, estimated: Layout, room: Room) -> dict[str, int]:
    real, formula = used_bytes(laid_out, room), used_bytes(estimated, room)
    return {device: real[device] - formula[device] for device in real}


def _plan(
    search: Search,
    setting: Setting,
    laid_out: Layout | None,
    speed_ratio: Callable[[Candidate], float],
    *,
    measured: bool,
) -> Plan:
    room, layout = search.room, laid_out or search.layout(setting)
    used = used_bytes(layout, room) if laid_out is not None else search.used(setting)
    devices = tuple(
        DeviceUse(device.device, device.label, used[device.device], device.free_bytes, device.reserve_bytes)
        for device in room.devices
        if device.device in used
    )
    speed = tokens_per_s(layout, setting.candidate.cost, speeds(room), threads=setting.candidate.threads)
    on_processor = layout.on(HOST).weights_bytes == layout.weights_bytes
    return Plan(
        fits=True,
        choice=PlanChoice(setting.candidate, setting.n_ctx, setting.kv_type, setting.n_gpu_layers, devices),
        reasons=reasons(search, setting),
        changes=changes_when_it_fits(search, setting),
        tokens_per_s=None if speed is None else speed * (speed_ratio(setting.candidate) if on_processor else 1.0),
        measured_by_llama=measured,
    )
