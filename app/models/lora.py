"""LoRA adapters: what a file of one says, and whether it belongs to a base model.

An adapter has pairs of small matrices, ``<tensor of the base>.lora_a`` and ``….lora_b``, whose product is added to that
tensor; a base of another architecture or shape cannot take it. The rules are llama.cpp's own
(https://github.com/ggml-org/llama.cpp/blob/master/src/llama-adapter.cpp), which ends a load where one is broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.core.errors import ModelError
from app.models.adapter import AdapterSummary
from app.models.gguf import Header, TensorInfo
from app.models.gguf_reader import read_header
from app.models.summary import printable_line

_A, _B = ".lora_a", ".lora_b"
_EMBEDDING = "token_embd.weight"


def is_adapter(header: Header) -> bool:
    """Whether a file is an adapter of any kind."""
    return header.text("general.type") == "adapter"


def read_adapter(path: Path) -> tuple[Header, AdapterSummary]:
    """Read an adapter's header. Errors: :class:`ModelError` when it is no LoRA that can be used."""
    header = read_header(path)
    what = f"{path.name} cannot be used as an adapter."
    if not is_adapter(header):
        raise ModelError(what, "It is a whole model.", "Add it to the library as a model.")
    kind = header.text("adapter.type")
    if kind != "lora":
        raise ModelError(
            what, f"It is of the kind “{printable_line(kind)}”; only LoRA is known.", "Choose another one."
        )
    if header.length("adapter.alora.invocation_tokens"):
        raise ModelError(
            what,
            "It is an activated LoRA, which begins to work only after certain words; Satchel applies adapters to all.",
            "Choose a plain LoRA.",
        )
    pairs = _pairs(header)
    lonely = next((name for name, pair in pairs.items() if len(pair) != 2), None)
    if not pairs or lonely is not None:
        why = f"The tensor {printable_line(lonely)} has only one half of its pair." if lonely else "It has no tensors."
        raise ModelError(what, why, "Convert or download it again.")
    return header, AdapterSummary(
        name=printable_line(header.text("general.name")) or path.stem,
        architecture=header.architecture,
        base_name=printable_line(header.text("general.base_model.0.name")),
        rank=max(_rank(name, pair) for name, pair in pairs.items()),
        alpha=_alpha(header),
        n_tensors=len(pairs),
        size_bytes=header.file_bytes,
        license=printable_line(header.text("general.license")),
    )


def mismatch(adapter: Header, base: Header) -> str:
    """Why an adapter does not belong to a base model, as sentences; empty when it does."""
    if adapter.architecture != base.architecture:
        theirs, ours = printable_line(adapter.architecture) or "unknown", printable_line(base.architecture)
        return f"It was made for models of the architecture {theirs}; this one is {ours}."
    tensors: Mapping[str, TensorInfo] = {tensor.name: tensor for tensor in base.tensors}
    for name, pair in _pairs(adapter).items():
        target = tensors.get(name)
        if target is None:
            return f"It changes the tensor {printable_line(name)}, which this model does not have."
        if name.endswith("_norm.weight"):  # llama.cpp leaves these out
            continue
        wanted = _shape(name, pair)
        if wanted is None:
            return f"It is damaged: the two halves of its tensor {printable_line(name)} do not fit each other."
        if target.shape[:2] != wanted:
            theirs, ours = (" × ".join(map(str, shape)) for shape in (wanted, target.shape[:2]))
            return f"Its tensor {printable_line(name)} is made for {theirs} weights; this model's has {ours}."
    return ""


def _pairs(header: Header) -> dict[str, dict[str, TensorInfo]]:
    pairs: dict[str, dict[str, TensorInfo]] = {}
    for tensor in header.tensors:
        for half in (_A, _B):
            if tensor.name.endswith(half):
                pairs.setdefault(tensor.name.removesuffix(half), {})[half] = tensor
    return pairs


def _shape(name: str, pair: Mapping[str, TensorInfo]) -> tuple[int, int] | None:
    """Row length and rows of the tensor that the product of a pair is added to; None where the two do not fit."""
    a, b = pair[_A].shape, pair[_B].shape
    if len(a) < 2 or len(b) < 2:
        return None
    if name == _EMBEDDING:  # looked up by row, so stored the other way round
        return b[1], a[0]
    return (a[0], b[1]) if a[1] == b[0] else None


def _rank(name: str, pair: Mapping[str, TensorInfo]) -> int:
    return pair[_B].shape[0] if name != _EMBEDDING else pair[_A].shape[-1]


def _alpha(header: Header) -> float:
    alpha = header.metadata.get("adapter.lora.alpha")
    return float(alpha) if isinstance(alpha, int | float) and not isinstance(alpha, bool) else 0.0
