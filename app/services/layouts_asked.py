"""llama.cpp's own layouts of model files: asked once for each choice, with the adapters that go with it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

from app.core.errors import DoesNotFit, WorkerError
from app.inference.client import InferenceClient
from app.inference.protocol import LoadSettings
from app.models.model import ModelSummary
from app.models.native import llama_cpp_version
from app.models.plan import Room
from app.models.sizing import GpuShare, Layout
from app.services.adapter_sizes import AdapterSizes
from app.services.headers import HeaderShelf
from app.services.layouts import LayoutShelf, layout_of, with_weights
from app.services.measured_loads import settings_text

log = logging.getLogger(__name__)


class LayoutsAsked:
    """Safe from any thread. ``machine``: from :func:`app.hardware.read.machine_key`; ``room``: what is free on every
    device, where llama.cpp is known to use a GPU, else None. Errors of all methods: :class:`ModelError`."""

    def __init__(
        self,
        inference: InferenceClient,
        headers: HeaderShelf[ModelSummary],
        adapters: AdapterSizes,
        shelf: LayoutShelf,
        machine: str,
        room: Callable[[], Room | None],
    ) -> None:
        self._inference = inference
        self._headers = headers
        self._adapters = adapters
        self._shelf = shelf
        self._machine = machine
        self._room = room

    def ask(self, path: Path, settings: LoadSettings, *, measure: bool = True) -> Layout | None:
        """The layout of a file: from memory, from the database, or (``measure``) by asking llama.cpp.

        None where it has not been asked and must not be, or cannot be.
        """
        key = self._key(path, settings)
        found = self._shelf.get(key)
        if found is None and measure:
            found = self._probe(key, path, settings)
        return self.with_adapters(found, path, settings) if found is not None else None

    def ask_made(self, path: Path, variant: str, settings: LoadSettings, make: Callable[[Path], Path]) -> Layout | None:
        """The layout of what ``make`` writes into a folder: a ``variant`` of a file that does not exist yet."""
        key = f"{self._key(path, settings)}/{variant}"
        found = self._shelf.get(key)
        if found is None:
            with tempfile.TemporaryDirectory(prefix="satchel-") as folder:
                found = self._probe(key, make(Path(folder)), settings)
        return self.with_adapters(found, path, settings) if found is not None else None

    def with_adapters(self, layout: Layout, path: Path, settings: LoadSettings) -> Layout:
        """The layout with what llama.cpp's books leave out: the adapters, each beside the layers that it changes."""
        if not settings.adapters:
            return layout
        room = self._room()
        gpus = [GpuShare(gpu.device, float(gpu.free_bytes)) for gpu in room.gpus] if room is not None else []
        header, _ = self._headers.read(path)
        return with_weights(layout, self._adapters.by_device(header, settings, gpus))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _probe(self, key: str, path: Path, settings: LoadSettings) -> Layout | None:
        try:
            memory = self._inference.probe(path, settings)
        except DoesNotFit as error:  # its fixed state is really allocated, and takes more than the probe may
            log.warning("%s was not laid out: %s", path.name, error)
            return None
        except WorkerError as error:  # no fault of the file's: the estimate has to do
            log.warning("llama.cpp could not be asked what %s takes: %s", path.name, error)
            return None
        found = layout_of(memory)
        if len(found.devices) <= 2 or settings.tensor_split:  # else it is shared out by what is free just now
            self._shelf.keep(key, found)
        return found

    def _key(self, path: Path, settings: LoadSettings) -> str:
        """All that a layout depends on."""
        room = self._room()
        gpus = ",".join(f"{gpu.device} {gpu.label}" for gpu in room.gpus) if room is not None else ""
        chosen = settings_text(self._adapters.named_by_content(settings))
        return f"{self._headers.key(path)}/{llama_cpp_version()}/{self._machine}/{gpus}/{chosen}"
