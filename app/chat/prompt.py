"""What a model is told: its instructions, the turns so far, and the question with what the documents say.

Retrieved text is data. It stands in the user's turn between fences that it cannot close, stripped of the control tokens
of the common chat formats, and nothing that it says has an effect: Satchel has no actions that a reply could start.

Models on a CPU read 50 to 700 tokens a second, and lose the thread in long passages: they are given the sentences that
were quoted with what stands around them, rather than whole passages; very small ones get as little as possible.
SmolLM2-135M gave the right answer to 15 of 30 XQuAD questions from the one right sentence, to 13 from three sentences
or from the right one with its neighbours, and to 2 of 24 from three excerpts of 600 characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.chat.sources import Evidence, Passage
from app.chat.transcript import ChatMessage, Message

_PROMPTS = Path(__file__).resolve().parents[2] / "resources" / "prompts"
_CONTROL = re.compile(
    r"<\|[^|<>\n]{1,40}\|>"  # ChatML, Llama 3, Phi
    r"|</?(?:s|bos|eos|start_of_turn|end_of_turn|start_of_image|pad|unk)>"  # Llama 2, Gemma
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"  # Mistral
    r"|<</?SYS>>",
    re.IGNORECASE,
)
_FENCE = re.compile(r"-{3,}|={3,}|\"{3,}|`{3,}")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")


@dataclass(frozen=True)
class Excerpt:
    """A part of one passage, for the model. ``number`` is the passage's."""

    number: int
    text: str


@dataclass(frozen=True)
class Turn:
    """A question and its reply."""

    question: str
    reply: str

    def messages(self) -> list[ChatMessage]:
        """As a chat template takes them."""
        return [ChatMessage("user", self.question), ChatMessage("assistant", self.reply)]


def instructions(own: str, with_documents: bool) -> ChatMessage:
    """The system message: the person's own words where there are any, else Satchel's."""
    return ChatMessage("system", own.strip() or _text("documents" if with_documents else "chat"))


def turns_of(path: Sequence[Message]) -> list[Turn]:
    """The questions that have a reply with text, oldest first; others are left out, as roles must alternate."""
    by_id = {message.id: message for message in path}
    turns = []
    for reply in path:
        question = by_id.get(reply.parent_id) if reply.parent_id is not None else None
        if reply.role == "assistant" and reply.text.strip() and question is not None and question.role == "user":
            turns.append(Turn(question.text, reply.text))
    return turns


def question_with(question: str, excerpts: Sequence[Excerpt]) -> ChatMessage:
    """The last question as the model sees it, with what the documents say; without excerpts, just the question.

    Excerpts carry no numbers: sources are found by aligning the answer with the passages; a small model copies "[1]"
    instead of answering (11 of 30 right with numbers, 15 without).
    """
    if not excerpts:
        return ChatMessage("user", question)
    parts = {"passages": "\n\n".join(excerpt.text for excerpt in excerpts), "question": question.strip()}
    # In one pass: a document that says "{question}" is not filled in.
    return ChatMessage("user", re.sub(r"\{(passages|question)\}", lambda found: parts[found[1]], _text("question")))


def quoted(evidence: Evidence, around: int) -> list[Excerpt]:
    """The quotes, the best first, each with the whole sentences that lie within ``around`` characters of it.

    Quotes of one passage whose surroundings touch share an excerpt.
    """
    passages = {passage.number: passage for passage in evidence.passages}
    spans: dict[int, list[tuple[int, int]]] = {}
    for quote in evidence.quotes:
        if passage := passages.get(quote.passage):
            start, end = quote.start - passage.start, quote.end - passage.start
            spans.setdefault(quote.passage, []).append(_widened(passage.text, start, end, around))
    return [_excerpt(passages[number], *part) for number, parts in spans.items() for part in _merged(parts)]


def unquoted(evidence: Evidence, longest: int) -> list[Excerpt]:
    """The beginnings of the passages that no quote is from, best first, cut after a sentence where there is one."""
    numbers = {quote.passage for quote in evidence.quotes}
    rest = [passage for passage in evidence.passages if passage.number not in numbers]
    return [_excerpt(passage, 0, _last_end(passage.text, 0, longest)) for passage in rest]


def as_data(text: str) -> str:
    """Text that can neither close the fence around it nor speak as another role."""
    while (clean := _CONTROL.sub(" ", text)) != text:  # taking one out may put another together
        text = clean
    return _FENCE.sub("–", text)


def _excerpt(passage: Passage, start: int, end: int) -> Excerpt:
    heading = f"{passage.heading}: " if passage.heading else ""
    return Excerpt(passage.number, as_data(heading + " ".join(passage.text[start:end].split())))


def _widened(text: str, start: int, end: int, around: int) -> tuple[int, int]:
    earliest = max(0, start - around)
    beginnings = (found.end() for found in _SENTENCE_END.finditer(text, earliest, start))
    first = 0 if earliest == 0 else next(beginnings, start)
    ends = [found.start() for found in _SENTENCE_END.finditer(text, end, end + around)]
    return first, len(text) if end + around >= len(text) else max(ends, default=end)


def _last_end(text: str, start: int, longest: int) -> int:
    if len(text) - start <= longest:
        return len(text)
    ends = [found.start() for found in _SENTENCE_END.finditer(text, start + longest // 2, start + longest)]
    return max(ends, default=start + longest)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@cache
def _text(name: str) -> str:
    return (_PROMPTS / f"{name}.txt").read_text(encoding="utf-8").strip()
