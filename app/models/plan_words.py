"""Why a plan is as it is, and what would have to change, one sentence each."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.sizes import size_text
from app.models.kv_type import KV_TYPES, KvType
from app.models.plan import ALL_LAYERS, Candidate, Room
from app.models.planner import Search, Setting
from app.models.quality import quality_class, quality_loss
from app.models.sizing import HOST

KV_WORDS: dict[KvType, str] = {"f16": "F16", "q8_0": "Q8_0", "q4_0": "Q4_0"}

_LEAST_CONTEXT = 512
_LEAST_BITS = 2.6
"""Q2_K: below that no quantization is worth loading."""
_USUAL_BITS = 4.9
"""Q4_K_M."""


def reasons(search: Search, chosen: Setting) -> tuple[str, ...]:
    """Quantization, context, KV cache, layers on the GPU, and what is left to others."""
    return (
        _quantization(search, chosen),
        _context(search, chosen),
        _kv(search, chosen),
        _layers(search, chosen),
        f"At least {size_text(search.room.memory.reserve_bytes)} are always left to the system and other programs.",
    )


def changes_when_it_fits(search: Search, chosen: Setting) -> tuple[str, ...]:
    """What would make it as wished, where the plan falls short."""
    said = []
    wanted = search.contexts()[0]
    if chosen.n_ctx < wanted:
        lacking = search.missing(Setting(chosen.candidate, wanted, chosen.kv_type, chosen.n_gpu_layers))
        if lacking:
            more = _amounts(lacking, search.room)
            said.append(f"For a context of {wanted:,} tokens, {more} more would have to be free.")
    good = [each for each in search.candidates if quality_class(_loss(each)) == "good"]
    if good and quality_class(chosen.loss) != "good":
        smallest = min(good, key=lambda each: (each.bits_per_weight, each.name))
        lacking = search.missing(search.fullest(Setting(smallest, chosen.n_ctx, "f16", 0)))
        if lacking:
            said.append(f"For {_name(smallest)}, {_amounts(lacking, search.room)} more would have to be free.")
    return tuple(said)


def changes_when_nothing_fits(search: Search, smallest: Setting) -> tuple[str, ...]:
    """What would help, the easiest first. ``smallest``: the setting that lacks the least."""
    said = [*_smaller_context(search, smallest), *_smaller_cache(search, smallest), *_smaller_weights(search, smallest)]
    lacking = search.missing(smallest)
    total, room = sum(lacking.values()), search.room.memory
    in_use = max(0, room.total_bytes - room.free_bytes)
    if not room.total_bytes or lacking.get(HOST, 0) <= in_use:
        said.append(f"Close other programs: {_amounts(lacking, search.room)} more have to be free.")
    else:
        said.append(
            f"It needs a machine with {size_text(total)} more memory: here there are {size_text(room.total_bytes)}."
        )
    return tuple(said)


# -- reasons --------------------------------------------------------------------------------------------------------


def _quantization(search: Search, chosen: Setting) -> str:
    name = _name(chosen.candidate)
    better = [each for each in search.candidates if _loss(each) < _loss(chosen.candidate)]
    if not better and search.left_out:
        larger = _name(search.left_out[0])
        return f"{name} answers like the original: {larger} is much larger, for a difference that nobody notices."
    if len(search.candidates) == 1:
        return f"{name} is the only quantization to choose from."
    if not better:
        return f"{name} is the most exact one there is."
    nearest = max(better, key=lambda each: (_loss(each), each.name))
    other = Setting(nearest, chosen.n_ctx, chosen.kv_type, chosen.n_gpu_layers)
    if chosen.n_gpu_layers != ALL_LAYERS:
        other = search.fullest(other)
    lacking = search.missing(other)
    if lacking:
        return f"{name} is the most exact one that fits: {_name(nearest)} {_would_take(search, other, lacking)}."
    speed = search.tokens_per_s(other)
    if speed is not None and search.slow(other):
        if round(search.tokens_per_s(chosen) or 0.0) <= round(speed):  # "about 3" instead of "about 3" helps nobody
            return f"{name} is a little faster than {_name(nearest)}, which would fit; both write slowly here."
        rate = f"about {speed:.0f} tokens a second" if speed >= 1.5 else "a token a second or less"
        return f"{name} is faster than {_name(nearest)}, which would fit, but only write {rate}."
    return f"{name} leaves room for the context, which {_name(nearest)} would not."


def _context(search: Search, chosen: Setting) -> str:
    wanted = search.contexts()[0]
    asked = search.wishes.n_ctx is not None
    trained = chosen.candidate.n_ctx_train
    if chosen.n_ctx >= wanted:
        if trained and chosen.n_ctx >= trained:
            return f"The context of {chosen.n_ctx:,} tokens is all that the model was made for."
        if asked:
            return f"The context has the {chosen.n_ctx:,} tokens that were asked for."
        return f"A context of {chosen.n_ctx:,} tokens holds a long conversation with passages of documents."
    larger = Setting(chosen.candidate, wanted, chosen.kv_type, chosen.n_gpu_layers)
    lacking = search.missing(larger)
    why = f": at {wanted:,} tokens it {_would_take(search, larger, lacking)}" if lacking else ""
    return f"The context is {chosen.n_ctx:,} tokens instead of {wanted:,}{why}."


def _kv(search: Search, chosen: Setting) -> str:
    if chosen.kv_type == search.wishes.kv_types[0]:
        return f"The KV cache, where the model keeps what it has read, stays exact ({KV_WORDS[chosen.kv_type]})."
    exact = Setting(chosen.candidate, chosen.n_ctx, search.wishes.kv_types[0], chosen.n_gpu_layers)
    lacking = search.missing(exact)
    why = f": at {KV_WORDS[exact.kv_type]} it {_would_take(search, exact, lacking)}" if lacking else ""
    cost = "which is hardly noticed" if chosen.kv_type == "q8_0" else "which costs some accuracy"
    return f"The KV cache is quantized to {KV_WORDS[chosen.kv_type]}, {cost}{why}."


def _layers(search: Search, chosen: Setting) -> str:
    gpus, layers = search.room.gpus, chosen.candidate.n_layers
    if not gpus:
        return "All layers run on the processor: there is no GPU that this llama.cpp can use."
    named = gpus[0].label if len(gpus) == 1 else f"{len(gpus)} GPUs"
    if chosen.n_gpu_layers == ALL_LAYERS:
        return f"All {layers} layers run on {named}."
    if chosen.n_gpu_layers == 0:
        return f"All layers run on the processor: not one more fits on {named}."
    rest = layers + 1 - chosen.n_gpu_layers
    return f"{chosen.n_gpu_layers} of {layers + 1} layers run on {named}, the other {rest} on the processor."


# -- what would help ------------------------------------------------------------------------------------------------


def _smaller_context(search: Search, smallest: Setting) -> list[str]:
    low, high = 0, smallest.n_ctx // _LEAST_CONTEXT
    while low < high:
        middle = (low + high + 1) // 2
        if search.fits(search.fullest(Setting(smallest.candidate, middle * _LEAST_CONTEXT, smallest.kv_type, 0))):
            low = middle
        else:
            high = middle - 1
    if not low:
        return []
    return [f"Make do with a context of {low * _LEAST_CONTEXT:,} tokens: then {_name(smallest.candidate)} fits."]


def _smaller_cache(search: Search, smallest: Setting) -> list[str]:
    for kind in KV_TYPES[1:]:
        smaller = search.fullest(Setting(smallest.candidate, smallest.n_ctx, kind, 0))
        if kind not in search.wishes.kv_types and search.fits(smaller):
            return [f"Quantize the KV cache to {KV_WORDS[kind]}: then {_name(smallest.candidate)} fits."]
    return []


def _smaller_weights(search: Search, smallest: Setting) -> list[str]:
    """With the bits per weight that would fit; where no quantization is that small, the size of a model that would."""
    layout, candidate = search.layout(smallest), smallest.candidate
    weights, bits = layout.weights_bytes, candidate.bits_per_weight
    used, lacking = sum(search.used(smallest).values()), sum(search.missing(smallest).values())
    for_weights = weights - lacking
    if for_weights <= 0 or not weights or not bits or not used:
        return ["Choose a smaller model."]
    if (fitting := bits * for_weights / weights) >= _LEAST_BITS:
        return [
            f"Choose a quantization of at most {fitting:.1f} bits per weight; "
            f"{_name(candidate)}, the smallest here, has {bits:.1f}."
        ]
    billions = 8 * for_weights / _USUAL_BITS / 1e9
    return [f"Choose a smaller model: at Q4_K_M, up to about {billions:.1f} billion parameters would fit."]


# -- phrases --------------------------------------------------------------------------------------------------------


def _would_take(search: Search, setting: Setting, lacking: Mapping[str, int]) -> str:
    device = max(lacking, key=lambda name: (lacking[name], name))
    room = next(each for each in search.room.devices if each.device == device)
    taken = size_text(room.room_bytes + lacking[device])
    return f"would take {taken} of {room.label}, of which {size_text(room.room_bytes)} may be used"


def _amounts(lacking: Mapping[str, int], room: Room) -> str:
    labels = {device.device: device.label for device in room.devices}
    return " and ".join(f"{size_text(bytes_)} of {labels[device]}" for device, bytes_ in lacking.items())


def _loss(candidate: Candidate) -> float:
    return quality_loss(candidate.quantization, candidate.bits_per_weight)


def _name(candidate: Candidate) -> str:
    return candidate.quantization or candidate.name
