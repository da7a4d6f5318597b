"""True and false sentences about a paragraph of XQuAD, to see which of them the check of answers lets pass.

The false ones are as hard as a small model makes them: a number or a name of one sentence put into another sentence of
the same paragraph, and a question answered with the answer to another question about the same paragraph.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from app.knowledge.sentences import sentences

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")
_ASKED = re.compile(
    r"\b(?:in |on |at |by |to |for |from |during )?"
    r"(?:what|which|whom|whose|who|where|when|how (?:many|much|long|old|far|large|tall|high|often))\b"
    r"(?: (?:year|date|country|city|century|percentage|number of|percent of|type of|kind of|person|group"
    r"|did|was|is|were|are|does))?",
    re.IGNORECASE,
)


def claims(
    question: str, answer: tuple[int, str], context: str, others: Sequence[str], draw: random.Random
) -> Iterator[tuple[str, str]]:
    """Kinds and sentences. ``others``: what other questions about the same paragraph are answered with."""
    at, gold = answer
    sentence = next(context[start:end] for start, end in sentences(context) if start <= at < end)
    yield "true: verbatim", sentence
    parts = re.split(r"(?<=,) ", sentence)
    if len(parts) > 2:
        kept = [part for part in parts if gold in part or draw.random() < 0.5]
        yield "true: clauses left out", " ".join(kept).rstrip(",") or sentence
    for kind, pattern in (("number", _NUMBER), ("name", _NAME)):
        swapped = _swapped(sentence, context, pattern, draw)
        if swapped is not None:
            yield f"FALSE: another {kind} of the paragraph", swapped
    answered = _answered(question, gold)
    wrong = [o for o in others if _kind(o) == _kind(gold) and o not in gold and gold not in o]
    if answered is not None:
        yield "true: question and its answer", answered
        if wrong:
            yield "FALSE: question and another one's answer", _answered(question, draw.choice(wrong)) or ""


def _swapped(sentence: str, context: str, pattern: re.Pattern[str], draw: random.Random) -> str | None:
    own = list(pattern.finditer(sentence))
    if not own:
        return None
    chosen = draw.choice(own)
    found = dict.fromkeys(match.group() for match in pattern.finditer(context))
    others = [text for text in found if text not in sentence and _is_year(text) == _is_year(chosen.group())]
    return sentence[: chosen.start()] + draw.choice(others) + sentence[chosen.end() :] if others else None


def _answered(question: str, answer: str) -> str | None:
    """A clumsy sentence: "Who founded it?" becomes "Anna founded it."; None when it is not clear what is asked for."""
    question = question.rstrip("? ")
    asked = _ASKED.search(question)
    if asked is None:
        return None
    text = f"{question[: asked.start()]}{answer} {question[asked.end() :].lstrip()}".strip()
    return f"{text[0].upper()}{text[1:]}."


def _kind(answer: str) -> str:
    if _NUMBER.search(answer):
        return "number"
    return "name" if answer[:1].isupper() else "other"


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit()
