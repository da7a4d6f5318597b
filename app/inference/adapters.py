"""LoRA adapters of one loaded model: read once, switched on and off with a scale."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.core.errors import ModelError
from app.inference.load_errors import load_error
from app.inference.protocol import AdapterUse
from app.models.lora import mismatch, read_adapter
from app.models.native import captured_log
from app.models.split import read_joined


class LoadedAdapters:
    """What llama.cpp has read for a model. Freed with the model; not for several threads at once."""

    def __init__(self, llama: Any, model: Any, path: Path) -> None:
        self._llama = llama
        self._model = model
        self._path = path
        self._read: dict[str, Any] = {}
        self.in_use: tuple[AdapterUse, ...] = ()

    def read(self, wanted: Sequence[AdapterUse]) -> None:
        """Read those that are not in memory yet; llama.cpp wants that done before a context is made, where it can be.

        Errors: :class:`ModelError` when a file is no adapter, or one of another model.
        """
        for use in wanted:
            if use.path in self._read:
                continue
            path = Path(use.path)
            header, summary = read_adapter(path)
            # Checked before: llama.cpp says only that a shape is wrong, and a damaged file could end the process.
            if why := mismatch(header, read_joined(self._path)):
                raise ModelError(f"{summary.name} does not belong to this model.", why, "Detach it from the model.")
            with captured_log() as lines:
                adapter = self._llama.llama_adapter_lora_init(self._model, str(path).encode())
            if not adapter:
                raise load_error(path, lines, f"The adapter “{path.name}” cannot be loaded.")
            self._read[use.path] = adapter

    def apply(self, context: Any, wanted: Sequence[AdapterUse]) -> None:
        """Use exactly these from now on; what the context has computed before is of other weights then.

        Errors: as :meth:`read`; those in use before stay.
        """
        self.read(wanted)
        used = [use for use in wanted if use.scale != 0.0]
        pointers = (self._llama.llama_adapter_lora_p_ctypes * len(used))(*(self._read[use.path] for use in used))
        scales = (ctypes.c_float * len(used))(*(use.scale for use in used))
        if self._llama.llama_set_adapters_lora(context, pointers, len(used), scales) != 0:
            raise ModelError("The adapters could not be used.", "llama.cpp refused them.", "Detach them.")
        self.in_use = tuple(wanted)
