"""The parts of ``ModelLibrary`` in memory, with the real ones' methods: for the window's tests."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core.errors import ModelError
from app.core.jobs import CancelToken, Progress
from app.models.adapter import Adapter, AdapterChoice, AdapterSummary, AttachedAdapter
from app.models.library_values import AdapterOffer, AddedModels, DuplicateGroup, HashProgress, TrashedModel
from app.models.model import LibraryModel
from app.models.places.search import nobody
from app.models.places.values import FoundModel, PlaceReport
from app.models.preset import NO_PRESET, Preset
from app.services.events import HashingChanged, LibraryChanged, Publish

GENERAL = Preset(
    system_prompt="",
    temperature=0.7,
    top_k=40,
    top_p=0.95,
    min_p=0.05,
    repeat_penalty=1.05,
    n_ctx=4096,
    kv_type="f16",
    n_gpu_layers=-1,
)
"""The general settings as they are without a settings file."""


class Kept:
    """The models, which all parts share."""

    def __init__(self, publish: Publish, models: dict[int, LibraryModel]) -> None:
        self.publish = publish
        self.models = models

    def one(self, model_id: int) -> LibraryModel:
        found = self.models.get(model_id)
        if found is None:
            raise ModelError("This model is not in the library any more.", "It was removed.", "Choose another one.")
        return found

    def change(self, model_id: int, **changes: object) -> None:
        """It is so now."""
        self.models[model_id] = replace(self.models[model_id], **changes)  # type: ignore[arg-type]
        self.publish(LibraryChanged())


class FakePlaces:
    """``reports`` is what is found."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.reports: tuple[PlaceReport, ...] = ()
        self.refused: dict[str, str] = {}
        """By name, why a file of another program cannot be added."""

    def find(
        self, on_progress: Callable[[Progress], None] = nobody, cancel: CancelToken | None = None
    ) -> tuple[PlaceReport, ...]:
        on_progress(Progress(0, 0, "files", "Ollama"))
        return self.reports

    def add(
        self,
        found: Sequence[FoundModel],
        on_progress: Callable[[Progress], None] = nobody,
        cancel: CancelToken | None = None,
    ) -> AddedModels:
        made: list[LibraryModel] = []
        failed: list[tuple[str, ModelError]] = []
        for each in found:
            on_progress(Progress(len(made), len(found), "models", each.name))
            if problem := each.problem or self.refused.get(each.name):
                why = ModelError(f"{each.name} was not added.", problem, f"See to it in {each.program}.")
                failed.append((each.name, why))
                continue
            number = max(self._kept.models, default=0) + 1
            like = next(iter(self._kept.models.values()))
            header = replace(like.summary, name=each.name, size_bytes=each.size_bytes)
            added = replace(
                like, id=number, path=each.path, summary=header, name="", found_name=each.name, program=each.program
            )
            self._kept.models[number] = added
            made.append(added)
        self._kept.publish(LibraryChanged())
        return AddedModels(tuple(made), failed=tuple(failed))


class FakePresets:
    """Choices by model."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._presets: dict[int, Preset] = {}
        self._slow: tuple[threading.Event, threading.Event] | None = None

    def of(self, model_id: int) -> Preset:
        return self._presets.get(model_id, NO_PRESET)

    @contextlib.contextmanager
    def slow_reading(self) -> Iterator[threading.Event]:
        """The next reading of what is kept of a model, begun before this ends, is over only then; set when it began."""
        slow = self._slow = (threading.Event(), threading.Event())
        try:
            yield slow[0]
        finally:
            slow[1].set()

    def defaults(self, model_id: int) -> Preset:
        slow, self._slow = self._slow, None
        if slow is not None:
            slow[0].set()
            slow[1].wait(10)
        return self._kept.one(model_id).summary.recommended.over(GENERAL)

    def set(self, model_id: int, preset: Preset) -> None:
        self._presets[model_id] = preset
        self._kept.publish(LibraryChanged())

    def forget(self, model_id: int) -> None:
        self._presets.pop(model_id, None)


class FakeTrash:
    """The deleted models."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._trashed: dict[int, tuple[LibraryModel, TrashedModel]] = {}

    def put(self, model: LibraryModel) -> None:
        model_id = model.id
        del self._kept.models[model_id]
        now = datetime.now(UTC)
        size = 0 if model.in_place else model.summary.size_bytes
        kept = TrashedModel(model_id, model.title, size, now, now + timedelta(days=30))
        self._trashed[model_id] = (model, kept)
        self._kept.publish(LibraryChanged())

    def take_out(self, model_id: int) -> LibraryModel:
        model, _ = self._trashed.pop(model_id)
        self._kept.models[model_id] = model
        self._kept.publish(LibraryChanged())
        return model

    def all(self) -> tuple[TrashedModel, ...]:
        return tuple(kept for _, kept in self._trashed.values())

    def empty(self) -> int:
        freed = sum(kept.size_bytes for _, kept in self._trashed.values())
        self._trashed.clear()
        self._kept.publish(LibraryChanged())
        return freed


