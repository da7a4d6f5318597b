"""What LoRA adapters add to a model's size. Their headers are read once, as long as the files do not change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.inference.protocol import AdapterUse, LoadSettings
from app.models.gguf import Header
from app.models.lora import read_adapter
from app.models.sizing import GpuShare, adapter_weights, place
from app.services.headers import HeaderShelf


class AdapterSizes:
    """Safe from any thread. Errors of all methods: :class:`ModelError` when an adapter's file cannot be read."""

    def __init__(self) -> None:
        self._headers = HeaderShelf(read_adapter)

    def headers(self, adapters: Sequence[AdapterUse]) -> list[Header]:
        """Their headers, in order."""
        return [self._headers.read(Path(adapter.path))[0] for adapter in adapters]

    def by_device(self, base: Header, settings: LoadSettings, gpus: Sequence[GpuShare]) -> dict[str, int]:
        """Bytes of weights that they take on each device. ``gpus``: those that ``base`` is spread over."""
        found: dict[str, int] = {}
        placement = place(base, gpus, settings.n_gpu_layers)
        for header in self.headers(settings.adapters):
            for device, size in adapter_weights(header, placement).items():
                found[device] = found.get(device, 0) + size
        return found

    def named_by_content(self, settings: LoadSettings) -> LoadSettings:
        """The same settings with a key of each adapter's header in place of its path, and of its scale only whether it
        is used: what a layout depends on."""
        named = tuple(
            AdapterUse(self._headers.key(Path(use.path)), 1.0 if use.scale else 0.0) for use in settings.adapters
        )
        return msgspec.structs.replace(settings, adapters=named)
