"""The best way to load a model on this machine.

Every way to load it has a fixed rank that does not depend on how much memory is free; the plan is the first in that
order that fits. So the same input gives the same answer, and more memory never gives a worse one. What counts, in this
order:

1. **Quality class**: Q4_K_M and better, before Q3_K_M and its like, before less (:mod:`app.models.quality`; the loss of
   the weights' and of the KV cache's quantization together).
2. **Context**: what was asked for, else half of it, a quarter, down to the least that is worth loading. So a smaller
   context comes before an exotic quantization, and a KV cache at Q8_0 (all but free) before a smaller context.
3. **Whole on the GPU**, where llama.cpp can use one, before partly on the processor.
4. **Speed that one can read along with** (:data:`READING_SPEED`), where the memory's speed is known; of those that do
   not reach it the fastest.
5. **Quality** within the class: of what is left, the least loss.

Files of 16 bits and more are left out where there is one of 8. Last, the context grows into what is free: up to the
next step above, or where none was asked for up to :data:`MOST_CONTEXT`.

The closed forms search, which takes milliseconds; llama.cpp's own layout then has the last word on the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.models.kv_type import KvType
from app.models.plan import ALL_LAYERS, Candidate, LayoutFunction, Room, Wishes
from app.models.quality import CLASSES, QualityClass, kv_loss, quality_class, quality_loss
from app.models.sizing import HOST, Layout
from app.models.speed import Speeds, tokens_per_s

READING_SPEED = 8.0
"""Tokens a second. People read four or five words a second, about six tokens."""

USUAL_CONTEXT = 8192
"""When none is asked for: a conversation with some passages of documents."""

MOST_CONTEXT = 32_768
"""When none is asked for, memory beyond this is better left to other programs."""

_STEP = 512
_UNCOMPRESSED_BITS = 12.0
_UNSEEN_LOSS = 0.002
"""Q8_0."""
_ASSUMED_GPU_SPEEDUP = 8.0
"""Where a GPU's speed is not known: graphics memory against main memory."""


@dataclass(frozen=True)
class Setting:
    """One way to load one candidate."""

    candidate: Candidate
    n_ctx: int
    kv_type: KvType
    n_gpu_layers: int

    @property
    def loss(self) -> float:
        """What weights and KV cache lose by their quantization."""
        return quality_loss(self.candidate.quantization, self.candidate.bits_per_weight) + kv_loss(self.kv_type)


