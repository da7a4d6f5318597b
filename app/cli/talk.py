"""The commands that ask a model: one question, or a conversation."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence

from app.chat.answer import UNSUPPORTED_MARK, answer_parts, nearest_passages, source_line, sources_used, support_mark
from app.chat.transcript import Message
from app.cli.documents import find_collections, write_quotes
from app.cli.models.which_model import find_model
from app.cli.records import reply_record
from app.cli.terminal import OutputClosed, Terminal
from app.core.threads import on_thread
from app.knowledge.protocol import CollectionInfo
from app.services.compose import Services
from app.services.events import Event, EvidenceFound, ModelStateChanged, ReplyStep, TextArrived

_WAITING = {
    "searching": "Searching your documents …",
    "waiting": "Waiting for another reply to end …",
    "loading": "Loading the model …",
    "reading": "The model reads …",
    "checking": "Checking the answer …",
}
_LOADING = {
    "size": "Looking whether the model fits …",
    "weights": "Loading the model …",
    "threads": "Measuring how many threads are fastest …",
    "warm-up": "Warming the model up …",
}


def ask(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """One question. Exit code 1 when the reply failed or was interrupted."""
    infos = _prepare(services, options)
    conversation_id = _begin(services, infos)
    reply = _say(services, terminal, conversation_id, options.question, quiet=options.json)
    if options.json:
        terminal.json(reply_record(options.question, reply))
    return 0 if reply.state in ("complete", "cut") else 1


def chat(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Questions from stdin, a line each, until it ends. A new conversation exists from the first question on."""
    conversation_id: int | None = None
    if options.conversation is not None:
        conversation_id = services.chat.conversation(options.conversation).id
    infos = _prepare(services, options)
    if conversation_id is not None:
        _attach(services, conversation_id, infos)
        for message in services.chat.messages(conversation_id):
            terminal.paragraph(message.text, first="> " if message.role == "user" else "")
    terminal.note("Ctrl-C stops a reply, Ctrl-D (on Windows Ctrl-Z, then Enter) leaves.")
    while (line := _read_line(terminal)) is not None:
        if line.strip():
            if conversation_id is None:
                conversation_id = _begin(services, infos)
            _say(services, terminal, conversation_id, line)
    terminal.line()
    return 0


def _read_line(terminal: Terminal) -> str | None:
    """What the person types; None when they leave."""
    if sys.stdin is None:
        return None
    try:
        if sys.stdin.isatty() and sys.stdout.isatty():
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401 - gives input() arrow keys and a history; not there on Windows
            return input("> ")
        terminal.write("> ")
        line = sys.stdin.readline()
    except (EOFError, KeyboardInterrupt):
        return None
    return line or None


def _prepare(services: Services, options: argparse.Namespace) -> list[CollectionInfo]:
    """The collections that were named. What was typed wrong fails here, before there is a conversation."""
    infos = find_collections(services.documents.collections(), options.collections) if options.collections else []
    if options.model:
        _load(services, options.model)
    return infos


def _begin(services: Services, infos: Sequence[CollectionInfo]) -> int:
    conversation_id = services.chat.new_conversation().id
    _attach(services, conversation_id, infos)
    return conversation_id


def _attach(services: Services, conversation_id: int, infos: Sequence[CollectionInfo]) -> None:
    for info in infos:
        services.chat.attach(conversation_id, info.id)


def _load(services: Services, wanted: str) -> None:
    services.models.loaded.load(find_model(services, wanted).id)


def _say(
    services: Services, terminal: Terminal, conversation_id: int, question: str, *, quiet: bool = False
) -> Message:
    """Send and show what comes. Ctrl-C stops the reply and keeps what there is."""

    def show(event: Event) -> None:
        try:
            match event:
                case EvidenceFound(evidence=evidence) if evidence.found and not quiet:
                    write_quotes(terminal, evidence)
                    terminal.line()
                case TextArrived(text=text) if not quiet:
                    terminal.write(text)
                case ReplyStep(phase=phase) if phase in _WAITING:
                    terminal.progress(_WAITING[phase])
                case ModelStateChanged(state=state) if state.phase == "loading":
                    terminal.progress(f"{_LOADING.get(state.step, _WAITING['loading'])} {state.fraction:.0%}")
        except OutputClosed:
            services.chat.stop(conversation_id)

    unsubscribe = services.events.subscribe(show)
    try:
        # On a thread of its own: Ctrl-C then interrupts the wait here and not the work.
        sending = on_thread(lambda: services.chat.send(conversation_id, question), "send")
        while True:
            try:
                reply = sending.result()
                break
            except KeyboardInterrupt:
                if sending.done():
                    raise
                services.chat.stop(conversation_id)
    finally:
        unsubscribe()
    if not quiet:
        _write_end(terminal, reply)
    terminal.flush()
    return reply


def _write_end(terminal: Terminal, reply: Message) -> None:
    """What is known once the reply is complete: which sentences are supported, sources, problems."""
    found = reply.evidence is not None and reply.evidence.found
    if reply.text and not found and reply.evidence is not None:
        terminal.paragraph(reply.text)  # not the model's: it did not stream
    elif reply.text:
        terminal.line()
    parts = [part for part in answer_parts(reply.text, reply.checks) if part.support != "not_a_claim"]
    if parts:
        terminal.line()
        terminal.line(f"Checked against your documents ({UNSUPPORTED_MARK} has no support in them, [1?] only in part):")
        for part in parts:
            terminal.paragraph(" ".join(part.text.split()), first=f"  {support_mark(part):<6} ", rest=" " * 9)
    _write_sources(terminal, reply)
    if reply.left_out:
        terminal.note(f"{reply.left_out} older messages did not fit into the model's context and were left out.")
    if reply.state == "stopped":
        terminal.note("Stopped.")
    if reply.problem:
        terminal.note(reply.problem)


def _write_sources(terminal: Terminal, reply: Message) -> None:
    used, nearest = sources_used(reply.evidence, reply.checks), nearest_passages(reply.evidence)
    if used or nearest:
        terminal.line()
        terminal.line("Sources:" if used else "Nearest passages:")
    for passage in used or nearest:
        terminal.paragraph(f"[{passage.number}] {source_line(passage)}", first="  ", rest="      ")
        terminal.line(passage.path, indent="      ")
