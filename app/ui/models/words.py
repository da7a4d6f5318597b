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


def facts(summary: ModelSummary) -> list[tuple[str, str]]:
    """The header's facts, named: for a grid."""
    return [
        (_t("Kind"), kind_words(summary.kind)),
        (_t("Architecture"), summary.architecture),
        (_t("Parameters"), parameters(summary.parameters)),
        (
            _t("Quantization"),
            _t("{type}, really {bits} bits per weight").format(
                type=summary.quantization, bits=f"{summary.bits_per_weight:.2f}"
            ),
        ),
        (_t("File"), size_text(summary.size_bytes)),
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


def place_words(model: LibraryModel) -> str:
    """Whose file it is."""
    return _t("Used where it lies") if model.in_place else _t("Satchel's own copy")


def _t(text: str) -> str:
    return QCoreApplication.translate("models", text)
