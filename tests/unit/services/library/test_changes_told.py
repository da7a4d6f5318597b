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
    library, number = bench.library, bench.add_own(base).id
    lora = write_lora(tmp_path / "lora.gguf", base)
    adapter = library.adapters.add(lora).id
    moved = tmp_path / "moved.gguf"
    file = HubFile("ada/tiny", "new", "tiny", ("tiny.gguf",), (1,), ("f" * 64,))
    bench.hub["ada/tiny"] = HubDetails(HubModel("ada/tiny", "ada", "tiny"), (file,), "", "new")

    def hash_it() -> None:
        library.hashing.add_model(bench.shelf.one(number))
        assert library.hashing.wait(30)

    def relink() -> None:
        shutil.move(bench.only().path, moved)
        library.moved.relink(number, moved)

    changes: dict[str, Callable[[], object]] = {
        "rename": lambda: library.rename(number, "Mine"),
        "notes": lambda: library.set_notes(number, "Good."),
        "source": lambda: library.set_source(number, ModelSource("ada/tiny", "old", "tiny.gguf")),
        "template": lambda: library.acknowledge_template(number),
        "preset": lambda: library.presets.set(number, Preset(top_k=5)),
        "update": lambda: library.check_update(number),
        "hash": hash_it,
        "adapter": lambda: library.adapters.add(lora),
        "attach": lambda: library.adapters.attach(number, lora),
        "scale": lambda: library.adapters.set_scale(number, adapter, 0.5),
        "detach": lambda: library.adapters.detach(number, adapter),
        "remove adapter": lambda: library.adapters.remove(adapter),
        "delete": lambda: library.delete(number),
        "undelete": lambda: library.undelete(number),
        "relink": relink,
        "delete again": lambda: library.delete(number),
        "empty the trash": library.trash.empty,
        "found": lambda: library.places.add([FoundModel(str(base), "base", "LM Studio", base.stat().st_size)]),
    }
    silent = []
    for name, change in changes.items():
        bench.events.clear()
        change()
        if LibraryChanged() not in bench.events:
            silent.append(name)
    assert silent == []
