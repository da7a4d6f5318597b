"""Which file of a model to load on this machine, and how (:mod:`app.models.planner`), for what is here and what is on
the hub."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

import msgspec

from app.core.errors import ModelError, NetworkError, WorkerError
from app.hardware.machine import Accelerator, Machine
from app.inference.protocol import AdapterUse, Backend, Loaded, LoadSettings
from app.models.candidates import Source, candidate_of, closed_forms
from app.models.gguf import Header
from app.models.gguf_reader import read_header
from app.models.hub.values import HubDetails, HubFile
from app.models.kv_type import KV_TYPES, KvType
from app.models.model import LibraryModel, ModelSummary
from app.models.plan import ALL_LAYERS, Candidate, Plan, Room, Wishes
from app.models.planning import make_plan
from app.models.quality import quality_loss
from app.models.room import make_room
from app.models.sizing import HOST, Layout
from app.services.library.adapters import adapters_here
from app.services.memory_speed import MemorySpeed

log = logging.getLogger(__name__)

_FRESH_S = 1.0
"""A reading of the GPUs for verdicts is good for so long; the driver takes some milliseconds for each."""

_TYPICAL_LOSS = quality_loss("Q4_K_M", 0.0)


class Sizer(Protocol):
    """What a plan asks of :class:`app.services.model_sizer.ModelSizer`."""

    def read(self, path: Path) -> tuple[Header, ModelSummary]:
        """The header of a file and what it says."""

    def layout(self, path: Path, settings: LoadSettings) -> Layout | None:
        """llama.cpp's own layout, None where it cannot be asked."""

    def quantized(self, path: Path, file_type: str) -> Header:
        """The header as it would be after quantization."""

    def quantized_layout(self, path: Path, file_type: str, settings: LoadSettings) -> Layout | None:
        """llama.cpp's layout of that."""


class Here(Protocol):
    """What a plan asks of :class:`app.services.this_machine.ThisMachine`."""

    @property
    def read(self) -> Callable[[], Machine]:
        """Says what this machine has now."""

    def backend(self) -> Backend:
        """What this llama.cpp can use."""


class Models(Protocol):
    """What a plan asks of :class:`app.services.model_library.ModelLibrary`."""

    @property
    def machine(self) -> Here:
        """Where it would run."""

    def models(self) -> Sequence[LibraryModel]:
        """All models."""

    def threads_known(self, model_id: int | None = None) -> int:
        """How many threads a model is known to generate with here; 0: a load would find out."""


@dataclass(frozen=True)
class _File:
    """A candidate and how llama.cpp can be asked about it."""

    source: Source
    ask: Callable[[LoadSettings], Layout | None]