class Search:
    """Finds the first setting that fits. Lays each setting out at most once.

    ``corrections``: by candidate, bytes by device that the layouts are known to be too low by. ``speed_ratio``: tokens
    a second measured here over those predicted; it counts in the ranking, so that a choice and its words agree with it.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        room: Room,
        layout: LayoutFunction,
        wishes: Wishes,
        corrections: Mapping[Candidate, Mapping[str, int]],
        speed_ratio: Callable[[Candidate], float] = lambda _: 1.0,
    ) -> None:
        self.candidates = tuple(sorted(_worth_it(candidates), key=_identity))
        self.left_out = tuple(sorted(set(candidates) - set(self.candidates), key=_identity))
        self.room = room
        self.wishes = wishes
        self._layout = layout
        self._corrections = corrections
        self._speed_ratio = speed_ratio
        self._layouts: dict[Setting, Layout] = {}

    # -- what one setting takes -------------------------------------------------------------------------------------

    def layout(self, setting: Setting) -> Layout:
        """What a setting takes."""
        found = self._layouts.get(setting)
        if found is None:
            found = self._layout(setting.candidate, setting.n_ctx, setting.kv_type, setting.n_gpu_layers)
            self._layouts[setting] = found
        return found

    def used(self, setting: Setting) -> dict[str, int]:
        """Bytes by device; unified memory is all main memory's."""
        return used_bytes(self.layout(setting), self.room, self._corrections.get(setting.candidate))

    def missing(self, setting: Setting) -> dict[str, int]:
        """By device, what lacks for this setting; empty when it fits."""
        return missing_bytes(self.layout(setting), self.room, self._corrections.get(setting.candidate))

    def fits(self, setting: Setting) -> bool:
        """Whether it fits on every device."""
        return not self.missing(setting)

    def tokens_per_s(self, setting: Setting) -> float | None:
        """The estimate that ranks settings; None when the speed of main memory is not known."""
        candidate = setting.candidate
        speed = tokens_per_s(self.layout(setting), candidate.cost, self._speeds, threads=candidate.threads)
        return None if speed is None else speed * self._speed_ratio(candidate)

    @cached_property
    def _speeds(self) -> Speeds:
        # A GPU counts as no slower than main memory: else more layers on it would be worse.
        memory, known = self.room.memory.bytes_per_s, speeds(self.room)
        gpus = {gpu: max(memory, speed or memory * _ASSUMED_GPU_SPEEDUP) for gpu, speed in known.gpus.items()}
        return Speeds(known.memory, gpus)

    # -- the order --------------------------------------------------------------------------------------------------

    def contexts(self) -> list[int]:
        """The steps of the context, the best first."""
        trained = max((candidate.n_ctx_train for candidate in self.candidates), default=0)
        wanted = self.wishes.n_ctx or USUAL_CONTEXT
        wanted = min(wanted, trained) if trained else wanted
        least = min(wanted, self.wishes.least_context)
        steps = [wanted]
        while steps[-1] // 2 > least:
            steps.append(-(-(steps[-1] // 2) // _STEP) * _STEP)
        return [*steps, least] if steps[-1] > least else steps

    def best(self) -> Setting | None:
        """The first setting, in the order of this module, that fits; None when none does."""
        steps = self.contexts()
        for quality in CLASSES:
            for number, n_ctx in enumerate(steps):
                for whole in (True, False) if self.room.gpus else (True,):
                    fitting = list(self._fitting(quality, n_ctx, whole))
                    if fitting:
                        return self._grown(min(fitting, key=self._rank), steps, number)
        return None

    def _fitting(self, quality: QualityClass, n_ctx: int, whole: bool) -> Iterator[Setting]:
        for candidate in self.candidates:
            for kv_type in self.wishes.kv_types:
                found = Setting(candidate, n_ctx, kv_type, ALL_LAYERS if self.room.gpus else 0)
                if quality_class(found.loss) != quality:
                    continue
                if not whole:
                    found = self.most_layers(found)
                if self.fits(found):
                    yield found

    def most_layers(self, setting: Setting) -> Setting:
        """The same with as many layers on the GPUs as fit there, fewer than all; none when not one does."""
        candidate, n_ctx, kv_type = setting.candidate, setting.n_ctx, setting.kv_type
        low, high = 0, candidate.n_layers
        if sum(self.used(Setting(candidate, n_ctx, kv_type, 0)).values()) > self._all_rooms:
            high = 0  # it cannot fit, however it is split
        while low < high:
            middle = (low + high + 1) // 2
            missing = self.missing(Setting(candidate, n_ctx, kv_type, middle))
            if any(device != HOST for device in missing):
                high = middle - 1
            else:
                low = middle
        return Setting(candidate, n_ctx, kv_type, low)

    def fullest(self, setting: Setting) -> Setting:
        """The same with as many layers on the GPUs as fit there, all of them if they do; none without a GPU."""
        if not self.room.gpus:
            return setting
        whole = Setting(setting.candidate, setting.n_ctx, setting.kv_type, ALL_LAYERS)
        return whole if self.fits(whole) else self.most_layers(setting)

    @property
    def _all_rooms(self) -> int:
        return sum(device.room_bytes for device in self.room.devices if not device.unified)

    def _rank(self, setting: Setting) -> tuple[bool, float, float, str, str]:
        speed = self.tokens_per_s(setting) or 0.0
        if self.slow(setting):
            # A quantized cache is read a little faster, too: not for that.
            return True, kv_loss(setting.kv_type), -speed, *_identity(setting.candidate)
        return False, setting.loss, -speed, *_identity(setting.candidate)

    def slow(self, setting: Setting) -> bool:
        """Whether it is known to write more slowly than one reads."""
        speed = self.tokens_per_s(setting)
        return speed is not None and speed < READING_SPEED

    def _grown(self, setting: Setting, steps: Sequence[int], number: int) -> Setting:
        most = steps[number - 1] - 1 if number else steps[0]
        if number == 0 and self.wishes.n_ctx is None:
            most = min(setting.candidate.n_ctx_train or MOST_CONTEXT, max(MOST_CONTEXT, steps[0]))
        slow = self.slow(setting)
        low, high = setting.n_ctx // _STEP, most // _STEP
        while low < high:
            middle = (low + high + 1) // 2
            larger = Setting(setting.candidate, middle * _STEP, setting.kv_type, setting.n_gpu_layers)
            if self.fits(larger) and self.slow(larger) == slow:
                low = middle
            else:
                high = middle - 1
        return Setting(setting.candidate, max(setting.n_ctx, low * _STEP), setting.kv_type, setting.n_gpu_layers)

    def smallest(self) -> Setting:
        """The setting that takes the least: what has to fit if anything does."""
        n_ctx, kv_type = self.contexts()[-1], self.wishes.kv_types[-1]
        settings = [self.fullest(Setting(candidate, n_ctx, kv_type, 0)) for candidate in self.candidates]
        return min(settings, key=lambda setting: (sum(self.missing(setting).values()), *_identity(setting.candidate)))


def used_bytes(layout: Layout, room: Room, correction: Mapping[str, int] | None = None) -> dict[str, int]:
    """Bytes by device of ``room``; what lies on a device that shares main memory, or on none of them, is main
    memory's."""
    own = {device.device for device in room.gpus if not device.unified}
    used = dict.fromkeys([HOST, *(device.device for device in room.gpus if device.device in own)], 0)
    used[HOST] += layout.other_bytes
    for parts in layout.devices:
        used[parts.device if parts.device in own else HOST] += parts.total_bytes
    for device, bytes_ in (correction or {}).items():
        used[device if device in used else HOST] += bytes_
    return used


def missing_bytes(layout: Layout, room: Room, correction: Mapping[str, int] | None = None) -> dict[str, int]:
    """By device, what a layout lacks; empty when it fits. A unified GPU has a limit of its own within main memory."""
    used = used_bytes(layout, room, correction)
    used |= {gpu.device: layout.on(gpu.device).total_bytes for gpu in room.gpus if gpu.unified}
    rooms = {device.device: device.room_bytes for device in room.devices}
    return {device: bytes_ - rooms[device] for device, bytes_ in used.items() if bytes_ > rooms[device]}


def speeds(room: Room) -> Speeds:
    """How fast each device is read; what shares main memory, as fast as that."""
    memory = room.memory.bytes_per_s
    return Speeds(room.readers, {gpu.device: gpu.bytes_per_s or memory * gpu.unified for gpu in room.gpus})


def _worth_it(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without 16 bits and more where there are 8: twice the size, for a difference that nobody has been able to see."""
    compact = [each for each in candidates if each.bits_per_weight < _UNCOMPRESSED_BITS]
    exact = any(quality_loss(each.quantization, each.bits_per_weight) <= _UNSEEN_LOSS for each in compact)
    return compact if exact else list(candidates)


def _identity(candidate: Candidate) -> tuple[str, str]:
    return candidate.name, candidate.key
