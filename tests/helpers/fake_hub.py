"""A hub and a download queue in memory, with the real services' methods and events: for the window's tests."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.errors import HubError, OfflineError, SatchelError
from app.models.download.values import Download, DownloadState
from app.models.hub.estimate import advise
from app.models.hub.values import CuratedModel, HubDetails, HubFile, HubModel, HubPage, Purpose, Sort
from app.models.model import Fit, Verdict
from app.models.plan import Candidate, DeviceRoom, Plan, PlanChoice, Room
from app.models.source import ModelSource
from app.services.events import DownloadsChanged, Publish
from tests.helpers.fake_libraries import FakeModelLibrary, model
from tests.helpers.local_plans import local_plan

GB = 1_000_000_000
NOW = datetime.now(UTC)
REVISION = "0123456789abcdef0123456789abcdef01234567"
TYPES = {
    "Q2_K": 3.2,
    "Q3_K_M": 3.9,
    "IQ4_XS": 4.4,
    "Q4_K_S": 4.6,
    "Q4_K_M": 4.9,
    "Q5_K_M": 5.7,
    "Q6_K": 6.6,
    "Q8_0": 8.5,
    "F16": 16.0,
}
CARD = """\
# Qwen3 1.7B

<p align="center"><img src="https://example.org/logo.png" width="400"/></p>

