"""What is kept of models, in memory, with the methods of ``LibraryEntries``: for the window's tests."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core.errors import ModelError, SatchelError
from app.core.jobs import CancelToken, Progress
from app.models.adapter import Adapter, AdapterChoice, AdapterSummary, AttachedAdapter
from app.models.library_values import (
    AdapterOffer,
    AddedModels,
    ChatTemplate,
    DuplicateGroup,
    HashProgress,
    TrashedModel,
    UpdateCheck,
)
from app.models.model import LibraryModel
from app.models.places.search import nobody
from app.models.places.values import FoundModel, PlaceReport
from app.models.preset import NO_PRESET, Preset
from app.services.events import HashingChanged, LibraryChanged, Publish
from app.services.library.updates import newer_file
from app.storage.measurements import Measurement

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
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


class FakeEntries:
    """``reports``, ``groups``, ``measured`` and ``update`` are what is answered; the rest is kept."""

    def __init__(self, publish: Publish, models: dict[int, LibraryModel]) -> None:
        self._publish = publish
        self._models = models
        self._trashed: dict[int, tuple[LibraryModel, TrashedModel]] = {}
        self._presets: dict[int, Preset] = {}
        self._accepted: dict[int, str] = {}
        self._adapters: list[Adapter] = []
        self.reports: tuple[PlaceReport, ...] = ()
        self.groups: tuple[DuplicateGroup, ...] = ()
        self.measured: dict[int, tuple[Measurement, ...]] = {}
        self.update: UpdateCheck | SatchelError | None = None
        self.refused: dict[str, str] = {}
        """By name, why a file of another program cannot be added."""
        self.foreign_adapters: dict[str, str] = {}
        """By file name, why an adapter does not belong to any model here."""
        self.hold_relink: threading.Event | None = None
        """When set, comparing a moved file waits for it at 43 %."""
        self._slow: tuple[threading.Event, threading.Event] | None = None
        self._hashing: HashProgress | None = None
        self.hashed: list[int] = []

    # -- what there is ------------------------------------------------------------------------------------------------

    def models(self) -> list[LibraryModel]:
        return list(self._models.values())

    def change(self, model_id: int, **changes: object) -> None:
        """It is so now."""
        self._models[model_id] = replace(self._models[model_id], **changes)  # type: ignore[arg-type]
        self._publish(LibraryChanged())

    def find_places(
        self, on_progress: Callable[[Progress], None] = nobody, cancel: CancelToken | None = None
    ) -> tuple[PlaceReport, ...]:
        on_progress(Progress(0, 0, "files", "Ollama"))
        return self.reports

    def add_found(
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
            number = max(self._models, default=0) + 1
            like = next(iter(self._models.values()))
            header = replace(like.summary, name=each.name, size_bytes=each.size_bytes)
            added = replace(
                like, id=number, path=each.path, summary=header, name="", found_name=each.name, program=each.program
            )
            self._models[number] = added
            made.append(added)
        self._publish(LibraryChanged())
        return AddedModels(tuple(made), failed=tuple(failed))

    # -- what is kept of it -------------------------------------------------------------------------------------------

    def rename(self, model_id: int, name: str) -> None:
        self.change(model_id, name=name)

    def set_notes(self, model_id: int, notes: str) -> None:
        self.change(model_id, notes=notes.strip())

    def template(self, model_id: int) -> ChatTemplate:
        now = self._one(model_id).summary.chat_template
        return ChatTemplate(now, self._accepted.get(model_id, now))

    def put_template_before(self, model_id: int, accepted: str) -> None:
        """The template was this when the person last saw it."""
        self._accepted[model_id] = accepted
        self.change(model_id, template_changed=True)

    def acknowledge_template(self, model_id: int) -> None:
        self._accepted[model_id] = self._one(model_id).summary.chat_template
        self.change(model_id, template_changed=False)

    def keep_for_another(self, model_id: int) -> None:
        self.change(model_id, former=None)

    def start_afresh(self, model_id: int) -> None:
        self._presets.pop(model_id, None)
        self.change(model_id, former=None, name="", notes="", adapters=(), source=None)

    def preset(self, model_id: int) -> Preset:
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
        return self._one(model_id).summary.recommended.over(GENERAL)

    def set_preset(self, model_id: int, preset: Preset) -> None:
        self._presets[model_id] = preset
        self._publish(LibraryChanged())

    def measurements(self, model_id: int) -> tuple[Measurement, ...]:
        return self.measured.get(model_id, ())

    def check_update(self, model_id: int) -> UpdateCheck:
        if isinstance(self.update, SatchelError) or self.update is None:
            raise self.update or ModelError("Whether there is a newer file is not known.", "", "Look under Find.")
        self.change(model_id, newer=newer_file(self.update, None, NOON))
        return self.update

    # -- deleting -----------------------------------------------------------------------------------------------------

    def remove(self, model_id: int) -> None:
        self.delete(model_id)

    def delete(self, model_id: int) -> None:
        model = self._models.pop(model_id)
        now = datetime.now(UTC)
        size = 0 if model.in_place else model.summary.size_bytes
        kept = TrashedModel(model_id, model.title, size, now, now + timedelta(days=30))
        self._trashed[model_id] = (model, kept)
        self._publish(LibraryChanged())

    def undelete(self, model_id: int) -> LibraryModel:
        model, _ = self._trashed.pop(model_id)
        self._models[model_id] = model
        self._publish(LibraryChanged())
        return model

    def trash(self) -> tuple[TrashedModel, ...]:
        return tuple(kept for _, kept in self._trashed.values())

    def empty_trash(self) -> int:
        freed = sum(kept.size_bytes for _, kept in self._trashed.values())
        self._trashed.clear()
        self._publish(LibraryChanged())
        return freed

    # -- files that moved, files that are there twice -----------------------------------------------------------------

    def look_for_moved(
        self,
        model_id: int,
        on_progress: Callable[[Progress], None] = nobody,
        cancel: CancelToken | None = None,
    ) -> str:
        return self._one(model_id).found_at

    def relink(
        self,
        model_id: int,
        path: Path | None = None,
        on_progress: Callable[[Progress], None] = nobody,
        cancel: CancelToken | None = None,
    ) -> LibraryModel:
        if self.hold_relink is not None:
            on_progress(Progress(43, 100, "bytes", "comparing"))
            self.hold_relink.wait(10)
        if cancel is not None:
            cancel.check()
        where = str(path) if path is not None else self._one(model_id).found_at
        self.change(model_id, path=where, present=True, missing_reason="", found_at="")
        return self._models[model_id]

    def duplicates(self) -> tuple[DuplicateGroup, ...]:
        return self.groups

    def hash_duplicates(self) -> None:
        """Nothing has to be read here."""

    def hash_model(self, model_id: int) -> None:
        self.hashed.append(model_id)
        self.show_hashing(HashProgress(model_id, self._one(model_id).title, 43, 100))

    def show_hashing(self, progress: HashProgress | None) -> None:
        """The hashing is so far."""
        self._hashing = progress
        self._publish(HashingChanged(progress))

    def hashing(self) -> HashProgress | None:
        return self._hashing

    def cancel_hashing(self) -> None:
        self.show_hashing(None)

    # -- adapters -----------------------------------------------------------------------------------------------------

    def adapter_offer(self, path: Path) -> AdapterOffer | None:
        if "lora" not in path.name:
            return None
        header = AdapterSummary(path.stem, "llama", "SmolLM2 135M", 8, 16.0, 120, 4_700_000, "apache-2.0")
        return AdapterOffer(
            str(path), header, () if path.name in self.foreign_adapters else tuple(self._models.values())
        )

    def add_adapter(self, path: Path) -> Adapter:
        made = self.put_adapter(str(path))
        self._publish(LibraryChanged())
        return made

    def adapters(self) -> tuple[Adapter, ...]:
        return tuple(self._adapters)

    def adapters_for(self, model_id: int) -> tuple[AdapterChoice, ...]:
        used = {each.adapter.id: each.scale for each in self._one(model_id).adapters}
        return tuple(
            AdapterChoice(each, used.get(each.id), self.foreign_adapters.get(Path(each.path).name, ""))
            for each in self._adapters
        )

    def put_adapter(self, path: str, name: str = "") -> Adapter:
        """Have an adapter already."""
        header = AdapterSummary(name or Path(path).stem, "llama", "SmolLM2", 8, 16.0, 120, 4_700_000)
        made = Adapter(len(self._adapters) + 1, path, header)
        self._adapters.append(made)
        return made

    def attach_adapter(self, model_id: int, path: Path, scale: float | None = None) -> Adapter:
        model = self._one(model_id)
        if why := self.foreign_adapters.get(path.name):
            raise ModelError(f"{path.stem} does not belong to {model.title}.", why, "Attach it to its own model.")
        known = next((each for each in self._adapters if each.path == str(path)), None)
        adapter = known or self.put_adapter(str(path))
        others = tuple(each for each in model.adapters if each.adapter.id != adapter.id)
        before = next((each.scale for each in model.adapters if each.adapter.id == adapter.id), 1.0)
        attached = AttachedAdapter(adapter, before if scale is None else scale)
        self.change(model_id, adapters=(*others, attached))
        return adapter

    def set_adapter_scale(self, model_id: int, adapter_id: int, scale: float) -> None:
        used = self._one(model_id).adapters
        self.change(
            model_id,
            adapters=tuple(replace(each, scale=scale) if each.adapter.id == adapter_id else each for each in used),
        )

    def detach_adapter(self, model_id: int, adapter_id: int) -> None:
        used = self._one(model_id).adapters
        self.change(model_id, adapters=tuple(each for each in used if each.adapter.id != adapter_id))

    def _one(self, model_id: int) -> LibraryModel:
        found = self._models.get(model_id)
        if found is None:
            raise ModelError("This model is not in the library any more.", "It was removed.", "Choose another one.")
        return found
