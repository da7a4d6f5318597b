"""What other programs on this machine have: all of them asked, by reading only."""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.models.places import gpt4all, hub_cache, jan, lm_studio, ollama
from app.models.places.search import Search
from app.models.places.user_folders import UserFolders
from app.models.places.values import PlaceReport, Program

log = logging.getLogger(__name__)

_LOOK: tuple[tuple[Program, Callable[[UserFolders, Search], list[PlaceReport]]], ...] = (
    ("Ollama", ollama.look),
    ("LM Studio", lm_studio.look),
    ("Hugging Face cache", hub_cache.look),
    ("GPT4All", gpt4all.look),
    ("Jan", jan.look),
)


def find_places(folders: UserFolders, search: Search | None = None) -> tuple[PlaceReport, ...]:
    """A report for each folder that is there, or that a program's settings name although it is not.

    Errors: :class:`Cancelled`.
    """
    search = search or Search()
    reports: list[PlaceReport] = []
    for program, look in _LOOK:
        search.begin(program)
        try:
            reports += look(folders, search)
        except OSError as error:
            log.warning("%s's folders could not be looked at", program, exc_info=True)
            problem = f"The folders of {program} cannot be read: {error.strerror or error}."
            reports.append(PlaceReport(program, "", problems=(problem,)))
    return tuple(reports)
