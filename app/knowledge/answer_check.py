"""Check what a model said against the passages it was given, sentence by sentence.

A small model is not asked to cite: it cannot. Each sentence of its answer is aligned with the sentences of the passages
by likeness (half cosine, half idf-weighted word overlap), then looked at closer, because a small model invents the very
things that likeness does not see: a number that is not in the span, a name that is nowhere in the passage, a "not" too
many or too few keep a sentence from being "supported".
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.chat.sources import CheckedSentence, Citation, Evidence, Support
from app.knowledge.evidence import PageOf, SentenceVectors
from app.knowledge.facts import Part, borne_out, is_particular
from app.knowledge.passage_sentences import HeadingsIn, Sentence, no_headings, split
from app.knowledge.sentences import sentences
from app.knowledge.word_index import Term
from app.knowledge.words import is_number, words

SUPPORTED_AT = 0.62
PARTIAL_AT = 0.42
_ALIGNED = 6
_TIME_S = 2.0
_SECOND = 0.92
_NEAR_BEST = 0.85

_HEDGE = re.compile(
    r"\b(?:not (?:in|mentioned|stated|given|specified|provided|found in)"
    r"|(?:do|does|did)(?: not|n['’]t) (?:mention|say|state|contain|provide|specify|include)"
    r"|no (?:information|mention|answer)"
    r"|(?:i|we) (?:do not|don['’]t|cannot|can['’]t|could not|couldn['’]t|am unable|am not able)"
    r"|unable to (?:find|answer))\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"^(?:sure|certainly|of course|hello|hi|thanks?(?: you)?|you['’]re welcome|great|okay|ok|yes|no|i hope|let me know"
    r"|please|feel free|here (?:is|are)|here['’]s|as an ai)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"^[\s>#*_\-+`]+|[\s*_`]+$|^\s*\d{1,2}[.)]\s+")
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|nor|neither|without|cannot|nobody|nothing|hardly|unlike)\b|n['’]t\b", re.IGNORECASE
)

TermsOf = Callable[[str], Sequence[Term]]
"""The content words of a text with their rarity in the index (:meth:`WordIndex.terms`)."""


@dataclass(frozen=True)
class _Alignment:
    sentence: Sentence
    start: int
    """Where the span begins: at the sentence itself, or at the one before it when that has what is missing."""
    closest: str
    """The one sentence of the span that is most like the claim: what it denies and affirms is compared."""
    overlap: float
    score: float


def check(
    answer: str,
    evidence: Evidence,
    terms_of: TermsOf,
    vectors: SentenceVectors | None,
    page_of: PageOf,
    headings_in: HeadingsIn = no_headings,
) -> tuple[CheckedSentence, ...]:
    """The answer's sentences in order, together with what supports each.

    ``supported``: said by the cited span, with its numbers, names and negation. ``partial``: near to it, but something
    is not in it. ``unsupported``: the passages do not say it. ``not_a_claim``: a greeting, a question, "not in your
    documents".
    """
    source = [sentence for passage in evidence.passages for sentence in split(passage, headings_in)]
    deadline = time.monotonic() + _TIME_S
    checked = []
    for start, end in sentences(answer):
        claim = _MARKUP.sub("", answer[start:end])
        if not _is_claim(claim):
            checked.append(CheckedSentence(start, end, "not_a_claim"))
            continue
        in_time = vectors if time.monotonic() < deadline else None
        support, found = _support(claim, evidence, source, terms_of, in_time)
        citations = [
            Citation(
                a.sentence.passage.number, a.start, a.sentence.end, round(a.score, 4),
                page_of(a.sentence.passage.file_id, a.start) if a.sentence.passage.page is not None else None,
                a.sentence.heading_at(a.start),
            )
            for a in found
        ]  # fmt: skip
        checked.append(CheckedSentence(start, end, support, tuple(citations)))
    return tuple(checked)


def _is_claim(text: str) -> bool:
    content = [word for word in words(text) if word.is_content]
    if text.endswith(("?", ":")) or not content:
        return False
    if _HEDGE.search(text) and not any(is_number(word.written) for word in content):
        return False
    return not (_COURTESY.match(text) and len(content) <= 6) and (len(content) >= 2 or any(map(is_particular, content)))


def _support(
    claim: str, evidence: Evidence, source: Sequence[Sentence], terms_of: TermsOf, vectors: SentenceVectors | None
) -> tuple[Support, list[_Alignment]]:
    weights = _weights(claim, terms_of)
    aligned = _align(claim, weights, source, vectors)
    if not aligned or aligned[0].score < PARTIAL_AT:
        return "unsupported", []
    best = aligned[0]
    near = [a for a in aligned if a.score >= max(SUPPORTED_AT, _NEAR_BEST * best.score)]
    sound = [a for a in near if not _contradicted(claim, a, evidence.query, weights)]
    if sound:
        first = sound[0]
        second = [a for a in sound[1:] if a.score >= _SECOND * first.score and not _same_place(a, first)]
        return "supported", [first, *second[:1]]
    return "partial", [best]


def _same_place(a: _Alignment, b: _Alignment) -> bool:
    return a.sentence.passage is b.sentence.passage and a.start < b.sentence.end and b.start < a.sentence.end


def _weights(claim: str, terms_of: TermsOf) -> dict[str, float]:
    weights: dict[str, float] = {}
    for term in terms_of(claim):
        for word in words(term.text)[:1]:
            weights[word.stem] = term.idf
    return weights


def _align(
    claim: str, weights: dict[str, float], source: Sequence[Sentence], vectors: SentenceVectors | None
) -> list[_Alignment]:
    """The likeliest spans, best first."""
    total = sum(weights.values())
    if total <= 0:
        return []
    candidates: list[tuple[float, Sentence, int, str]] = []
    overlap_before = 0.0
    for before, sentence in zip([None, *source], source, strict=False):
        own = _stems(sentence)
        overlap = sum(weight for stem, weight in weights.items() if stem in own) / total
        candidates.append((overlap, sentence, sentence.start, sentence.text))
        if before is not None and sentence.previous == before.start and before.passage is sentence.passage:
            both = own | _stems(before)
            joint = sum(weight for stem, weight in weights.items() if stem in both) / total
            if joint > overlap + 0.15:  # the claim draws on two sentences
                closest = sentence.text if overlap >= overlap_before else before.text
                candidates.append((joint, sentence, before.start, closest))
        overlap_before = overlap
    candidates.sort(key=lambda candidate: -candidate[0])
    aligned = []
    for overlap, sentence, start, closest in candidates[:_ALIGNED]:
        if vectors is None:
            aligned.append(_Alignment(sentence, start, closest, overlap, overlap))
        else:
            span = sentence.passage.text[start - sentence.passage.start : sentence.end - sentence.passage.start]
            cosine = float(vectors.get(claim) @ vectors.get(span))
            aligned.append(_Alignment(sentence, start, closest, overlap, 0.5 * overlap + 0.5 * cosine))
    return sorted(aligned, key=lambda a: (-a.score, a.sentence.end - a.start))


def _contradicted(claim: str, alignment: _Alignment, question: str, weights: Mapping[str, float]) -> bool:
    """Whether the claim has a number, a name or a negation that its span does not bear out."""
    sentence = alignment.sentence
    passage = sentence.passage
    parts = [Part(sentence.text, sentence.leans)]
    if alignment.start < sentence.start:
        parts.insert(0, Part(passage.text[alignment.start - passage.start : sentence.start - passage.start], False))
    if not borne_out(claim, question, parts, f"{sentence.heading} {passage.title}", weights):
        return True
    return bool(_NEGATION.search(claim)) != bool(_NEGATION.search(alignment.closest))


def _stems(sentence: Sentence) -> frozenset[str]:
    return frozenset(word.stem for word in sentence.words)
