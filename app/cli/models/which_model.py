"""Which model, adapter or file a word of the command line means."""

from __future__ import annotations

from pathlib import Path

from app.core.errors import ModelError
from app.models.adapter import Adapter
from app.models.model import LibraryModel
from app.models.titles import readable
from app.services.compose import Services

_GGUF = ".gguf"


def find_model(services: Services, wanted: str) -> LibraryModel:
    """A model by its number or (the beginning of) its name. Errors: ModelError when none or several match."""
    models, typed = services.models.models(), wanted.casefold()
    for match in (
        [m for m in models if wanted == str(m.id) or typed == m.title.casefold()],
        [m for m in models if typed in (m.plain_name.casefold(), m.summary.name.casefold())],
        [m for m in models if m.title.casefold().startswith((typed, readable(typed)))],
    ):
        if len(match) == 1:
            return match[0]
        if match:
            names = ", ".join(f"{model.id} ({model.title})" for model in match)
            raise ModelError(f"More than one model is called “{wanted}”.", f"These are: {names}.", "Give its number.")
    raise ModelError(f"There is no model “{wanted}”.", "", "See “satchel models list” for those there are.")


def model_or_file(services: Services, wanted: str) -> int | Path:
    """A file that is there, else a model of the library by its number or name. Errors: as :func:`find_model`."""
    path = given_path(wanted)
    if path.is_file():
        return path
    if wanted.lower().endswith(_GGUF):
        raise ModelError(f"There is no file {path}.", "", "Check its name.")
    return find_model(services, wanted).id


def find_adapter(services: Services, wanted: str) -> Adapter | None:
    """An adapter of the library by its number, its name or its file; None when there is none."""
    path, typed = str(given_path(wanted)), wanted.casefold()
    for adapter in services.models.adapters.all():
        if wanted == str(adapter.id) or typed == adapter.summary.name.casefold() or path == adapter.path:
            return adapter
    return None


def given_path(typed: str) -> Path:
    """A path as it was typed, from the current folder."""
    return Path(typed).expanduser().absolute()
