"""What the library tells whoever shows it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from app.models.hub.values import HubDetails, HubFile, HubModel
from app.models.places.values import FoundModel
from app.models.preset import Preset
from app.models.source import ModelSource
from app.services.events import LibraryChanged
from tests.helpers import gguf_files
from tests.helpers.library import Bench
from tests.helpers.lora import write_lora


def test_every_change_is_told(bench: Bench, tmp_path: Path) -> None:
    """A screen reads the library again when it hears of a change, and only then."""
    base = gguf_files.llama(tmp_path / "base.gguf")
    entries, number = bench.entries, bench.add_own(base).id
    lora = write_lora(tmp_path / "lora.gguf", base)
    adapter = entries.add_adapter(lora).id
    moved = tmp_path / "moved.gguf"
    file = HubFile("ada/tiny", "new", "tiny", ("tiny.gguf",), (1,), ("f" * 64,))
    bench.hub["ada/tiny"] = HubDetails(HubModel("ada/tiny", "ada", "tiny"), (file,), "", "new")

    def hash_it() -> None:
        entries.hash_model(number)
        assert entries.hashing_done(30)

    def relink() -> None:
        shutil.move(bench.only().path, moved)
        entries.relink(number, moved)

    changes: dict[str, Callable[[], object]] = {
        "rename": lambda: entries.rename(number, "Mine"),
        "notes": lambda: entries.set_notes(number, "Good."),
        "source": lambda: entries.set_source(number, ModelSource("ada/tiny", "old", "tiny.gguf")),
        "template": lambda: entries.acknowledge_template(number),
        "preset": lambda: entries.set_preset(number, Preset(top_k=5)),
        "update": lambda: entries.check_update(number),
        "hash": hash_it,
        "adapter": lambda: entries.add_adapter(lora),
        "attach": lambda: entries.attach_adapter(number, lora),
        "scale": lambda: entries.set_adapter_scale(number, adapter, 0.5),
        "detach": lambda: entries.detach_adapter(number, adapter),
        "remove adapter": lambda: entries.remove_adapter(adapter),
        "delete": lambda: entries.delete(number),
        "undelete": lambda: entries.undelete(number),
        "relink": relink,
        "delete again": lambda: entries.delete(number),
        "empty the trash": entries.empty_trash,
        "found": lambda: entries.add_found([FoundModel(str(base), "base", "LM Studio", base.stat().st_size)]),
    }
    silent = []
    for name, change in changes.items():
        bench.events.clear()
        change()
        if LibraryChanged() not in bench.events:
            silent.append(name)
    assert silent == []
