"""From the hub library's values to ours. Believes no type: what the hub sends comes from its users."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.models.hub.files import RemoteFile
from app.models.hub.values import Gated, HubModel

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

_MAX_TAGS, _MAX_TEXT = 100, 200
_MAX_COUNT = 2**62
_REPO_ID = re.compile(r"(?:[\w.-]{1,100}/)?[\w.-]{1,100}")


def is_named(info: ModelInfo) -> bool:
    """Whether its name can be one: it becomes a part of addresses and of paths."""
    return _REPO_ID.fullmatch(info.id) is not None and not {".", ".."} & set(info.id.split("/"))


def model_of(info: ModelInfo) -> HubModel:
    """A repository as a list or its own page tells it."""
    author, _, name = info.id.rpartition("/")
    gguf: Mapping[str, Any] = info.gguf if isinstance(info.gguf, Mapping) else {}
    listed: object = info.tags
    tags = tuple(_text(tag) for tag in listed[:_MAX_TAGS] if isinstance(tag, str)) if isinstance(listed, list) else ()
    return HubModel(
        repo_id=info.id,
        author=author,
        name=name,
        parameters=_count(gguf.get("total")),
        architecture=_text(gguf.get("architecture")),
        n_ctx_train=_count(gguf.get("context_length")),
        license=_license(info, tags),
        downloads=_count(info.downloads),
        likes=_count(info.likes),
        updated_at=info.last_modified if isinstance(info.last_modified, datetime) else None,
        gated=_gated(info.gated),
        private=bool(info.private),
        tags=tags,
    )


def files_of(info: ModelInfo) -> list[RemoteFile]:
    """Its files with sizes and hashes, as far as they were asked for; each path once."""
    files = (
        RemoteFile(
            file.rfilename,
            _count(file.lfs.size if file.lfs is not None else file.size),
            _sha256(file.lfs.sha256) if file.lfs is not None else "",
        )
        for file in info.siblings or ()
        if _safe(file.rfilename)
    )
    return list({file.path: file for file in files}.values())


def _safe(path: object) -> bool:
    """A path within a repository, not one that leads out of the folder that it is put into."""
    if not isinstance(path, str) or not path.isprintable() or "\\" in path or ":" in path:
        return False
    return all(part not in ("", ".", "..") for part in path.split("/"))


def _license(info: ModelInfo, tags: tuple[str, ...]) -> str:
    tagged = next((tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), "")
    if tagged not in ("", "other"):
        return tagged
    named: object = info.card_data.get("license_name") if info.card_data is not None else ""
    return _text(named) or tagged


def _gated(value: object) -> Gated:
    return "manual" if value == "manual" else "auto" if value else ""


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MAX_COUNT else 0


def _text(value: object) -> str:
    return " ".join(value.split())[:_MAX_TEXT] if isinstance(value, str) else ""


def _sha256(value: object) -> str:
    text = value.lower() if isinstance(value, str) else ""
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else ""
