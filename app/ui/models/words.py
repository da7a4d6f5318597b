"""What the window says of a model."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.core.sizes import size_text
from app.models.model import LibraryModel, ModelKind, ModelSummary
from app.ui.widgets.words import number, parameters


def one_line(summary: ModelSummary) -> str:
    """ "llama · 135 M parameters · Q4_0, 4.6 bits per weight · 92 MB"."""
    return " · ".join(
        (
            summary.architecture,
            _t("{n} parameters").format(n=parameters(summary.parameters)),
            _t("{type}, {bits} bits per weight").format(
                type=summary.quantization, bits=f"{summary.bits_per_weight:.1f}"
            ),
            size_text(summary.size_bytes),
        )
    )


def short_line(summary: ModelSummary) -> str:
    """ "llama · 135 M · Q4_0 · 92 MB"."""
    return " · ".join(
        (summary.architecture, parameters(summary.parameters), summary.quantization, size_text(summary.size_bytes))
    )


def facts(summary: ModelSummary) -> list[tuple[str, str]]:
    """The header's facts, named: for a grid."""
    return [
        (_t("Kind"), kind_words(summary.kind)),
        (_t("Architecture"), summary.architecture),
        (_t("Parameters"), _parameters(summary)),
        (
            _t("Quantization"),
            _t("{type}, really {bits} bits per weight").format(
                type=summary.quantization, bits=f"{summary.bits_per_weight:.2f}"
            ),
        ),
        (_t("Size"), _size(summary)),
        (_t("Trained context"), _t("{n} tokens").format(n=number(summary.n_ctx_train))),
        (_t("Licence"), summary.license or _t("not stated in the file")),
    ]


def kind_words(kind: ModelKind) -> str:
    """What a kind of model is for."""
    words: dict[ModelKind, str] = {
        "chat": _t("Chat"),
        "base": _t("Text only, no chat template"),
        "embedding": _t("Finds passages in documents"),
    }
    return words[kind]


def place_of(model: LibraryModel) -> str:
    """Whose folder its file lies in: a program's name, :func:`own_place` or :func:`other_place`."""
    return model.program or other_place() if model.in_place else own_place()


def own_place() -> str:
    """Where Satchel keeps what it downloaded or copied."""
    return _t("Satchel's folder")


def other_place() -> str:
    """Where the person keeps files that are used where they lie."""
    return _t("Your folders")


def place_words(model: LibraryModel) -> str:
    """Whose file it is."""
    if not model.in_place:
        return _t("Satchel's own copy")
    return (
        _t("{program}'s file, used where it lies").format(program=model.program)
        if model.program
        else _t("Used where it lies")
    )


def _parameters(summary: ModelSummary) -> str:
    total = parameters(summary.parameters)
    if not 0 < summary.active_parameters < summary.parameters:
        return total
    active = parameters(summary.active_parameters)
    if not summary.n_experts:
        return _t("{total}, of which {active} work on each token").format(total=total, active=active)
    return _t("{total}; {used} of {experts} experts, {active} in all, work on each token").format(
        total=total, used=summary.n_experts_used, experts=summary.n_experts, active=active
    )


def _size(summary: ModelSummary) -> str:
    size = size_text(summary.size_bytes)
    return _t("{size} in {n} files").format(size=size, n=summary.n_parts) if summary.n_parts > 1 else size


def _t(text: str) -> str:
    return QCoreApplication.translate("models", text)
