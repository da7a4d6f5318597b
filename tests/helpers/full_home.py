"""A home with a lot in it: hundreds of models in the library, and downloads that wait for a person's word."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.core.paths import Home
from app.models.download.queue import Queue
from app.models.hub.values import HubFile
from app.models.summary import read_summary
from app.storage.library import FileStamp, LibraryRecords
from app.storage.schema import open_database
from tests.helpers import gguf_files


def put_models(home: Home, folder: Path, numbers: Iterable[int]) -> None:
    """Models in place, each number of another size; their files are sparse and take no room."""
    folder.mkdir(parents=True, exist_ok=True)
    database = open_database(home)
    records = LibraryRecords(database)
    for number in numbers:
        path = gguf_files.llama(
            folder / f"model-{number:03}.gguf",
            n_layers=8 + number % 40,
            n_embd=1024 + 64 * (number // 40),
            n_ff=4096,
            n_heads=16,
            n_heads_kv=8,
            general__name=f"Model {number:03}",
        )
        _, summary = read_summary(path)
        stamp = FileStamp.of(path)
        assert stamp is not None
        records.add(path, summary, stamp, in_place=True)
    database.close()


def put_paused_downloads(folder: Path, count: int) -> None:
    """Entries of a queue, each paused before its first byte came."""
    queue = Queue(folder)
    for number in range(count):
        name = f"waiting-{number:02}-Q4_K_M.gguf"
        entry = queue.add(f"Waiting {number}", HubFile("ada/Waiting", "main", name, (name,), (10**9,), ("0" * 64,)))
        queue.wish(entry, "pause")
