"""Folders as other programs leave them, with small models in them; and a watch that nothing of it is touched."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from app.models.places.user_folders import UserFolders
from tests.helpers import gguf_files

_MEDIA = "application/vnd.ollama.image."


def folders(root: Path, system: str = "linux", **environment: str) -> UserFolders:
    """A person's folders below ``root``, on this system."""
    home = root / "home" / "ada"
    if not home.is_dir():
        home.mkdir(parents=True)
    return UserFolders(home, environment, system, root)


def model_bytes(name: str = "Tiny", n_layers: int = 2) -> bytes:
    """A small model's file; another name is another content."""
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"satchel-place-{os.getpid()}.gguf"
    try:
        return gguf_files.llama(path, n_layers=n_layers, general__name=name).read_bytes()
    finally:
        path.unlink(missing_ok=True)


def put(path: Path, content: bytes | str) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class Ollama:
    """``models``: the folder that Ollama keeps, e.g. ``~/.ollama/models``."""

    def __init__(self, models: Path) -> None:
        self.models = models

    def blob(self, content: bytes) -> str:
        """Store a blob; returns its digest."""
        digest = hashlib.sha256(content).hexdigest()
        put(self.models / "blobs" / f"sha256-{digest}", content)
        return digest

    def tag(
        self, name: str, model: bytes, adapters: Sequence[bytes] = (), projector: bytes = b"", **layers: str
    ) -> Path:
        """``name``: "llama3.2:1b", "ada/mine:latest" or "hf.co/ada/tiny:Q4_K_M". Returns the model's blob."""
        digest = self.blob(model)
        entries = [self._layer("model", model)]
        entries += [self._layer("adapter", adapter) for adapter in adapters]
        entries += [self._layer("projector", projector)] if projector else []
        entries += [self._layer(kind, text.encode()) for kind, text in layers.items()]
        config = json.dumps({"model_format": "gguf"}).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "digest": f"sha256:{self.blob(config)}",
                "size": len(config),
            },
            "layers": entries,
        }
        put(self.manifest(name), json.dumps(manifest))
        return self.models / "blobs" / f"sha256-{digest}"

    def manifest(self, name: str) -> Path:
        """Where the manifest of a tag lies."""
        model, tag = name.rsplit(":", 1)
        parts = model.split("/")
        host = parts.pop(0) if len(parts) == 3 else "registry.ollama.ai"
        return self.models.joinpath("manifests", host, *(["library"] if len(parts) == 1 else []), *parts, tag)

    def _layer(self, kind: str, content: bytes) -> dict[str, object]:
        return {"mediaType": f"{_MEDIA}{kind}", "digest": f"sha256:{self.blob(content)}", "size": len(content)}


def hub_snapshot(cache: Path, repo_id: str, revision: str, files: Mapping[str, bytes], *, links: bool = True) -> Path:
    """A snapshot as ``huggingface_hub`` makes it, and the newest one of its repository; returns its folder."""
    repo = cache / f"models--{repo_id.replace('/', '--')}"
    put(repo / "refs" / "main", revision)
    for name, content in files.items():
        path = repo / "snapshots" / revision / name
        if links:
            blob = put(repo / "blobs" / hashlib.sha256(content).hexdigest(), content)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(os.path.relpath(blob, path.parent))
        else:
            put(path, content)
    return repo / "snapshots" / revision


def state(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below ``root``: kind, time of change, content or target. Equal before and after: nothing changed."""
    found: dict[str, tuple[int, int, bytes]] = {}
    for path in sorted(root.rglob("*")):
        entry = path.lstat()
        content = b""
        if path.is_symlink():
            content = str(path.readlink()).encode()
        elif path.is_file():
            content = path.read_bytes()
        found[str(path.relative_to(root))] = (entry.st_mode, entry.st_mtime_ns, content)
    return found


_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.utime")
_watched: list[tuple[str, list[str]]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    for root, seen in _watched:
        if event == "open":
            path, _, flags = arguments
            if str(path).startswith(root) and isinstance(flags, int) and flags & _WRITES:
                seen.append(f"open for writing: {path}")
        elif event in _CHANGES and any(str(argument).startswith(root) for argument in arguments):
            seen.append(f"{event}: {arguments}")


_hooked: list[bool] = []


@contextlib.contextmanager
def untouched(root: Path) -> Iterator[None]:
    """Fail if anything below ``root`` is opened for writing, made, moved, deleted, or another afterwards."""
    if not _hooked:
        sys.addaudithook(_hook)  # for good: Python removes none
        _hooked.append(True)
    before, seen = state(root), list[str]()
    watch = (str(root), seen)
    _watched.append(watch)
    try:
        yield
    finally:
        _watched.remove(watch)
    assert seen == [], seen
    assert state(root) == before, "a file is another now"
