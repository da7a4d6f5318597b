"""The commands about collections of documents."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from app.chat.answer import source_line
from app.chat.rows import quote_text
from app.chat.sources import Evidence
from app.cli.changes import changes
from app.cli.records import collection_record, evidence_record, file_record
from app.cli.terminal import Terminal
from app.cli.words import counted
from app.core.errors import DocumentError, WorkerError
from app.knowledge.protocol import CollectionInfo, FileInfo
from app.services.compose import Services
from app.services.events import CollectionsChanged

_LOOK_EVERY_S = 1.0
_SCAN_S = 2.0
_MOST_ENDS = 3
_TROUBLE = ("failed", "skipped", "missing")


def add(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Index files and folders; with waiting, exit code 1 if the collection as a whole could not be indexed."""
    paths = [Path(path) for path in options.paths]
    known = {info.name: info for info in services.documents.collections()}
    before = known.get(options.collection) if options.collection else services.documents.of(paths)
    if before is None:
        info = services.documents.create(paths, options.collection)
    elif options.collection:
        info = services.documents.add(before.id, paths)
    else:
        terminal.note(f"This is the collection “{before.name}” already; it is looked through again.")
        info = services.documents.create(paths)
    if not options.no_wait:
        info = _indexed(services, terminal, info)
    files = _trouble(services, info)
    if options.json:
        terminal.json({**collection_record(info), "trouble": [file_record(file) for file in files]})
    else:
        if not options.no_wait and not info.problem:
            terminal.line(_done(before, info))
        _write_collection(terminal, info, files)
    return 1 if info.problem and not options.no_wait else 0


def status(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """All collections, or one with the files that were left out and why."""
    infos = _scanned(services)
    if options.collection:
        infos = find_collections(infos, [options.collection])
    if options.json:
        records = [
            {**collection_record(info), "trouble": [file_record(file) for file in _trouble(services, info)]}
            for info in infos
        ]
        terminal.json(records)
    elif not infos:
        terminal.line("There are no collections yet. Make one with: satchel documents add FOLDER")
    else:
        for info in infos:
            _write_collection(terminal, info, _trouble(services, info) if options.collection else [])
    return 0


def search(services: Services, terminal: Terminal, options: argparse.Namespace) -> int:
    """Sentences and passages, without a model."""
    infos = find_collections(services.documents.collections(), options.collections)
    evidence = services.documents.search([info.id for info in infos], options.query, options.limit)
    if options.json:
        terminal.json(evidence_record(evidence))
        return 0
    write_quotes(terminal, evidence)
    if not evidence.found:
        terminal.line("Nothing in your documents answers this. The nearest passages:")
    for passage in evidence.passages:
        terminal.line()
        terminal.paragraph(f"[{passage.number}] {source_line(passage)}", rest="    ")
        terminal.paragraph(" ".join(passage.text.split()), first="    ", rest="    ")
    return 0


def find_collections(infos: Sequence[CollectionInfo], names: Sequence[str]) -> list[CollectionInfo]:
    """Collections by name or number; all when no name is given. Errors: DocumentError."""
    if not infos:
        raise DocumentError(
            "There are no collections of documents yet.", "", "Make one with: satchel documents add FOLDER"
        )
    found = []
    for name in names:
        match = [info for info in infos if info.name == name or str(info.id) == name]
        if not match:
            match = [info for info in infos if info.name.lower() == name.lower()]
        if not match:
            there = ", ".join(info.name for info in infos)
            raise DocumentError(f"There is no collection “{name}”.", f"There are: {there}.", "Check the name.")
        found += match[:1]
    return found or list(infos)


def write_quotes(terminal: Terminal, evidence: Evidence) -> None:
    """The documents' own sentences, each with its source."""
    passages = {passage.number: passage for passage in evidence.passages}
    for quote in evidence.quotes:
        terminal.paragraph(f"“{quote_text(quote.text)}”", first="  ", rest="  ")
        where = source_line(passages[quote.passage], quote)
        terminal.paragraph(f"[{quote.passage}] {where}", first="      ", rest="      ")


def _scanned(services: Services) -> list[CollectionInfo]:
    """All collections. Each start looks through their folders; what that takes a moment for is worth the wait."""
    until = time.monotonic() + _SCAN_S
    with changes(services, CollectionsChanged) as changed:
        while True:
            changed.clear()
            infos = services.documents.collections()
            left = until - time.monotonic()
            if left <= 0 or all(info.phase != "scanning" for info in infos):
                return infos
            changed.wait(min(left, _LOOK_EVERY_S))


def _indexed(services: Services, terminal: Terminal, info: CollectionInfo) -> CollectionInfo:
    """Wait until it is; or until it does not go on. Error: :class:`WorkerError`, when the documents' process ended
    three times without having got any further.
    """
    ends, furthest = 0, -1
    with changes(services, CollectionsChanged) as changed:
        while True:
            changed.clear()
            try:
                info = next((i for i in services.documents.collections() if i.id == info.id), info)
            except WorkerError:
                ends += 1
                if ends == _MOST_ENDS:
                    raise
                continue  # what is asked next starts it again, and it goes on where it was
            if (got := info.files - info.pending + info.embedded) > furthest:
                ends, furthest = 0, got
            if info.phase in ("idle", "paused") or info.halted:
                return info
            done = info.files - info.pending
            left = f", about {info.seconds_left:.0f} s left" if info.seconds_left else ""
            terminal.progress(f"{info.phase}: {done:,} of {info.files:,} files{left}  {Path(info.current_file).name}")
            # Events come at most 5 times a second; the time limit is for the one that was missed.
            changed.wait(_LOOK_EVERY_S)


def _trouble(services: Services, info: CollectionInfo) -> list[FileInfo]:
    if not info.failed + info.skipped + info.missing:
        return []
    page = services.documents.files(info.id, limit=200)  # those with trouble come first
    return [file for file in page.files if file.status in _TROUBLE]


def _write_collection(terminal: Terminal, info: CollectionInfo, trouble: Sequence[FileInfo]) -> None:
    terminal.line(f"{info.name} ({info.id}): {_state(info)}")
    counts = [("pending", info.pending), ("skipped", info.skipped), ("failed", info.failed), ("missing", info.missing)]
    others = "".join(f", {count:,} {name}" for name, count in counts if count)
    files, passages = counted(info.files, "file"), counted(info.chunks, "passage")
    terminal.line(f"  {info.indexed:,} of {files} indexed{others}; {passages}")
    for root in info.roots:
        terminal.line(f"  {root}")
    if info.problem:
        terminal.paragraph(info.problem, first="  ", rest="  ")
    for file in trouble:
        terminal.paragraph(f"{file.status}: {file.path}: {file.reason}", first="  ", rest="    ")


def _done(before: CollectionInfo | None, info: CollectionInfo) -> str:
    """What adding came to, in files and passages that can be searched now."""
    files = info.indexed - (before.indexed if before is not None else 0)
    passages = info.chunks - (before.chunks if before is not None else 0)
    if before is not None and not files and not passages:
        return "Nothing is new."
    if before is not None and (files < 0 or passages < 0):
        return f"Looked through again: now {counted(info.indexed, 'file')}, {counted(info.chunks, 'passage')}."
    return f"Added: {counted(files, 'file')}, {counted(passages, 'passage')}."


def _state(info: CollectionInfo) -> str:
    if info.phase == "idle":
        return "waiting" if info.pending else "up to date"
    if info.halted:
        return "stopped"
    return f"{info.phase}, about {info.seconds_left:.0f} s left" if info.seconds_left else info.phase
