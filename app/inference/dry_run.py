"""A quantization that does not exist yet: the type that llama.cpp would give each tensor.

llama.cpp decides tensor by tensor (rows that a type's block does not divide fall back to another type, the output layer
and some of the attention get more bits), so it is asked: a dry run reads the header only, writes nothing, and logs::

    [   3/ 272] blk.0.attn_q.weight - [ 576,  576,  1,  1], type = q8_0, size = 0.34 MiB -> 0.22 MiB (q5_0)
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.core.errors import ModelError
from app.models.ggml_types import FILE_TYPES
from app.models.native import ERROR, WARNING, LogLine, captured_log
from app.models.summary import read_summary

_CHANGED = re.compile(r"^\s*\[\s*\d+/\s*\d+\]\s+(\S+)\s.*->\s*[\d.]+ MiB \((\w+)\)")


def tensor_types(llama: Any, path: Path, file_type: str) -> dict[str, str]:
    """ggml's type names, in capitals, of the tensors that would change; in this process.

    ``file_type``: as in :data:`FILE_TYPES` ("Q4_K_M"). A quantized file is taken as it is: only sizes are asked.
    Errors: :class:`ModelError`, also for types that need an importance matrix.
    """
    read_summary(path)
    number = next((number for number, name in FILE_TYPES.items() if name == file_type), None)
    if number is None:
        raise ModelError(f"There is no quantization called {file_type}.", "", "Choose another one, such as Q4_K_M.")
    params = llama.llama_model_quantize_default_params()
    params.ftype = number
    params.dry_run = True
    params.allow_requantize = True
    params.nthread = 1
    with captured_log() as lines:
        # The output is not opened in a dry run; a place that cannot be written to makes sure of it.
        result = llama.llama_model_quantize(os.fsencode(path), os.fsencode(path / "nothing"), ctypes.byref(params))
    if result != 0:
        raise _error(path, file_type, lines)
    return {found[1]: found[2].upper() for line in lines if (found := _CHANGED.match(line.text))}


def _error(path: Path, file_type: str, lines: Sequence[LogLine]) -> ModelError:
    reasons = [line.text.strip() for line in lines if line.level >= ERROR] or [
        line.text.strip() for line in lines if line.level >= WARNING
    ]
    return ModelError(
        f"“{path.name}” cannot be sized as {file_type}.",
        f"llama.cpp says: {reasons[-1].rstrip('.')}." if reasons else "llama.cpp gave no reason.",
        "Choose another quantization.",
    )
