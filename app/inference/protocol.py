"""What the window and the inference worker may say to each other.

Requests and replies are tagged msgspec structs. Change one, and raise ``VERSION``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from app.chat.transcript import ChatMessage, RunFigures
from app.core.child import Protocol
from app.hardware.machine import Accelerator
from app.models.kv_type import KvType as KvType

VERSION = 3

StopReason = Literal["end", "length", "context", "cancelled"]


class AdapterUse(msgspec.Struct, frozen=True):
    """A LoRA adapter's file and how strongly it works: 1 as it was trained, 0 not at all."""

    path: str
    scale: float = 1.0


class LoadSettings(msgspec.Struct, frozen=True):
    """How a model is loaded. ``n_ctx`` in tokens; ``n_threads`` 0: measured here.

    ``n_gpu_layers`` -1: all; k: the output layer and the last k - 1 blocks. ``main_gpu``: the only GPU to use; -1: all,
    filled in proportion to ``tensor_split``, or to their free memory where that is empty. A cache of another type than
    F16 needs ``flash_attention``.
    """

    n_ctx: int = 4096
    kv_type: KvType = "f16"
    n_gpu_layers: int = -1
    n_threads: int = 0
    n_batch: int = 512
    tensor_split: tuple[float, ...] = ()
    main_gpu: int = -1
    flash_attention: bool = True
    adapters: tuple[AdapterUse, ...] = ()


class Sampling(msgspec.Struct, frozen=True):
    """llama.cpp's sampler chain: top-k, top-p, min-p, temperature, then a draw. ``temperature`` 0: greedy."""

    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    repeat_penalty: float = 1.05
    repeat_last_n: int = 64
    seed: int | None = None


# -- requests ---------------------------------------------------------------------------------------------------------


class DescribeBackend(msgspec.Struct, tag=True, frozen=True):
    """What can this llama.cpp build use? Answer: :class:`Backend`."""


class Load(msgspec.Struct, tag=True, frozen=True):
    """Load a model instead of the one that is loaded. Items: :class:`LoadProgress`. Answer: :class:`Loaded`."""

    path: str
    settings: LoadSettings = LoadSettings()
    threads_known: dict[str, int] = {}
    """Thread counts measured before, from :attr:`Loaded.threads_measured`; empty: measure. What was measured while the
    machine was busy is measured again once it is idle."""


class Unload(msgspec.Struct, tag=True, frozen=True):
    """Free the model. Answer: :class:`Unloaded`."""


class UseAdapters(msgspec.Struct, tag=True, frozen=True):
    """Use exactly these adapters with the loaded model from now on. Answer: :class:`AdaptersUsed`."""

    adapters: tuple[AdapterUse, ...] = ()


class CountTokens(msgspec.Struct, tag=True, frozen=True):
    """How many tokens the template makes of each message alone. Answer: :class:`TokenCounts`."""

    messages: list[ChatMessage]


class Generate(msgspec.Struct, tag=True, frozen=True):
    """Answer a conversation. Items: :class:`PromptProgress`, :class:`Text`. Answer: :class:`Generated`.

    The longest prefix shared with the previous call stays in the KV cache and is not computed again.
    A prompt that does not fit ``n_ctx`` raises ModelError; nothing is cut here.
    """

    messages: list[ChatMessage]
    sampling: Sampling = Sampling()
    max_tokens: int = 1024


Request = DescribeBackend | Load | Unload | UseAdapters | CountTokens | Generate

# -- replies ----------------------------------------------------------------------------------------------------------


class Backend(msgspec.Struct, tag=True, frozen=True):
    """This build of llama.cpp: whether it can use a GPU, the devices it sees, and its CPU features.

    ``accelerators``: the GPUs among the devices, with their memory at the moment of the answer.
    """

    version: str
    supports_gpu_offload: bool
    devices: list[str]
    system_info: str
    accelerators: tuple[Accelerator, ...] = ()


class LoadProgress(msgspec.Struct, tag=True, frozen=True):
    """``fraction`` 0.0 to 1.0 of the phase ("weights", "threads", "warm-up")."""

    fraction: float
    phase: str


class BufferUse(msgspec.Struct, frozen=True):
    """What llama.cpp keeps in buffers of one type ("CPU", "CPU_REPACK", "CUDA0", "CUDA_Host"), in bytes.

    ``device``: whose memory that is; "CPU" for all kinds of main memory.
    """

    buffer_type: str
    device: str
    weights_bytes: int
    kv_bytes: int
    compute_bytes: int


class MemoryUse(msgspec.Struct, frozen=True):
    """What a loaded model takes, in bytes, as llama.cpp reports it; ``resident_bytes`` is the whole worker's.

    ``buffers`` has the sums by buffer type, to the byte; it is empty where only llama.cpp's log could be read, whose
    figures are rounded to 0.01 MiB. ``peak_bytes``: the most the worker has had since this load began.
    """

    weights_bytes: int
    kv_bytes: int
    compute_bytes: int
    output_bytes: int
    resident_bytes: int
    buffers: tuple[BufferUse, ...] = ()
    peak_bytes: int = 0


class Loaded(msgspec.Struct, tag=True, frozen=True):
    """The loaded model."""

    path: str
    name: str
    architecture: str
    n_ctx: int
    n_ctx_train: int
    n_vocab: int
    n_params: int
    n_threads: int
    n_gpu_layers: int
    has_chat_template: bool
    memory: MemoryUse
    load_s: float
    threads_measured: dict[str, int] = {}
    """For :attr:`Load.threads_known`; empty when nothing was measured in this load."""


class Unloaded(msgspec.Struct, tag=True, frozen=True):
    """Nothing is loaded now."""


class AdaptersUsed(msgspec.Struct, tag=True, frozen=True):
    """The adapters are in use."""


class TokenCounts(msgspec.Struct, tag=True, frozen=True):
    """Tokens per message, in order, and those of the empty frame around them (BOS, generation prompt)."""

    counts: list[int]
    frame: int
    n_ctx: int


class PromptProgress(msgspec.Struct, tag=True, frozen=True):
    """Prompt tokens computed so far, of those that had to be computed."""

    done: int
    total: int


class Text(msgspec.Struct, tag=True, frozen=True):
    """More of the reply; always whole characters."""

    text: str


class Generated(msgspec.Struct, tag=True, frozen=True):
    """The reply is complete. ``text`` is all of it; cancelled replies end here too, with what there was."""

    text: str
    stop_reason: StopReason
    figures: RunFigures


Reply = Backend | LoadProgress | Loaded | Unloaded | AdaptersUsed | TokenCounts | PromptProgress | Text | Generated

PROTOCOL: Protocol[Request, Reply] = Protocol("inference", VERSION, Request, Reply, "model's process")
