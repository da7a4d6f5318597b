"""From the hub's JSON to our values. Believes nothing: what the hub sends comes from its users.

A field of another shape than expected counts as not said, so that one odd repository does not spoil a whole page. The
library's ``ModelInfo`` is not used for that reason: it raises at the first odd date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.models.hub.files import RemoteFile
from app.models.hub.values import Gated, HubModel

_MAX_TAGS, _MAX_TEXT = 100, 200
_MAX_COUNT = 2**62
_REPO_ID = re.compile(r"(?:[\w.-]{1,100}/)?[\w.-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_YEARS = range(1990, 3000)
"""Of a date that may be one: others overflow where a time zone is added."""

Json = Mapping[str, Any]


def models_of(listed: object) -> tuple[HubModel, ...]:
    """The repositories of a list, without those that have no usable name. Errors: ValueError when it is no list."""
    if not isinstance(listed, list):
        raise ValueError("no list of models")
    named = [item for item in listed if is_named(item)]
    if listed and not named:
        raise ValueError("a list of something else than models")
    return tuple(model_of(item) for item in named)


def is_named(item: object) -> bool:
    """Whether it is a repository whose name can be one: it becomes a part of addresses and of paths."""
    name = item.get("id") if isinstance(item, Mapping) else None
    return isinstance(name, str) and _REPO_ID.fullmatch(name) is not None and not {".", ".."} & set(name.split("/"))


def model_of(item: Json) -> HubModel:
    """A repository (:func:`is_named`) as a list or its own page tells it."""
    repo_id: str = item["id"]
    author, _, name = repo_id.rpartition("/")
    gguf, listed = _table(item.get("gguf")), item.get("tags")
    tags = tuple(_text(tag) for tag in listed[:_MAX_TAGS] if isinstance(tag, str)) if isinstance(listed, list) else ()
    return HubModel(
        repo_id=repo_id,
        author=author,
        name=name,
        parameters=_count(gguf.get("total")),
        architecture=_text(gguf.get("architecture")),
        n_ctx_train=_count(gguf.get("context_length")),
        license=_license(item, tags),
        downloads=_count(item.get("downloads")),
        likes=_count(item.get("likes")),
        updated_at=_time(item.get("lastModified")),
        gated=_gated(item.get("gated")),
        private=item.get("private") is True,
        tags=tags,
    )


def commit_of(item: Json) -> str:
    """The commit that a repository's own page speaks of. Errors: ValueError when it names none."""
    commit = item.get("sha")
    if not isinstance(commit, str) or _COMMIT.fullmatch(commit) is None:
        raise ValueError("no commit")
    return commit


def files_of(item: Json) -> list[RemoteFile]:
    """Its files with sizes and hashes, as far as they were asked for; each path once."""
    listed = item.get("siblings")
    files = [_file(each) for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return list({file.path: file for file in files if _safe(file.path)}.values())


def _file(item: Json) -> RemoteFile:
    path, lfs = item.get("rfilename"), _table(item.get("lfs"))
    return RemoteFile(
        path if isinstance(path, str) else "",
        _count(lfs.get("size")) or _count(item.get("size")),
        _sha256(lfs.get("sha256")),
    )


def _safe(path: str) -> bool:
    """A path within a repository, not one that leads out of the folder that it is put into."""
    if not path.isprintable() or "\\" in path or ":" in path:
        return False
    return all(part not in ("", ".", "..") for part in path.split("/"))


def _license(item: Json, tags: tuple[str, ...]) -> str:
    tagged = next((tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), "")
    if tagged not in ("", "other"):
        return tagged
    return _text(_table(item.get("cardData")).get("license_name")) or tagged


def _gated(value: object) -> Gated:
    return "manual" if value == "manual" else "auto" if value else ""


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if time is None or time.year not in _YEARS:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MAX_COUNT else 0


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    shown = "".join(sign if sign.isprintable() else " " for sign in value[: 4 * _MAX_TEXT])
    return " ".join(shown.split())[:_MAX_TEXT]


def _table(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _sha256(value: object) -> str:
    text = value.lower() if isinstance(value, str) else ""
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else ""
