"""Stand-ins for the workers' clients that do what a test's script says, at the same boundary as the real ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from app.chat.sources import CheckedSentence, Citation, Evidence, Passage, Quote
from app.chat.transcript import ChatMessage, RunFigures
from app.core.errors import SatchelError
from app.inference.protocol import Generated, Loaded, MemoryUse, PromptProgress, Sampling, Text, TokenCounts
from app.knowledge.protocol import CollectionInfo
from app.models.model import LibraryModel, ModelSummary
from app.models.preset import NO_PRESET, Preset
from app.services.events import Event, ModelState

FIGURES = RunFigures(
    prompt_tokens=20, cached_tokens=0, completion_tokens=3, first_token_s=0.1, prompt_s=0.1, decode_s=0.2
)
MEMORY = MemoryUse(1, 1, 1, 1, 1)


class ScriptedCall:
    """A generation under way."""

    def __init__(self) -> None:
        self.future: Future[Generated] = Future()
        self.cancelled = threading.Event()

    def cancel(self) -> None:
        self.cancelled.set()

    def result(self, timeout_s: float | None = None) -> Generated:
        return self.future.result(timeout_s)


Step = str | SatchelError | threading.Event
"""A text to stream, an error to end with, or an event to wait for (a cancel ends the wait)."""


class ScriptedInference:
    """``scripts``: what to do at each generation in turn; the last one is used again. One token per word."""

    def __init__(self, *scripts: Sequence[Step], stop_reason: str = "end") -> None:
        self.scripts = list(scripts) or [["Hello", " there."]]
        self.stop_reason = stop_reason
        self.asked: list[tuple[list[ChatMessage], Sampling, int]] = []
        self.at_pause = threading.Event()

    def count_tokens(self, messages: list[ChatMessage]) -> TokenCounts:
        return TokenCounts([len(message.content.split()) for message in messages], 2, 1000)

    def generate(
        self, messages: list[ChatMessage], sampling: Sampling, max_tokens: int, on_item: Callable[[Any], None]
    ) -> ScriptedCall:
        self.asked.append((messages, sampling, max_tokens))
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        call = ScriptedCall()
        threading.Thread(target=self._play, args=(script, call, on_item), daemon=True).start()
        return call

    def _play(self, script: Sequence[Step], call: ScriptedCall, on_item: Callable[[Any], None]) -> None:
        said = ""
        on_item(PromptProgress(1, 1))
        for step in script:
            if isinstance(step, SatchelError):
                call.future.set_exception(step)
                return
            if isinstance(step, threading.Event):
                self.at_pause.set()
                while not (step.wait(0.01) or call.cancelled.is_set()):
                    pass
            if call.cancelled.is_set():
                call.future.set_result(Generated(said, "cancelled", FIGURES))
                return
            if isinstance(step, str):
                said += step
                on_item(Text(step))
        call.future.set_result(Generated(said, self.stop_reason, FIGURES))  # type: ignore[arg-type]


class ScriptedModel:
    """A model that loads at once, or fails with ``problem``."""

    def __init__(self, n_ctx: int = 1000, problem: SatchelError | None = None) -> None:
        summary = ModelSummary("Scripted", "chat", "llama", 10**9, "Q4_0", 4.5, 1, n_ctx, 1, 1)
        self.model = LibraryModel(1, "/models/scripted.gguf", summary, True, datetime.now(UTC))
        self.loaded = Loaded(self.model.path, "Scripted", "llama", n_ctx, n_ctx, 1, 10**9, 1, 0, True, MEMORY, 0.0)
        self.problem = problem
        self.state = ModelState()
        self.preset = NO_PRESET

    def choices(self) -> Preset:
        return self.preset

    def ensure(self) -> Loaded:
        if self.problem is not None:
            raise self.problem
        self.state = ModelState("ready", self.model, self.loaded)
        return self.loaded


TOWER = "The tower was finished in 1889. It is 330 metres high and made of iron."


class ScriptedKnowledge:
    """Knows one text, about a tower. A query with "tower" or "metres" is found; every answer sentence that shares a
    number with the text is supported."""

    def __init__(self, pending: int = 0, failures: Sequence[SatchelError] = ()) -> None:
        self.queries: list[str] = []
        self.pending = pending
        self.failures = list(failures)
        self.check_failure: SatchelError | None = None

    def list_collections(self) -> list[CollectionInfo]:
        return [CollectionInfo(1, "Towers", ["/towers"], "idle", 1 + self.pending, 1, 0, 0, 0, self.pending, 1, 1)]

    def search(self, collection_ids: list[int], query: str, limit: int = 6, quotes: int = 3) -> Evidence:
        if self.failures:
            raise self.failures.pop(0)
        self.queries.append(query)
        passage = Passage(
            1, 1, 1, 1, "/towers/paris.md", "Paris", "Towers › Paris", 2, 100, 100 + len(TOWER), TOWER, 1.0
        )
        if not any(word in query.lower() for word in ("tower", "metres")):
            return Evidence(query, (passage,), (), False, 0.01)
        start = TOWER.index("It is")
        quote = Quote(1, 100 + start, 100 + len(TOWER), TOWER[start:], 0.9, 2)
        return Evidence(query, (passage,), (quote,), True, 0.01)

    def check_answer(self, answer: str, evidence: Evidence) -> list[CheckedSentence]:
        if self.check_failure is not None:
            raise self.check_failure
        checks, position = [], 0
        for sentence in answer.split(". "):
            end = position + len(sentence)
            known = any(number in sentence for number in ("1889", "330"))
            citations = (Citation(1, 100, 110, 0.9, 2),) if known else ()
            checks.append(CheckedSentence(position, end, "supported" if known else "unsupported", citations))
            position = end + 2
        return checks


class Recorder:
    """A publisher that remembers, and lets a test wait for an event."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def wait_for(self, wanted: Callable[[Event], bool], timeout_s: float = 10.0) -> None:
        with self._changed:
            found = self._changed.wait_for(lambda: any(wanted(event) for event in self.events), timeout_s)
        assert found, f"did not happen; there were {[type(event).__name__ for event in self.events]}"
