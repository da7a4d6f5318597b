"""One reply, from the question to the saved answer: search, prompt, stream, check.

What has been shown is never taken back. The documents' sentences stand before the model is even loaded, and stay when
it cannot be. The text that has arrived is saved every second; if the worker ends in the middle, what there is stays,
with words. If it ends before anything was shown, it is tried once more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from app.chat.answer import not_found_answer
from app.chat.followup import leans
from app.chat.sources import CheckedSentence, Evidence
from app.chat.transcript import Message, MessageState, RunFigures
from app.core.errors import Cancelled, SatchelError, StorageError, WorkerDied, WorkerError
from app.inference.client import InferenceClient
from app.inference.protocol import Generated, Loaded, PromptProgress, Sampling, Text
from app.inference.protocol import Reply as WorkerReply
from app.models.preset import Preset
from app.services.documents import DocumentLibrary
from app.services.events import EvidenceFound, PromptRead, Publish, ReplyPhase, ReplyStep, TextArrived
from app.services.evidence import EvidenceFinder
from app.services.library.presets import general, sampling_of
from app.services.loaded_model import LoadedModel
from app.services.prompting import Prompt, PromptBuilder
from app.services.turns import ModelTurns, Run
from app.storage.conversations import Conversations
from app.storage.settings import SettingsFile

log = logging.getLogger(__name__)

SAVE_EVERY_S = 1.0
STOP_GRACE_S = 3.0
"""After a stop the worker gets this long to end by itself; the reply is then closed without it."""

_CUT = {
    "length": "The reply reached the greatest length that the settings allow. Ask the model to go on, or allow more.",
    "context": (
        "The model's context is full. Ask it to go on: older messages are then left out. "
        "A larger context can be chosen when the model is loaded."
    ),
}


@dataclass
class _Draft:
    """What there is of the reply so far. Text is appended on the worker's reader thread."""

    pieces: list[str] = field(default_factory=list)
    model: str = ""
    left_out: int = 0
    evidence: Evidence | None = None
    checks: tuple[CheckedSentence, ...] = ()
    figures: RunFigures | None = None
    problem: str = ""

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class ReplyWriter:
    """Writes replies. Safe from any thread: conversations wait for each other at the model only."""

    def __init__(
        self,
        conversations: Conversations,
        inference: InferenceClient,
        documents: DocumentLibrary,
        model: LoadedModel,
        settings: SettingsFile,
        publish: Publish,
    ) -> None:
        self._conversations = conversations
        self._inference = inference
        self._documents = documents
        self._model = model
        self._settings = settings
        self._publish = publish
        self._finder = EvidenceFinder(documents, settings)
        self._prompts = PromptBuilder(inference)
        self._turns = ModelTurns()

    def write(self, reply: Message, path: Sequence[Message], collections: Sequence[int], run: Run) -> Message:
        """Fill a reply; ``path`` ends with its question. Returns it as it was saved, whatever happened.

        Errors: StorageError when it cannot be saved. A bug is raised after what there is was saved.
        """
        draft = _Draft()
        try:
            state = self._answer(reply, path, collections, run, draft)
        except Cancelled:
            state = "stopped"
        except WorkerError as error:
            state, draft.problem = "interrupted" if draft.pieces else "failed", str(error)
        except SatchelError as error:
            state, draft.problem = "failed", str(error)
        except BaseException as error:
            draft.problem = f"Something went wrong inside Satchel ({type(error).__name__}). The log has the details."
            self._save(reply, draft, "failed")
            raise
        return self._save(reply, draft, state)

    # -- steps ------------------------------------------------------------------------------------------------------

    def _answer(
        self, reply: Message, path: Sequence[Message], collections: Sequence[int], run: Run, draft: _Draft
    ) -> MessageState:
        if collections:
            self._step(reply, "searching")
            draft.evidence = evidence = run.unless_stopped(lambda: self._finder.find(path, collections), "search")
            # Shown before it is saved: a commit takes a turn of the disk, and the person waits.
            self._publish(EvidenceFound(reply.conversation_id, reply.id, evidence))
            self._conversations.save_evidence(reply.id, evidence)
            if not evidence.found:
                draft.pieces.append(not_found_answer(self._finder.unfinished(collections)))
                return "complete"
        with self._turns.of(run, lambda: self._step(reply, "waiting")):
            try:
                generated = self._generate(reply, path, run, draft)
            except WorkerDied:
                if draft.pieces:
                    raise
                log.warning("the inference worker ended before it said anything; trying once more")
                generated = self._generate(reply, path, run, draft)
        self._check(reply, draft)
        if run.stopped or generated is None or generated.stop_reason == "cancelled":
            return "stopped"
        if generated.stop_reason != "end":
            draft.problem = draft.problem or _CUT[generated.stop_reason]
            return "cut"
        return "complete"

    def _generate(self, reply: Message, path: Sequence[Message], run: Run, draft: _Draft) -> Generated | None:
        """The worker's result; None when the person stopped it and the worker did not end in time."""
        if self._model.state.phase != "ready":
            self._step(reply, "loading")
        loaded = run.unless_stopped(self._model.ensure, "load")
        draft.model = self._model_name(loaded)
        self._step(reply, "reading")
        prompt = self._prompt(path, draft.evidence, loaded)
        draft.left_out = prompt.left_out
        run.check()
        call = self._inference.generate(
            prompt.messages,
            self._sampling(draft.evidence),
            prompt.max_tokens,
            lambda item: self._receive(item, reply, run, draft),
        )
        run.follow(call)
        saved, stopped_at = 0, 0.0
        while not call.future.done():
            run.wait(SAVE_EVERY_S)
            if len(draft.pieces) > saved:
                saved = len(draft.pieces)
                self._save_so_far(reply, draft)
            if run.stopped:
                stopped_at = stopped_at or time.monotonic()
                if time.monotonic() - stopped_at > STOP_GRACE_S:
                    return None
        generated = call.result()
        assert isinstance(generated, Generated)
        draft.figures = generated.figures
        return generated

    def _receive(self, item: WorkerReply, reply: Message, run: Run, draft: _Draft) -> None:
        if run.stopped:  # what is under way already would look as if the stop had not been heard
            return
        match item:
            case Text(text):
                if not draft.pieces:
                    self._step(reply, "writing")
                draft.pieces.append(text)
                self._publish(TextArrived(reply.conversation_id, reply.id, text))
            case PromptProgress(done, total):
                self._publish(PromptRead(reply.conversation_id, reply.id, done, total))

    def _check(self, reply: Message, draft: _Draft) -> None:
        if draft.evidence is None or not draft.text.strip():
            return
        self._step(reply, "checking")
        try:
            draft.checks = self._documents.check(draft.text, draft.evidence)
        except SatchelError as error:
            log.warning("the answer could not be checked", exc_info=True)
            draft.problem = f"The answer could not be checked against your documents. {error.what}"

    # -- inside -----------------------------------------------------------------------------------------------------

    def _prompt(self, path: Sequence[Message], evidence: Evidence | None, loaded: Loaded) -> Prompt:
        chat, documents = self._settings.current.chat, self._settings.current.documents
        if evidence is None:
            own = self._choices().system_prompt or ""
            return self._prompts.chat(path, loaded, own, chat.max_reply_tokens)
        with_last = leans(path[-1].text)
        return self._prompts.documents(path, evidence, loaded, documents.max_reply_tokens, with_last)

    def _sampling(self, evidence: Evidence | None) -> Sampling:
        sampling = sampling_of(self._choices())
        if evidence is None:
            return sampling
        return msgspec.structs.replace(sampling, temperature=self._settings.current.documents.temperature)

    def _choices(self) -> Preset:
        return self._model.choices().over(general(self._settings.current))

    def _model_name(self, loaded: Loaded) -> str:
        model = self._model.state.model
        return model.title if model is not None else loaded.name

    def _step(self, reply: Message, phase: ReplyPhase) -> None:
        self._publish(ReplyStep(reply.conversation_id, reply.id, phase))

    def _save_so_far(self, reply: Message, draft: _Draft) -> None:
        try:
            self._conversations.save_text(reply.id, draft.text)
        except StorageError as error:  # a full disk may have room again when the reply ends, and that save will tell
            log.warning("the reply so far could not be saved: %s", error)

    def _save(self, reply: Message, draft: _Draft, state: MessageState) -> Message:
        finished = replace(
            reply,
            text=draft.text,
            state=state,
            model=draft.model,
            problem=draft.problem,
            left_out=draft.left_out,
            evidence=draft.evidence,
            checks=draft.checks,
            figures=draft.figures,
        )
        self._conversations.finish(finished)
        return finished