class FakeMoved:
    """A missing model lies where its ``found_at`` says."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.hold: threading.Event | None = None
        """When set, comparing a moved file waits for it at 43 %."""

    def look_for(
        self,
        model_id: int,
        on_progress: Callable[[Progress], None] = nobody,
        cancel: CancelToken | None = None,
    ) -> str:
        return self._kept.one(model_id).found_at

    def relink(
        self,
        model_id: int,
        path: Path | None = None,
        on_progress: Callable[[Progress], None] = nobody,
        cancel: CancelToken | None = None,
    ) -> LibraryModel:
        if self.hold is not None:
            on_progress(Progress(43, 100, "bytes", "comparing"))
            self.hold.wait(10)
        if cancel is not None:
            cancel.check()
        where = str(path) if path is not None else self._kept.one(model_id).found_at
        self._kept.change(model_id, path=where, present=True, missing_reason="", found_at="")
        return self._kept.models[model_id]


class FakeHashing:
    """Nothing is read; it is as far as :meth:`show` says."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.progress: HashProgress | None = None
        self.hashed: list[int] = []

    def add_model(self, model: LibraryModel) -> None:
        self.hashed.append(model.id)
        self.show(HashProgress(model.id, model.title, 43, 100))

    def show(self, progress: HashProgress | None) -> None:
        """The hashing is so far."""
        self.progress = progress
        self._kept.publish(HashingChanged(progress))

    def cancel(self) -> None:
        self.show(None)


class FakeDuplicates:
    """``groups`` is what is there twice."""

    def __init__(self) -> None:
        self.groups: tuple[DuplicateGroup, ...] = ()

    def all(self) -> tuple[DuplicateGroup, ...]:
        return self.groups

    def look(self) -> None:
        """Nothing has to be read here."""


class FakeAdapters:
    """Adapters by their paths."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._adapters: list[Adapter] = []
        self.foreign: dict[str, str] = {}
        """By file name, why an adapter does not belong to any model here."""

    def offer(self, path: Path) -> AdapterOffer | None:
        if "lora" not in path.name:
            return None
        header = AdapterSummary(path.stem, "llama", "SmolLM2 135M", 8, 16.0, 120, 4_700_000, "apache-2.0")
        return AdapterOffer(str(path), header, () if path.name in self.foreign else tuple(self._kept.models.values()))

    def add(self, path: Path) -> Adapter:
        made = self.put(str(path))
        self._kept.publish(LibraryChanged())
        return made

    def all(self) -> tuple[Adapter, ...]:
        return tuple(self._adapters)

    def choices(self, model_id: int) -> tuple[AdapterChoice, ...]:
        used = {each.adapter.id: each.scale for each in self._kept.one(model_id).adapters}
        return tuple(
            AdapterChoice(each, used.get(each.id), self.foreign.get(Path(each.path).name, ""))
            for each in self._adapters
        )

    def put(self, path: str, name: str = "") -> Adapter:
        """Have an adapter already."""
        header = AdapterSummary(name or Path(path).stem, "llama", "SmolLM2", 8, 16.0, 120, 4_700_000)
        made = Adapter(len(self._adapters) + 1, path, header)
        self._adapters.append(made)
        return made

    def attach(self, model_id: int, path: Path, scale: float | None = None) -> Adapter:
        model = self._kept.one(model_id)
        if why := self.foreign.get(path.name):
            raise ModelError(f"{path.stem} does not belong to {model.title}.", why, "Attach it to its own model.")
        known = next((each for each in self._adapters if each.path == str(path)), None)
        adapter = known or self.put(str(path))
        others = tuple(each for each in model.adapters if each.adapter.id != adapter.id)
        before = next((each.scale for each in model.adapters if each.adapter.id == adapter.id), 1.0)
        attached = AttachedAdapter(adapter, before if scale is None else scale)
        self._kept.change(model_id, adapters=(*others, attached))
        return adapter

    def set_scale(self, model_id: int, adapter_id: int, scale: float) -> None:
        used = self._kept.one(model_id).adapters
        self._kept.change(
            model_id,
            adapters=tuple(replace(each, scale=scale) if each.adapter.id == adapter_id else each for each in used),
        )

    def detach(self, model_id: int, adapter_id: int) -> None:
        used = self._kept.one(model_id).adapters
        self._kept.change(model_id, adapters=tuple(each for each in used if each.adapter.id != adapter_id))
