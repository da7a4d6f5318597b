"""Which file of a repository is meant by what was typed, or is the best for this machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from app.cli.words import expected_speed
from app.core.errors import DoesNotFit, ModelError
from app.models.hub.values import HubDetails, HubFile
from app.services.compose import Services

_REPO_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
_VIEWS = ("blob", "resolve", "tree")


@dataclass(frozen=True)
class Choice:
    """A file, None where none fits, and why: sentences."""

    file: HubFile | None
    reasons: tuple[str, ...]


def parse_wanted(typed: str) -> tuple[str, str]:
    """``author/name:QUANT``, or the address of a page of the hub, as repository and quantization or file ("" if none).

    Errors: :class:`ModelError` when it is neither.
    """
    if "://" in typed:
        names = [unquote(name) for name in urlsplit(typed).path.strip("/").split("/")]
        file = "/".join(names[4:]) if len(names) > 4 and names[2] in _VIEWS else ""
        repo_id = "/".join(names[:2])
    else:
        repo_id, _, file = typed.partition(":")
    if len([name for name in repo_id.split("/") if name.strip()]) != 2 or repo_id.count("/") != 1:
        raise ModelError(
            f"“{typed}” is no repository.",
            "A repository is called like author/name.",
            "Look for it with: satchel models search QUERY",
        )
    return repo_id, file.strip()


def may_be_repository(typed: str) -> bool:
    """Whether a repository can be meant, and not a file or a name."""
    return "://" in typed or (_REPO_ID.fullmatch(typed) is not None and not typed.lower().endswith(".gguf"))


def choose_file(services: Services, details: HubDetails, wanted: str, n_ctx: int | None) -> Choice:
    """The file that is ``wanted`` (quantization, name or path), or without that the best one for this machine.

    Errors: :class:`ModelError` when there is none, or several; :class:`DoesNotFit` when none fits; those of the hub.
    """
    if wanted:
        return Choice(_named(details, wanted), ())
    models = [file for file in details.files if file.role == "model"]
    if len(models) == 1:
        return Choice(models[0], ("It is the only one in the repository.",))
    plan = services.planner.plan(details, n_ctx)
    key = plan.choice.candidate.key if plan.fits and plan.choice is not None else None
    file = next((file for file in models if file.paths[0] == key), None)
    if file is None:
        raise DoesNotFit(
            f"None of the files of {details.model.repo_id} fits this machine.",
            " ".join(plan.reasons),
            " ".join(plan.changes) or "Choose a smaller model.",
        )
    expected = expected_speed(plan.tokens_per_s)
    return Choice(file, (*plan.reasons, expected) if expected else plan.reasons)


def _named(details: HubDetails, wanted: str) -> HubFile:
    typed = wanted.casefold()
    files = [file for file in details.files if file.role != "other"]
    models = [file for file in files if file.role == "model"]
    for match in (
        [file for file in files if typed in _names(file)],
        [file for file in models if typed == file.quantization.casefold()],
    ):
        if len(match) == 1:
            return match[0]
        if match:
            raise ModelError(
                f"More than one file of {details.model.repo_id} is “{wanted}”.",
                f"These are: {_listed([file.name for file in match])}.",
                f"Give the whole name: satchel models get {details.model.repo_id}:{match[0].name}",
            )
    there = _listed([file.quantization or file.name for file in models])
    raise ModelError(
        f"There is no “{wanted}” in {details.model.repo_id}.",
        f"There are: {there}." if models else "It has no GGUF file with weights.",
        "Choose one of these, or leave it out for the best one for this machine." if models else "Choose another.",
    )


def _names(file: HubFile) -> set[str]:
    names = {file.name, *file.paths, *(PurePosixPath(path).name for path in file.paths)}
    return {name.casefold() for name in names} | {name.casefold().removesuffix(".gguf") for name in names}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))