**Qwen3** is a family of models that follow instructions well. See the
[report](https://example.org/report) for how it was trained.

## Benchmarks

| Benchmark | Qwen3 0.6B | Qwen3 1.7B | Qwen3 4B | Qwen3 8B | Qwen3 14B | Notes                              |
|-----------|-----------:|-----------:|---------:|---------:|----------:|------------------------------------|
| MMLU      |       52.8 |       62.6 |     72.9 |     76.9 |      81.1 | five examples, no chain of thought |
| GSM8K     |       59.6 |       75.4 |     87.8 |     89.8 |      92.5 | four examples, chain of thought    |
| HumanEval |       36.0 |       52.4 |     67.0 |     72.0 |      76.8 | first answer counts                |

## Use

```python
from llama_cpp import Llama

llm = Llama("Qwen3-1.7B-Q8_0.gguf", n_ctx=4096)
```

- 28 layers, grouped attention (16 heads for queries, 8 for keys and values)
- a context of 32,768 tokens
"""


def found(name: str = "Qwen3-1.7B-GGUF", author: str = "Qwen", **changes: Any) -> HubModel:
    """A repository as a search finds it."""
    made = HubModel(
        repo_id=f"{author}/{name}",
        author=author,
        name=name,
        parameters=1_720_000_000,
        architecture="qwen3",
        n_ctx_train=32_768,
        license="apache-2.0",
        downloads=1_234_567,
        likes=342,
        updated_at=NOW - timedelta(days=12),
    )
    return replace(made, **changes)


def many(count: int) -> list[HubModel]:
    """So many different ones."""
    sizes = (0.6, 1.7, 4, 8, 14, 32, 70)
    authors = ("Qwen", "bartowski", "unsloth", "ggml-org", "lmstudio-community")
    return [
        found(
            f"Model-{number:03}-{sizes[number % 7]}B-Instruct-GGUF",
            authors[number % 5],
            parameters=int(sizes[number % 7] * GB),
            downloads=3_000_000 // (number + 1),
            likes=2400 // (number + 1),
            updated_at=NOW - timedelta(days=number * 3),
            gated="auto" if number % 9 == 4 else "",
        )
        for number in range(count)
    ]


def files(model: HubModel, types: Sequence[str] = tuple(TYPES)) -> tuple[HubFile, ...]:
    """A file for each quantization."""
    stem = model.name.removesuffix("-GGUF")
    return tuple(
        HubFile(
            repo_id=model.repo_id,
            revision=REVISION,
            name=f"{stem}-{name}.gguf",
            paths=(f"{stem}-{name}.gguf",),
            sizes=(int(model.parameters * TYPES[name] / 8),),
            sha256s=("",),
            quantization=name,
        )
        for name in types
    )


def curated() -> tuple[CuratedModel, ...]:
    """A start list."""

    def entry(repo_id: str, title: str, purpose: Purpose, billions: float, about: str) -> CuratedModel:
        return CuratedModel(repo_id, title, purpose, int(billions * GB), about, "apache-2.0")

    return (
        entry("Qwen/Qwen3-1.7B-GGUF", "Qwen3 1.7B", "general", 1.7, "Quick, and good at following instructions."),
        entry("Qwen/Qwen3-8B-GGUF", "Qwen3 8B", "general", 8.2, "The strongest all-rounder that fits 16 GB."),
        entry("Qwen/Coder-3B-GGUF", "Qwen2.5 Coder 3B", "code", 3.1, "Writes and explains code in forty languages."),
        entry("hf/SmolLM3-3B-GGUF", "SmolLM3 3B", "reasoning", 3.1, "Thinks before it answers, when it is asked to."),
        entry("g/Gemma-3-4B-GGUF", "Gemma 3 4B", "multilingual", 3.9, "At home in more than a hundred languages."),
        entry("n/Nomic-GGUF", "Nomic Embed 1.5", "embedding", 0.137, "Finds passages by meaning, for your documents."),
        entry("hf/SmolLM2-360M-GGUF", "SmolLM2 360M", "tiny", 0.36, "Runs on anything; for short, simple tasks."),
    )


class FakeModelHub:
    """Repositories in memory. ``problem``: what the next request fails with. ``calls``: what was requested."""

    def __init__(self, models: Sequence[HubModel] = (), page: int = 30) -> None:
        self.models = list(models)
        self.page = page
        self.card = CARD
        self.types: Sequence[str] = tuple(TYPES)
        self.sha256s: dict[str, str] = {}
        """By quantization; the others are not known."""
        self.more_files: Sequence[HubFile] = ()
        self.problem: SatchelError | None = None
        self.refused: dict[str, SatchelError] = {}
        """What every request of a kind fails with: "search", "details", "verdict"."""
        self.hold: threading.Event | None = None
        """When set, a request waits for it."""
        self.free_bytes = 14 * GB
        self.calls: list[tuple[Any, ...]] = []
        self.token = ""
        self.approved = True
        """Whether the hub that is asked may see the token."""

    def curated(self) -> tuple[CuratedModel, ...]:
        return curated()

    @property
    def endpoint(self) -> str:
        return "https://hub.example"

    def search(self, query: str, *, sort: Sort = "downloads", cursor: str = "", limit: int = 30) -> HubPage:
        self._request("search", query, sort, cursor)
        words = query.casefold().split()
        match = [each for each in self.models if all(word in each.repo_id.casefold() for word in words)]
        begin = int(cursor or 0)
        end = begin + self.page
        return HubPage(tuple(match[begin:end]), str(end) if end < len(match) else "")

    def details(self, repo_id: str, revision: str = "main") -> HubDetails:
        self._request("details", repo_id)
        entry = next((each for each in self.models if each.repo_id == repo_id), None)
        if entry is None:
            raise HubError(
                "This model was not found.", "It was renamed or removed.", "Choose another.", reason="not_found"
            )
        made = [replace(file, sha256s=(self.sha256s.get(file.quantization, ""),)) for file in files(entry, self.types)]
        return HubDetails(entry, (*made, *self.more_files), self.card, REVISION)

    def verdict(
        self, file: HubFile, n_ctx: int | None = None, kv_type: str = "f16", *, measure: bool | None = None
    ) -> Verdict:
        self._request("verdict", file.quantization, n_ctx)
        n_ctx = n_ctx or 4096
        kv = int(n_ctx * 28 * 1024 * 4 * {"f16": 1, "q8_0": 0.53, "q4_0": 0.28}[kv_type])
        total = file.size_bytes + kv + 302_000_000
        fit: Fit = "fits" if total < 0.9 * self.free_bytes else "tight" if total < self.free_bytes else "does_not_fit"
        free = f"{self.free_bytes / GB:.1f} GB"
        sentence = {
            "fits": f"Fits: takes {total / GB:.1f} GB of the {free} that are free.",
            "tight": f"Tight: takes {total / GB:.1f} GB of the {free} that are free.",
            "does_not_fit": f"Does not fit: needs {total / GB:.1f} GB, and {free} are free.",
        }[fit]
        return Verdict(fit, sentence, n_ctx, file.size_bytes, kv, 300_000_000, 2_000_000, self.free_bytes, True)

    def has_token(self) -> bool:
        return bool(self.token)

    def token_is_sent(self) -> bool:
        return self.approved

    def approve_endpoint(self) -> None:
        self.approved = True

    def set_token(self, token: str) -> None:
        if not token.startswith("hf_"):
            raise HubError("This is not an access token.", "", "Copy it again.", reason="token")
        self.token = token

    def forget_token(self) -> None:
        self.token = ""

    def token_place(self) -> str:
        return "in the system's keyring"

    def check_token(self) -> str:
        self._request("check_token")
        return "ada"

    def _request(self, *call: Any) -> None:
        self.calls.append(call)
        if self.hold is not None:
            self.hold.wait(10)
        if self.problem is not None:
            problem, self.problem = self.problem, None
            raise problem
        if call[0] in self.refused:
            raise self.refused[call[0]]


class FakePlanner:
    """Answers with ``answer``, else by sizes; or fails with ``problem``. Waits for ``hold`` when it is set."""

    def __init__(self) -> None:
        self.answer: Plan | None = None
        self.space = Room(DeviceRoom("CPU", "memory", 14 * GB, GB))
        self.problem: SatchelError | None = None
        self.hold: threading.Event | None = None

    def room(self) -> Room:
        return self.space

    def plan(self, model: int | HubDetails, n_ctx: int | None = None) -> Plan:
        if self.hold is not None:
            self.hold.wait(10)
        if self.problem is not None:
            raise self.problem
        if self.answer is not None:
            return self.answer
        if isinstance(model, int):
            return local_plan()
        advice = advise(model.files, model.model.parameters, 14 * GB)
        return Plan(False) if advice is None else replace(plan_for(advice.file), reasons=advice.reasons)


def plan_for(file: HubFile, tokens_per_s: float | None = 21.4) -> Plan:
    """A plan that takes this file."""
    candidate = Candidate(file.quantization, file.quantization, 4.9, 28, 32_768, key=file.paths[0])
    choice = PlanChoice(candidate, 16_384, "f16", 0, ())
    return Plan(
        True,
        choice,
        ("It is the most exact one that is quick here.", "The KV cache stays at F16."),
        tokens_per_s=tokens_per_s,
    )


def offline() -> OfflineError:
    """What every request fails with while the switch is on."""
    return OfflineError(
        "Satchel is offline.", "The offline switch is on, so nothing was requested.", "Turn it off in Settings."
    )


def download(number: int, state: DownloadState = "queued", done: float = 0.0, **changes: Any) -> Download:
    """One item of the queue, ``done`` of it here."""
    repository = changes.pop("model", None) or found()
    file = files(repository, [changes.pop("quantization", "Q8_0")])[0]
    made = Download(
        id=number,
        title=repository.title,
        file=file,
        state=state,
        done_bytes=int(file.size_bytes * done),
        total_bytes=file.size_bytes,
        added_at=NOW,
        target=f"/home/ada/Satchel/models/{repository.repo_id}/{file.name}",
        bytes_per_s=18_400_000.0 if state == "downloading" else 0.0,
        seconds_left=file.size_bytes * (1 - done) / 18_400_000 if state == "downloading" else None,
    )
    return replace(made, **changes)


class FakeDownloads:
    """A queue that moves only when it is told to. A finished one is put into ``library``, where one is given."""

    def __init__(self, publish: Publish, library: FakeModelLibrary | None = None) -> None:
        self._publish, self._library = publish, library
        self._items: dict[int, Download] = {}
        self.problem: SatchelError | None = None

    def put(self, *downloads: Download) -> None:
        """Have these, or have them as they are now."""
        self._items |= {each.id: each for each in downloads}
        self._tell()

    def all(self) -> tuple[Download, ...]:
        return tuple(self._items.values())

    def add(self, file: HubFile, title: str = "") -> Download:
        if self.problem is not None:
            problem, self.problem = self.problem, None
            raise problem
        number = max(self._items, default=0) + 1
        made = replace(download(number, "downloading"), title=title, file=file, total_bytes=file.size_bytes)
        self.put(made)
        return made

    def pause(self, download_id: int) -> None:
        self.change(download_id, state="paused", bytes_per_s=0.0, seconds_left=None)

    def resume(self, download_id: int) -> None:
        self.change(download_id, state="queued")

    def retry(self, download_id: int) -> None:
        self.change(download_id, state="queued", problem="")

    def move_first(self, download_id: int) -> None:
        first = self._items.pop(download_id)
        going = {number: each for number, each in self._items.items() if each.active}
        self._items = going | {download_id: first} | self._items
        self._tell()

    def cancel(self, download_id: int) -> None:
        del self._items[download_id]
        self._tell()

    def clear_done(self) -> None:
        self._items = {number: each for number, each in self._items.items() if each.state != "done"}
        self._tell()

    def change(self, download_id: int, **changes: Any) -> None:
        """It is so now."""
        self.put(replace(self._items[download_id], **changes))

    def finish(self, download_id: int) -> None:
        """All of it came and is right."""
        item = self._items[download_id]
        self.change(download_id, state="done", done_bytes=item.total_bytes, bytes_per_s=0.0, seconds_left=None)
        if self._library is not None:
            source = ModelSource(item.repo_id, item.revision, item.file.paths[0])
            number = max((each.id for each in self._library.models()), default=0) + 1
            self._library.take(replace(model(number, item.target, name=item.title), source=source, in_place=False))

    def _tell(self) -> None:
        self._publish(DownloadsChanged(self.all()))
