"""How much of a model a quantization keeps, as the field has measured it.

The figures are mean Kullback-Leibler divergences of the next-token distribution from the unquantized model's
(Llama-3-8B, llama.cpp's own measurement; the IQ types with an importance matrix). Other models lose more or less, small
ones more; the order of the types is the same for all, and only the order is used to choose.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Literal

QualityClass = Literal["good", "fair", "poor"]
"""``good``: hardly told from the original (Q4_K_M and better); ``fair``: noticeably weaker; ``poor``: a last resort."""

CLASSES: tuple[QualityClass, ...] = ("good", "fair", "poor")

_GOOD, _FAIR = 0.05, 0.11
"""With a KV cache at Q8_0, Q4_K_S is still good; with one at Q4_0, Q8_0 is fair."""

_LOSS = {
    "F32": 0.0,
    "F16": 0.0,
    "BF16": 0.0,
    "MXFP4_MOE": 0.0,  # models that were trained in it lose nothing
    "Q8_0": 0.0014,
    "Q6_K": 0.0055,
    "Q5_K_M": 0.0108,
    "Q4_K_M": 0.0313,
    "IQ4_XS": 0.0363,
    "Q4_K_S": 0.0431,
    "Q3_K_M": 0.102,
    "IQ3_M": 0.103,
    "Q2_K": 0.332,
}

_BY_BITS = ((3.16, 0.332), (3.76, 0.103), (4.0, 0.102), (4.46, 0.0431), (4.89, 0.0313), (5.7, 0.0108), (6.56, 0.0055))
_BY_BITS_ABOVE = ((8.5, 0.0014), (16.0, 0.0))
"""Bits per weight and loss, for types that nobody measured: a straight line between the neighbours."""

_KV_LOSS = {"f16": 0.0, "q8_0": 0.003, "q4_0": 0.05}
"""Of a quantized KV cache. Q8_0 is all but free; Q4_0 costs about what a step of the weights' quantization does. Not
measured here: an assumption that only decides the order."""


def quality_loss(quantization: str, bits_per_weight: float) -> float:
    """Expected divergence from the original, 0.0 is none. ``quantization``: the nominal type, "" when unknown.

    A file whose columns do not divide by 256 has more real bits than its nominal type, and loses less: the lower of the
    two counts.
    """
    by_bits = _by_bits(bits_per_weight)
    named = _LOSS.get(quantization.upper().removeprefix("UD-"))
    return by_bits if named is None else min(named, by_bits) if bits_per_weight > 0 else named


def kv_loss(kv_type: str) -> float:
    """Expected divergence that a KV cache of this type adds. ``kv_type``: "f16", "q8_0" or "q4_0"."""
    return _KV_LOSS[kv_type]


def quality_class(loss: float) -> QualityClass:
    """The class of a loss: that of the weights and of the KV cache together."""
    return "good" if loss <= _GOOD else "fair" if loss <= _FAIR else "poor"


def _by_bits(bits: float) -> float:
    points = (*_BY_BITS, *_BY_BITS_ABOVE)
    at = bisect_left([each for each, _ in points], bits)
    if at == len(points):
        return 0.0
    high_bits, high_loss = points[at]
    if at == 0:  # below every measured type: worse in proportion, so that fewer bits are never better
        return high_loss * high_bits / max(bits, 0.1)
    low_bits, low_loss = points[at - 1]
    return low_loss + (high_loss - low_loss) * (bits - low_bits) / (high_bits - low_bits)
