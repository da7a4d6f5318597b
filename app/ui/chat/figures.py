"""A reply's figures and its end, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.chat.transcript import Message, RunFigures
from app.services.events import ReplyPhase
from app.ui.widgets.words import counted, number


def _tr(text: str) -> str:
    return QCoreApplication.translate("Figures", text)


def figures_text(figures: RunFigures) -> str:
    """ "38 tokens/s · first token after 0.42 s · …", measured, never estimated."""
    parts = []
    if figures.tokens_per_second > 0:
        parts.append(_tr("{rate} tokens/s").format(rate=f"{figures.tokens_per_second:.0f}"))
    parts.append(_tr("first token after {seconds} s").format(seconds=f"{figures.first_token_s:.2f}"))
    parts.append(
        _tr("{count} tokens read, {cached} of them from cache").format(
            count=number(figures.prompt_tokens), cached=number(figures.cached_tokens)
        )
    )
    parts.append(_tr("{count} tokens written").format(count=number(figures.completion_tokens)))
    return "  ·  ".join(parts)


def phase_text(phase: ReplyPhase, *, with_documents: bool) -> str:
    """What a reply is waiting for; ``with_documents``: they have answered already."""
    match phase:
        case "searching":
            return _tr("Searching your documents…")
        case "waiting":
            return _tr("Waiting for another answer to end…")
        case "loading":
            return _tr("Loading the model…")
        case "reading":
            return _tr("Reading the passages…") if with_documents else _tr("Reading your question…")
        case "writing":
            return _tr("Writing…")
        case "checking":
            return _tr("Checking the answer against your documents…")


def state_text(message: Message) -> str:
    """What is to be said about how a reply ended; empty when it is complete."""
    match message.state:
        case "stopped":
            return _tr("You stopped this answer.")
        case "cut":
            return message.problem or _tr("The answer was cut off: the model ran out of room.")
        case "failed":
            return message.problem or _tr("The answer failed.")
        case "interrupted":
            return message.problem or _tr("The answer was interrupted; this is what had been saved.")
        case _:
            return ""


def left_out_text(count: int) -> str:
    """That the model did not see the whole conversation."""
    words = QCoreApplication.translate(
        "Figures", "%Ln older message(s) did not fit the model's context and were not read for this answer.", "", count
    )
    return counted(words, count)


def check_text(unsupported: int, partial: int, total: int) -> str:
    """What the check of ``total`` sentences found, and how it is marked; empty when all of them are supported."""
    parts = []
    if unsupported:
        parts.append(_unsupported_text(unsupported, total))
    if partial:
        words = QCoreApplication.translate(
            "Figures", "%Ln sentence(s) marked “?”: the source says only a part of this.", "", partial
        )
        parts.append(counted(words, partial))
    return " ".join(parts)


def _unsupported_text(count: int, total: int) -> str:
    if count == total:
        return _tr("No support was found in the passages for this answer. Trust the quotes, not the summary.")
    words = QCoreApplication.translate(
        "Figures", "%Ln sentence(s) without support in the passages: grey and underlined with dots.", "", count
    )
    return counted(words, count)
