"""From a GGUF header to what a person wants to know of the model."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from app.core.errors import ModelError
from app.models.ggml_types import FILE_TYPES
from app.models.gguf import Header
from app.models.model import ModelKind, ModelSummary
from app.models.preset import defaults_of
from app.models.split import common_name, read_joined

MAX_LAYERS = 512
"""llama.cpp's own limit; it aborts the process on more."""

_ENCODERS = frozenset(
    (
        *("bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "eurobert"),
        *("jina-bert-v2", "jina-bert-v3", "gemma-embedding", "t5encoder"),
    )
)
_POOLED = 1
"""``pooling_type`` from here on makes one vector of a text (0: none)."""

_NOT_MODELS = {
    "imatrix": "It is an importance matrix: a by-product of quantization.",
    "adapter": "It is an adapter (LoRA), which changes another model.",
    "mmproj": "It is the part of a model that reads images; the model itself is another file.",
    "vocab": "It is only a vocabulary.",
}
_MAX_NAME = 120


def read_summary(path: Path) -> tuple[Header, ModelSummary]:
    """Read a model file's header, with those of its other parts if it is split.

    Errors: :class:`ModelError` when it is not a model that can be used, or a part of it is missing.
    """
    header = read_joined(path)
    return header, summarize(header, path)


def summarize(header: Header, path: Path) -> ModelSummary:
    """What the header says, in our terms. Errors: :class:`ModelError` when it is no whole language model."""
    _refuse_others(header, path)
    return ModelSummary(
        name=_name(header, path),
        kind=kind_of(header),
        architecture=header.architecture,
        parameters=header.parameters,
        quantization=_quantization(header),
        bits_per_weight=header.bits_per_weight,
        size_bytes=header.file_bytes,
        n_ctx_train=header.integer("{arch}.context_length"),
        n_layers=header.integer("{arch}.block_count"),
        n_vocab=header.length("tokenizer.ggml.tokens") or header.integer("{arch}.vocab_size"),
        license=printable_line(header.text("general.license")),
        chat_template=header.text("tokenizer.chat_template"),
        active_parameters=header.active_parameters,
        n_experts=header.integer("{arch}.expert_count"),
        n_experts_used=header.integer("{arch}.expert_used_count"),
        n_parts=header.parts,
        recommended=defaults_of(header),
    )


def kind_of(header: Header) -> ModelKind:
    """Embedding models say how they pool; chat models bring a template."""
    if header.architecture in _ENCODERS or header.integer("{arch}.pooling_type") >= _POOLED:
        return "embedding"
    return "chat" if header.text("tokenizer.chat_template") else "base"


def _refuse_others(header: Header, path: Path) -> None:
    what = f"{path.name} is not a language model."
    kind = "mmproj" if header.architecture == "clip" else header.text("general.type", "model")
    if kind == "adapter":
        raise ModelError(what, _NOT_MODELS[kind], "Add that model, and attach the adapter to it.")
    if kind in _NOT_MODELS:
        raise ModelError(what, _NOT_MODELS[kind], "Choose the model's own .gguf file.")
    parts = header.integer("split.count", 1)
    if parts > header.parts:
        raise ModelError(
            f"{path.name} is one of {parts:,} parts of a model.", "The others are needed, too.", "Get all of them."
        )
    layers = header.integer("{arch}.block_count")
    if layers > MAX_LAYERS:
        raise ModelError(
            f"{path.name} cannot be used.",
            f"It claims to have {layers:,} layers; llama.cpp takes at most {MAX_LAYERS}.",
            "The file is probably damaged: download it again.",
        )
    if not header.architecture or not header.tensors or layers < 1:
        raise ModelError(what, "Its header names no network (architecture, layers, tensors).", "Choose another file.")


def _name(header: Header, path: Path) -> str:
    return printable_line(header.text("general.name")) or common_name(path.name)


def printable_line(text: str) -> str:
    """One short printable line of a text from the file, which nobody has checked."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_MAX_NAME]


def _quantization(header: Header) -> str:
    named = FILE_TYPES.get(header.integer("general.file_type", -1))
    if named is not None:
        return named
    by_type: Counter[str] = Counter()
    for tensor in header.tensors:
        by_type[tensor.type.name] += tensor.elements
    return by_type.most_common(1)[0][0]
