"""A conversation as a Markdown file to read without Satchel: what was asked, quoted and answered, with sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt

from app.chat.answer import (
    UNSUPPORTED_MARK,
    WITHOUT_DOCUMENTS,
    nearest_passages,
    plain_answer,
    sources_used,
    support_summary,
)
from app.chat.sources import Evidence, Passage
from app.chat.transcript import Message

_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
_STATES = {
    "streaming": "still being written",
    "stopped": "stopped",
    "cut": "cut short",
    "failed": "failed",
    "interrupted": "interrupted",
}


def to_markdown(title: str, messages: Sequence[Message]) -> str:
    """The whole path. Sources are numbered per reply, as in the window."""
    parts = [f"# {title}"]
    for message in messages:
        parts += _question(message) if message.role == "user" else _reply(message)
    return "\n\n".join(parts) + "\n"


def _question(message: Message) -> list[str]:
    return [f"## {message.created_at:%Y-%m-%d %H:%M} UTC", _quoted(_with_line_breaks(message.text))]


def _reply(message: Message) -> list[str]:
    heading = message.model or "Satchel"
    state = _STATES.get(message.state)
    parts = [f"### {heading} ({state})" if state else f"### {heading}"]
    if message.without_documents:
        parts.append(f"*{WITHOUT_DOCUMENTS}*")
    if message.left_out:
        parts.append(f"*{message.left_out} older messages did not fit into the model's context and were left out.*")
    evidence = message.evidence
    if evidence is not None and evidence.quotes:
        parts.append("From the documents:")
        parts += [f"{_quoted(quote.text)}\n>\n> [{quote.passage}]" for quote in evidence.quotes]
    if message.text.strip():
        parts.append(_with_line_breaks(plain_answer(message.text, message.checks).strip()))
    if summary := support_summary(message.checks):
        parts.append(f"*{summary} They are marked {UNSUPPORTED_MARK}.*")
    if message.problem:
        parts.append(f"*{message.problem}*")
    return parts + _sources(evidence, message)


def _sources(evidence: Evidence | None, message: Message) -> list[str]:
    used = sources_used(evidence, message.checks)
    nearest = nearest_passages(evidence)
    if used:
        return ["Sources:", "\n".join(_source(passage) for passage in used)]
    if nearest:
        return ["Nearest passages:", "\n".join(_source(passage) for passage in nearest)]
    return []


def _source(passage: Passage) -> str:
    # Not a Markdown list: it would number anew from its first entry, and [2] must stay [2].
    page = f", page {passage.page}" if passage.page is not None else ""
    heading = f", “{passage.heading}”" if passage.heading else ""
    name = Path(passage.path.replace("\\", "/")).name
    return f"- \\[{passage.number}\\] {_escaped(name)}{page}{_escaped(heading)} (`{passage.path.replace('`', '')}`)"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line.strip() else ">" for line in text.strip().splitlines())


def _with_line_breaks(text: str) -> str:
    """Markdown in which each line stays one, as the window shows it: elsewhere, a single line break is a space."""
    lines = text.split("\n")
    for token in _PARSER.parse(text):
        if token.type == "inline" and token.map and any(child.type == "softbreak" for child in token.children or ()):
            for number in range(token.map[0], token.map[1] - 1):
                lines[number] = lines[number].rstrip() + "  "
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#])", r"\\\1", text)
