"""Model and document libraries without workers, with the real ones' methods and events: for the window's tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from app.chat.sources import CheckedSentence, Evidence, Passage, Quote
from app.chat.transcript import RunFigures
from app.core.errors import Cancelled, DocumentError, ModelError, SatchelError
from app.core.jobs import CancelToken, Progress
from app.core.sizes import size_text
from app.hardware.machine import Gpu, Machine
from app.inference.protocol import Backend, Loaded, LoadSettings, MemoryUse
from app.knowledge.protocol import CollectionInfo, FileInfo, Files, FileStatus, Source
from app.models.library_values import ChatTemplate, UpdateCheck
from app.models.model import Fit, LibraryModel, ModelSummary, Verdict
from app.models.preset import NO_PRESET
from app.models.sizing import BitsRow, ContextPoint, DeviceParts, Layout, Lesson
from app.models.sizing.lesson import TAUGHT_BITS
from app.services.events import CollectionsChanged, LibraryChanged, ModelState, ModelStateChanged, Publish
from app.services.library.updates import newer_file
from app.storage.measurements import Measurement
from tests.helpers.fake_library_parts import (
    FakeAdapters,
    FakeDuplicates,
    FakeHashing,
    FakeMoved,
    FakePlaces,
    FakePresets,
    FakeTrash,
    Kept,
)

GB = 1_000_000_000
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ADDED = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
FIGURES = RunFigures(
    prompt_tokens=412, cached_tokens=380, completion_tokens=121, first_token_s=0.18, prompt_s=0.16, decode_s=2.4
)


def summary(name: str = "SmolLM2 135M Instruct", **changes: object) -> ModelSummary:
    """The starter model's header, with changes."""
    made = ModelSummary(
        name=name,
        kind="chat",
        architecture="llama",
        parameters=134_515_008,
        quantization="Q4_0",
        bits_per_weight=4.64,
        size_bytes=91_700_000,
        n_ctx_train=8192,
        n_layers=30,
        n_vocab=49_152,
        license="apache-2.0",
        chat_template="{{ messages }}",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def model(number: int, path: str = "", **changes: object) -> LibraryModel:
    """A model of the library; ``changes`` are those of its header."""
    header = summary(**changes)  # type: ignore[arg-type]
    return LibraryModel(number, path or f"/models/{header.name}.gguf", header, in_place=True, added_at=ADDED)


def machine() -> Machine:
    """A laptop with a GPU that a CPU build cannot use."""
    return Machine(
        processor="AMD Ryzen 7 7840U",
        physical_cores=8,
        logical_cores=16,
        usable_cores=16,
        memory_total_bytes=32 * GB,
        memory_available_bytes=14 * GB,
        gpus=(Gpu(0, "NVIDIA GeForce RTX 4060", 8 * GB, 7 * GB, "570.1"),),
        system="Linux",
    )


class FakeMachine:
    """``gpu``: whether this llama.cpp can use the machine's GPU."""

    def __init__(self) -> None:
        self.gpu = False
        self.free_bytes = 14 * GB

    def read(self) -> Machine:
        return replace(machine(), memory_available_bytes=self.free_bytes)

    def words(self, _machine: Machine | None = None) -> list[str]:
        return [
            "AMD Ryzen 7 7840U: 8 cores, of which Satchel may use all.",
            f"32.0 GB of memory, {size_text(self.free_bytes)} of it free now.",
            "NVIDIA GeForce RTX 4060 with 8.0 GB: this build of llama.cpp cannot use it.",
        ]

    def backend(self) -> Backend:
        return Backend("b6000", self.gpu, ["CPU", "CUDA0"] if self.gpu else ["CPU"], "AVX2 = 1")


class FakeVerdicts:
    """Sums that are near the real ones; ``measured`` is what loads took."""

    def __init__(self, kept: Kept, presets: FakePresets, machine: FakeMachine) -> None:
        self._kept = kept
        self._presets = presets
        self._machine = machine
        self.measured: dict[int, tuple[Measurement, ...]] = {}

    def inspect(self, path: Path) -> tuple[ModelSummary, Verdict]:
        if not path.is_file() or path.read_bytes()[:4] != b"GGUF":
            raise ModelError(
                f"{path.name} is not a GGUF model.",
                "It does not begin with the letters GGUF.",
                "Download the model again; what came was perhaps a web page.",
            )
        header = summary(path.stem)
        return header, _verdict(header, 4096, "f16")

    def of(
        self,
        model: int | Path,
        n_ctx: int | None = None,
        kv_type: str | None = None,
        *,
        measure: bool | None = None,
        n_gpu_layers: int | None = None,
    ) -> Verdict:
        if isinstance(model, int) and model not in self._kept.models:
            raise ModelError("This model is not in the library any more.", "It was removed.", "Choose another one.")
        header = self._kept.models[model].summary if isinstance(model, int) else summary(model.stem)
        usual = self._presets.of(model) if isinstance(model, int) else NO_PRESET
        made = _verdict(header, n_ctx or usual.n_ctx or 4096, kv_type or usual.kv_type or "f16")
        layers = usual.n_gpu_layers if n_gpu_layers is None else n_gpu_layers
        return on_gpu(made, header.n_layers, -1 if layers is None else layers) if self._machine.gpu else made

    def lesson(self, model_id: int, contexts: Sequence[int], kv_type: str = "f16") -> Lesson:
        header = self._kept.one(model_id).summary
        taught = [BitsRow(bits, header.parameters * bits // 8) for bits in TAUGHT_BITS]
        rows = sorted(
            [*taught, BitsRow(header.bits_per_weight, header.size_bytes, this_file=True)], key=lambda row: -row.bits
        )
        points = tuple(ContextPoint(n, _verdict(header, n, kv_type).kv_bytes) for n in contexts)
        return Lesson(header.parameters, tuple(rows), points, points[-1].kv_bytes / contexts[-1])

    def measurements(self, model_id: int) -> tuple[Measurement, ...]:
        return self.measured.get(model_id, ())


class FakeLoaded:
    """``problem``: what the next load fails with."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.state = ModelState()
        self.problem: SatchelError | None = None
        self.hold: threading.Event | None = None
        """When set, a load waits for it half way."""
        self._stopped = False
        self.loads: list[tuple[int, LoadSettings, bool]] = []

    def next(self) -> LibraryModel | None:
        return next(iter(self._kept.models.values()), None)

    def load(self, model_id: int, settings: LoadSettings | None = None, *, force: bool = False) -> Loaded:
        chosen = self._kept.models[model_id]
        self._set(ModelState("loading", chosen, fraction=0.4, step="weights"))
        if self.hold is not None:
            self.hold.wait(10)
            if self._stopped:
                self._stopped = False
                self._set(ModelState())
                raise Cancelled
        if self.problem is not None:
            problem, self.problem = self.problem, None
            self._set(ModelState("failed", chosen, problem=str(problem)))
            raise problem
        self.loads.append((model_id, settings or LoadSettings(), force))
        verdict = _verdict(chosen.summary, (settings or LoadSettings()).n_ctx, (settings or LoadSettings()).kv_type)
        loaded = Loaded(
            path=chosen.path,
            name=chosen.title,
            architecture=chosen.summary.architecture,
            n_ctx=verdict.n_ctx,
            n_ctx_train=chosen.summary.n_ctx_train,
            n_vocab=chosen.summary.n_vocab,
            n_params=chosen.summary.parameters,
            n_threads=8,
            n_gpu_layers=0,
            has_chat_template=True,
            memory=MemoryUse(
                verdict.weights_bytes, verdict.kv_bytes, verdict.compute_bytes, 2_000_000, verdict.total_bytes
            ),
            load_s=0.4,
        )
        layout = Layout.on_host(verdict.weights_bytes, verdict.kv_bytes, verdict.compute_bytes, verdict.other_bytes)
        self._set(ModelState("ready", chosen, loaded, last_figures=FIGURES, layout=layout))
        return loaded

    def stop(self) -> None:
        if self.state.phase == "loading" and self.hold is not None:
            self._stopped = True
            self.hold.set()

    def unload(self) -> None:
        self._set(ModelState())

    def ensure(self) -> Loaded:
        if self.state.loaded is not None:
            return self.state.loaded
        return self.load(next(iter(self._kept.models)))

    def _set(self, state: ModelState) -> None:
        self.state = state
        self._kept.publish(ModelStateChanged(state))


class FakeModelLibrary:
    """Models in memory. ``update``: what the hub answers."""

    def __init__(self, publish: Publish, models: Sequence[LibraryModel] = ()) -> None:
        self._publish = publish
        self._models = {entry.id: entry for entry in models}
        self._kept = kept = Kept(publish, self._models)
        self._accepted: dict[int, str] = {}
        self.machine = FakeMachine()
        self.presets = FakePresets(kept)
        self.verdicts = FakeVerdicts(kept, self.presets, self.machine)
        self.loaded = FakeLoaded(kept)
        self.adapters = FakeAdapters(kept)
        self.trash = FakeTrash(kept)
        self.hashing = FakeHashing(kept)
        self.duplicates = FakeDuplicates()
        self.places = FakePlaces(kept)
        self.moved = FakeMoved(kept)
        self.change = kept.change
        self.update: UpdateCheck | SatchelError | None = None
        self.copied: list[str] = []

    def put(self, *models: LibraryModel) -> None:
        """Have these already."""
        self._models.update((entry.id, entry) for entry in models)

    def take(self, model: LibraryModel) -> None:
        """It came by itself: a download was finished."""
        self._models[model.id] = model
        self._publish(LibraryChanged())

    def models(self) -> list[LibraryModel]:
        return list(self._models.values())

    def add(
        self,
        path: Path,
        copy: bool = False,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        cancel: CancelToken | None = None,
    ) -> LibraryModel:
        self.verdicts.inspect(path)
        if copy:
            on_progress(Progress(1, 2, "bytes"))
        added = replace(model(max(self._models, default=0) + 1, str(path), name=path.stem), in_place=not copy)
        if copy:
            self.copied.append(str(path))
        self._models[added.id] = added
        self._publish(LibraryChanged())
        return added

    def register_starters(self) -> None:
        """Nothing to register here."""

    def delete(self, model_id: int) -> None:
        self.trash.put(self._models[model_id])

    def undelete(self, model_id: int) -> LibraryModel:
        return self.trash.take_out(model_id)

    def rename(self, model_id: int, name: str) -> None:
        self.change(model_id, name=name)

    def set_notes(self, model_id: int, notes: str) -> None:
        self.change(model_id, notes=notes.strip())

    def template(self, model_id: int) -> ChatTemplate:
        now = self._kept.one(model_id).summary.chat_template
        return ChatTemplate(now, self._accepted.get(model_id, now))

    def put_template_before(self, model_id: int, accepted: str) -> None:
        """The template was this when the person last saw it."""
        self._accepted[model_id] = accepted
        self.change(model_id, template_changed=True)

    def acknowledge_template(self, model_id: int) -> None:
        self._accepted[model_id] = self._kept.one(model_id).summary.chat_template
        self.change(model_id, template_changed=False)

    def keep_for_another(self, model_id: int) -> None:
        self.change(model_id, former=None)

    def start_afresh(self, model_id: int) -> None:
        self.presets.forget(model_id)
        self.change(model_id, former=None, name="", notes="", adapters=(), source=None)

    def check_update(self, model_id: int) -> UpdateCheck:
        if isinstance(self.update, SatchelError) or self.update is None:
            raise self.update or ModelError("Whether there is a newer file is not known.", "", "Look under Find.")
        self.change(model_id, newer=newer_file(self.update, None, NOON))
        return self.update


def on_gpu(verdict: Verdict, n_layers: int, n_gpu_layers: int) -> Verdict:
    """The same with so many layers on the GPU."""
    share = 1.0 if n_gpu_layers < 0 else min(1.0, n_gpu_layers / (n_layers + 1))

    def parts(device: str, share: float) -> DeviceParts:
        sums = (verdict.weights_bytes, verdict.kv_bytes, verdict.compute_bytes)
        return DeviceParts(device, *(int(each * share) for each in sums))

    return replace(verdict, devices=(parts("CPU", 1 - share), parts("CUDA0", share)))


def _verdict(header: ModelSummary, n_ctx: int, kv_type: str) -> Verdict:
    bytes_per_token = header.n_layers * 768 * {"f16": 2, "q8_0": 1.06, "q4_0": 0.56}[kv_type]
    weights, kv, compute, free = header.size_bytes, int(n_ctx * bytes_per_token), 52_000_000, 14 * GB
    total = weights + kv + compute
    fit: Fit = "fits" if total < 0.8 * free else "tight" if total < free else "does_not_fit"
    sentence = {
        "fits": f"Fits: takes {total / GB:.1f} GB of the 14.0 GB that are free.",
        "tight": f"Tight: takes {total / GB:.1f} GB of the 14.0 GB that are free; close other programs first.",
        "does_not_fit": f"Does not fit: it needs {total / GB:.1f} GB and 14.0 GB are free.",
    }[fit]
    return Verdict(fit, sentence, n_ctx, weights, kv, compute, 2_000_000, free, True)


def collection(number: int = 1, name: str = "Trip notes", **changes: object) -> CollectionInfo:
    """A collection that is indexed, with changes."""
    made = CollectionInfo(
        id=number,
        name=name,
        roots=[f"/home/ada/{name}"],
        phase="idle",
        files=12,
        indexed=9,
        skipped=2,
        failed=1,
        missing=0,
        pending=0,
        chunks=214,
        embedded=214,
    )
    return msgspec.structs.replace(made, **changes)


def file(
    number: int, path: str = "", status: FileStatus = "indexed", reason: str = "", pages: int | None = None
) -> FileInfo:
    """One file of a collection."""
    return FileInfo(
        number, 1, path or f"/home/ada/Trip notes/day-{number}.md", 4_200 * number, status, reason, pages, 6 * number
    )


class FakeDocumentLibrary:
    """Collections in memory. New ones are "indexed" when :meth:`finish_indexing` is called."""

    def __init__(self, publish: Publish, infos: Sequence[CollectionInfo] = (), files: Sequence[FileInfo] = ()) -> None:
        self._publish = publish
        self._infos = {info.id: info for info in infos}
        self._removed: dict[int, CollectionInfo] = {}
        self._files = list(files)
        self.calls: list[tuple[object, ...]] = []
        self.pages_read = 0

    def put(self, *infos: CollectionInfo, files: Sequence[FileInfo] = ()) -> None:
        """Have these already."""
        self._infos |= {info.id: info for info in infos}
        self._files += files

    def collections(self) -> list[CollectionInfo]:
        return sorted(self._infos.values(), key=lambda info: info.name.casefold())

    def of(self, paths: Sequence[Path]) -> CollectionInfo | None:
        wanted = {str(path) for path in paths}
        return next((info for info in self._infos.values() if set(info.roots) == wanted), None)

    def create(self, paths: Sequence[Path], name: str | None = None) -> CollectionInfo:
        if name is None and (same := self.of(paths)) is not None:
            return same
        absent = next((path for path in paths if not path.exists()), None)
        if absent is not None:
            raise DocumentError(f"{absent} cannot be added.", "There is no such file or folder.", "Choose another one.")
        info = collection(
            max(self._infos, default=0) + 1,
            name or paths[0].name,
            roots=[str(path) for path in paths],
            phase="indexing",
            files=len(paths),
            indexed=0,
            skipped=0,
            failed=0,
            pending=len(paths),
            chunks=0,
            embedded=0,
            seconds_left=12.0,
            current_file=str(paths[0]),
        )
        self._change(info)
        return info

    def finish_indexing(self, collection_id: int) -> None:
        """All pending files are indexed now."""
        info = self._infos[collection_id]
        self._change(
            msgspec.structs.replace(
                info,
                phase="idle",
                indexed=info.indexed + info.pending,
                pending=0,
                chunks=40,
                embedded=40,
                current_file="",
                seconds_left=None,
            )
        )

    def add(self, collection_id: int, paths: Sequence[Path]) -> CollectionInfo:
        info = self._infos[collection_id]
        return self._change(msgspec.structs.replace(info, roots=[*info.roots, *(str(path) for path in paths)]))

    def rename(self, collection_id: int, name: str) -> CollectionInfo:
        return self._change(msgspec.structs.replace(self._infos[collection_id], name=name))

    def remove(self, collection_id: int) -> None:
        self._removed[collection_id] = self._infos.pop(collection_id)
        self._publish(CollectionsChanged(tuple(self.collections())))

    def restore(self, collection_id: int) -> CollectionInfo:
        return self._change(self._removed.pop(collection_id))

    def rescan(self, collection_id: int, retry_failed: bool = False) -> CollectionInfo:
        self.calls.append(("rescan", collection_id, retry_failed))
        return self._infos[collection_id]

    def set_paused(self, paused: bool) -> None:
        self.calls.append(("set_paused", paused))
        for info in self.collections():
            self._infos[info.id] = msgspec.structs.replace(info, phase="paused" if paused else "idle")
        self._publish(CollectionsChanged(tuple(self.collections())))

    def files(
        self,
        collection_id: int,
        status: FileStatus | None = None,
        containing: str = "",
        offset: int = 0,
        limit: int = 200,
    ) -> Files:
        self.pages_read += 1
        match = [
            entry
            for entry in self._files
            if entry.collection_id == collection_id
            and status in (None, entry.status)
            and containing.casefold() in Path(entry.path).name.casefold()
        ]
        return Files(match[offset : offset + limit], len(match))

    def search(self, collection_ids: Sequence[int], query: str, limit: int = 6, quotes: int = 3) -> Evidence:
        if "nothing" in query:
            return Evidence(query, search_s=0.004)
        text = (
            "The ferry to Orkney leaves Scrabster at 8:45. Bring the printed ticket, the machine was broken last time."
        )
        passage = Passage(
            1, 1, 1, 1, "/home/ada/Trip notes/day-3.md", "Day 3", "Orkney › Getting there", 2, 120, 230, text, 0.9
        )
        return Evidence(query, (passage,), (Quote(1, 120, 165, text[:45], 0.9, 2),), found=True, search_s=0.012)

    def check(self, answer: str, evidence: Evidence) -> tuple[CheckedSentence, ...]:
        return ()

    def read_source(self, file_id: int, start: int, end: int) -> Source:
        entry = next((found for found in self._files if found.id == file_id), None)
        if entry is None:
            raise DocumentError("This file is not there any more.", "It was removed.", "Search again.")
        return Source(entry.path, Path(entry.path).name, "", None, None, "x" * 400, 0, start, end, False)

    def _change(self, info: CollectionInfo) -> CollectionInfo:
        self._infos[info.id] = info
        self._publish(CollectionsChanged(tuple(self.collections())))
        return info
