"""Indexing goes on by itself after the documents' process was killed, through the services as the window has them."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil

from app.core.paths import Home
from app.services.compose import Services
from app.services.events import CollectionsChanged, Event


def test_a_killed_documents_process_goes_on_without_being_asked(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for n in range(40):
        (documents / f"{n}.txt").write_text(f"Note {n} is about valve {n}. " * 40)
    services = Services.open(Home(tmp_path / "home").create())
    killed, done = threading.Event(), threading.Event()

    def listen(event: Event) -> None:
        if killed.is_set() and isinstance(event, CollectionsChanged):
            for info in event.infos:
                if info.indexed == 40 and info.phase == "idle":
                    done.set()

    services.events.subscribe(listen)
    try:
        services.documents.create([documents])
        pid = services.knowledge_pid
        assert pid is not None
        killed.set()
        psutil.Process(pid).kill()
        assert done.wait(60), "nobody calls, and all is indexed all the same"
        assert services.knowledge_pid != pid
    finally:
        services.close()
    assert services.knowledge_pid is None
