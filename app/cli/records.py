"""Values as the JSON that ``docs/command-line.md`` promises. Keys may be added, never renamed or removed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec

from app.chat.answer import answer_parts, sources_used
from app.chat.sources import Evidence, Passage
from app.chat.transcript import Message
from app.hardware.machine import Machine
from app.inference.protocol import Backend
from app.knowledge.protocol import CollectionInfo, FileInfo

Record = dict[str, Any]


def machine_record(machine: Machine, backend: Backend, words: list[str]) -> Record:
    """``satchel hardware``."""
    llama = {
        "version": backend.version,
        "supports_gpu_offload": backend.supports_gpu_offload,
        "devices": list(backend.devices),
    }
    return {**asdict(machine), "gpus": [asdict(gpu) for gpu in machine.gpus], "llama_cpp": llama, "words": words}


def collection_record(info: CollectionInfo) -> Record:
    """One collection."""
    record: Record = msgspec.to_builtins(info)
    return record


def file_record(file: FileInfo) -> Record:
    """One file of a collection."""
    record: Record = msgspec.to_builtins(file)
    return record


def passage_record(passage: Passage) -> Record:
    """One passage; the offsets count characters of the file's extracted text."""
    keys = ("number", "path", "title", "heading", "page", "start", "end", "text", "score")
    return {key: getattr(passage, key) for key in keys}


def evidence_record(evidence: Evidence) -> Record:
    """What the documents say."""
    return {
        "query": evidence.query,
        "found": evidence.found,
        "search_s": evidence.search_s,
        "quotes": [asdict(quote) for quote in evidence.quotes],
        "passages": [passage_record(passage) for passage in evidence.passages],
    }


def reply_record(question: str, reply: Message) -> Record:
    """A finished reply."""
    figures = reply.figures
    return {
        "conversation_id": reply.conversation_id,
        "question": question,
        "state": reply.state,
        "problem": reply.problem,
        "model": reply.model,
        "answer": reply.text,
        "sentences": [
            {"text": part.text.strip(), "support": part.support, "sources": list(part.sources)}
            for part in answer_parts(reply.text, reply.checks)
            if part.text.strip()
        ],
        "evidence": evidence_record(reply.evidence) if reply.evidence is not None else None,
        "sources": [passage_record(passage) for passage in sources_used(reply.evidence, reply.checks)],
        "figures": {**asdict(figures), "tokens_per_second": figures.tokens_per_second} if figures else None,
    }
