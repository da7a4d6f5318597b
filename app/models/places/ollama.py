"""Ollama's models: manifests by name, which list blobs by hash.

``manifests/<host>/<namespace>/<model>/<tag>`` is JSON; its layer of the type ``…image.model`` is the GGUF file
``blobs/sha256-<hash>``. Several tags often share one blob
(https://github.com/ollama/ollama/blob/main/server/internal/manifest/manifest.go).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from app.models.places.folder_scan import Scan, is_there, size_of, trouble
from app.models.places.search import Search
from app.models.places.user_folders import UserFolders
from app.models.places.values import FoundKind, FoundModel, PlaceReport

_TYPE = re.compile(r"application/vnd\.ollama\.image\.(\w+)")
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
_KINDS: Mapping[str, FoundKind] = {"model": "model", "adapter": "adapter", "projector": "projector"}


def look(folders: UserFolders, search: Search) -> list[PlaceReport]:
    """What Ollama has, in each folder where it keeps models on this system."""
    chosen = folders.variable("OLLAMA_MODELS")
    usual = [folders.home / ".ollama" / "models"]
    if folders.system == "linux":  # its service runs as a user of its own
        usual += [folders.root / place / ".ollama" / "models" for place in ("usr/share/ollama", "var/lib/ollama")]
    reports = [_scan(folder, search) for folder in usual if folder != chosen and is_there(folder)]
    if chosen is not None:
        reports.insert(0, _scan(chosen, search))
    return reports


def _scan(folder: Path, search: Search) -> PlaceReport:
    scan = Scan("Ollama", folder, search)
    manifests = folder / "manifests"
    if not is_there(folder):
        scan.problems.append(f"The folder {folder} is not there, although OLLAMA_MODELS names it.")
    found: dict[str, FoundModel] = {}
    for path in scan.files(manifests):
        manifest = scan.json(path)
        if manifest is None:
            continue
        for model in _of_manifest(scan, manifest, _name(path.relative_to(manifests)), folder / "blobs"):
            known = found.get(model.path)
            if known is None:
                found[model.path] = model
            elif model.name != known.name:
                adapters = tuple(dict.fromkeys((*known.adapters, *model.adapters)))
                found[model.path] = replace(known, other_names=(*known.other_names, model.name), adapters=adapters)
    scan.found = list(found.values())
    return scan.report()


def _of_manifest(scan: Scan, manifest: Mapping[str, Any], name: str, blobs: Path) -> list[FoundModel]:
    """The files of one tag: the model, its adapters, its projector."""
    layers = manifest.get("layers")
    found: list[FoundModel] = []
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict):
            continue
        media = _TYPE.match(str(layer.get("mediaType")))
        kind = _KINDS.get(media[1]) if media else None
        digest = _DIGEST.fullmatch(str(layer.get("digest")))
        if kind is not None and digest is None:
            scan.problems.append(f"The manifest of {name} is damaged: a layer has no hash.")
        elif kind is not None and digest is not None:
            found.append(_blob(scan, kind, name, digest[1], layer.get("size"), blobs))
    if not any(each.kind == "model" for each in found):
        scan.problems.append(f"{name} has no model file here that llama.cpp could read.")
    adapters = tuple(each.path for each in found if each.kind == "adapter")
    return [replace(each, adapters=adapters) if each.kind == "model" else each for each in found]


def _blob(scan: Scan, kind: FoundKind, name: str, digest: str, size: object, blobs: Path) -> FoundModel:
    path = blobs / f"sha256-{digest}"
    old = blobs / f"sha256:{digest}"
    if not is_there(path) and is_there(old):  # as early versions named them
        path = old
    there = size_of(path)
    problem = trouble(path)
    if not problem and isinstance(size, int) and size != there:
        problem = f"The file is incomplete: {there:,} of {size:,} bytes are there."
    elif problem:
        problem = f"The file that Ollama names for it cannot be used. {problem}"
    stated = size if isinstance(size, int) and size >= 0 else 0
    return FoundModel(str(path), name, scan.program, there or stated, kind=kind, sha256=digest, problem=problem)


def _name(path: PurePath) -> str:
    """As ``ollama list`` shows it: without the usual host and namespace."""
    *where, tag = path.parts
    if where[:1] == ["registry.ollama.ai"]:
        where = where[1:]
        if where[:1] == ["library"]:
            where = where[1:]
    return f"{'/'.join(where)}:{tag}" if where else tag