class ModelPlanner:
    """Safe from any thread; calls block for up to a few seconds.

    ``loaded``: the model that would be replaced. ``header_path``: fetches the header of a hub's file, unless it was
    before, and says where it is kept.
    """

    def __init__(
        self,
        models: Models,
        sizer: Sizer,
        speed: MemorySpeed,
        loaded: Callable[[], Loaded | None],
        header_path: Callable[[HubFile], Path],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._models = models
        self._sizer = sizer
        self._speed = speed
        self._loaded = loaded
        self._header_path = header_path
        self._clock = clock
        self._known_accelerators: tuple[Accelerator, ...] = ()
        self._gpu_room: tuple[float, Room | None] = (float("-inf"), None)

    def plan(
        self,
        model: int | Path | HubDetails,
        n_ctx: int | None = None,
        *,
        quantizations: Sequence[str] = (),
        kv_types: Sequence[KvType] = KV_TYPES,
    ) -> Plan:
        """The best way to load a model of the library (its id), a file, or the best file of a repository.

        ``n_ctx``: the tokens wished for; None: as many as are useful. ``quantizations``: of a model that is here, those
        that could be made of it ("Q4_K_M") are considered, too; a candidate's ``key`` then is ``quantize:`` and the
        type. Errors: :class:`ModelError`; for repositories also those of the hub.
        """
        if isinstance(model, HubDetails):
            files = self._of_hub(model)
        else:
            path, adapters = self._path_and_adapters(model)
            files = self._here(path, adapters, quantizations, model if isinstance(model, int) else None)
        room = self.room()
        sources = {candidate: file.source for candidate, file in files.items()}

        def exact(candidate: Candidate, n_ctx: int, kv_type: KvType, n_gpu_layers: int) -> Layout | None:
            # Without a GPU all counts mean the same, and what was asked for a verdict is known.
            layers = n_gpu_layers if room.gpus else ALL_LAYERS
            try:
                return files[candidate].ask(LoadSettings(n_ctx=n_ctx, kv_type=kv_type, n_gpu_layers=layers))
            except (WorkerError, NetworkError) as error:  # no fault of the file's: the formulas have to do
                log.warning("llama.cpp could not be asked what %s takes: %s", candidate.name, error)
                return None

        ratio = cache(self._speed.ratio)  # asked for each setting; the same all the way, whatever replies teach
        return make_plan(
            list(files),
            room,
            closed_forms(sources, room),
            Wishes(n_ctx, kv_types=tuple(kv_types)),
            exact=exact,
            speed_ratio=lambda candidate: ratio(candidate.quantization),
        )

    def room(self) -> Room:
        """What a model could fill now, in place of the loaded one."""
        machine = self._models.machine.read()
        return make_room(machine, self._accelerators(), self._replaced(), self._speed.readers(machine))

    def gpu_room(self) -> Room | None:
        """The same for a verdict; None where no GPU is known of that llama.cpp can use.

        Cheap on a machine without one: llama.cpp's process is not started to find out unless NVIDIA's driver knows a
        GPU, and other makers' GPUs are known from the first plan on. A list of many gets one reading.
        """
        asked_at, room = self._gpu_room
        now = self._clock()
        if now - asked_at > _FRESH_S:
            room = self._read_gpu_room()
            self._gpu_room = (now, room)
        return room

    # -- inside -----------------------------------------------------------------------------------------------------

    def _read_gpu_room(self) -> Room | None:
        machine = self._models.machine.read()
        if not machine.gpus and not self._known_accelerators:
            return None
        accelerators = self._accelerators()
        return make_room(machine, accelerators, self._replaced()) if accelerators else None

    def _accelerators(self) -> tuple[Accelerator, ...]:
        backend = self._models.machine.backend()
        self._known_accelerators = backend.accelerators if backend.supports_gpu_offload else ()
        return self._known_accelerators

    def _replaced(self) -> dict[str, int]:
        loaded = self._loaded()
        if loaded is None:
            return {}
        given_back = {HOST: loaded.memory.resident_bytes}
        for buffer in loaded.memory.buffers:
            if buffer.device != HOST:
                size = buffer.weights_bytes + buffer.kv_bytes + buffer.compute_bytes
                given_back[buffer.device] = given_back.get(buffer.device, 0) + size
        return given_back

    def _path_and_adapters(self, model: int | Path) -> tuple[Path, tuple[AdapterUse, ...]]:
        if isinstance(model, Path):
            return model, ()
        found = next((each for each in self._models.models() if each.id == model), None)
        if found is None:
            raise ModelError("This model is not in the library any more.", "It was removed.", "Choose another one.")
        return Path(found.path), adapters_here(found)

    def _here(
        self, path: Path, adapters: tuple[AdapterUse, ...], quantizations: Sequence[str], model_id: int | None
    ) -> dict[Candidate, _File]:
        header, summary = self._sizer.read(path)
        adapter_headers = tuple(read_header(Path(adapter.path)) for adapter in adapters)

        def with_adapters(ask: Callable[[LoadSettings], Layout | None]) -> Callable[[LoadSettings], Layout | None]:
            return lambda settings: ask(msgspec.structs.replace(settings, adapters=adapters))

        own = Source(header, adapters=adapter_headers)
        files = {
            candidate_of(
                own, summary.quantization, summary.quantization, str(path), self._models.threads_known(model_id)
            ): _File(own, with_adapters(lambda settings: self._sizer.layout(path, settings)))
        }
        for file_type in quantizations:
            try:
                made = Source(self._sizer.quantized(path, file_type), adapters=adapter_headers)
            except WorkerError as error:
                log.warning("%s cannot be considered as %s: %s", path.name, file_type, error)
                continue
            candidate = candidate_of(made, file_type, file_type, f"quantize:{file_type}", self._models.threads_known())
            if candidate.bits_per_weight < header.bits_per_weight:  # what was lost does not come back
                files[candidate] = _File(made, with_adapters(self._asks_quantized(path, file_type)))
        return files

    def _asks_quantized(self, path: Path, file_type: str) -> Callable[[LoadSettings], Layout | None]:
        return lambda settings: self._sizer.quantized_layout(path, file_type, settings)

    def _of_hub(self, details: HubDetails) -> dict[Candidate, _File]:
        """All model files of a repository, from the header of one of them: the others differ in their weights only."""
        files = [file for file in details.files if file.role == "model" and file.size_bytes > 0]
        if not files:
            raise ModelError(
                f"There is no model to choose in {details.model.repo_id}.",
                "It has no GGUF file with weights.",
                "Choose another repository, often one with GGUF in its name.",
            )
        typical = min(files, key=_distance_from_typical)
        header, _ = self._sizer.read(self._header_path(typical))
        beside_weights = typical.size_bytes - header.weights_bytes
        found = {}
        for file in files:
            source = Source(header, max(1, file.size_bytes - beside_weights) / max(1, header.weights_bytes))
            threads = self._models.threads_known()
            candidate = candidate_of(source, file.name, file.quantization, file.paths[0], threads)
            found[replace(candidate, name=file.quantization or file.name)] = _File(source, self._asks_hub(file))
        return found

    def _asks_hub(self, file: HubFile) -> Callable[[LoadSettings], Layout | None]:
        return lambda settings: self._sizer.layout(self._header_path(file), settings)


def _distance_from_typical(file: HubFile) -> tuple[int, float, str]:
    """The likeliest choice: its header then serves for llama.cpp's layout, too."""
    return len(file.paths), abs(quality_loss(file.quantization, 0.0) - _TYPICAL_LOSS), file.name
