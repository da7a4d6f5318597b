"""Models, files of the hub, plans and downloads as the JSON that ``docs/command-line.md`` promises.

Keys may be added, never renamed or removed. Times are in ISO 8601.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec

from app.models.download.values import Download
from app.models.hub.values import HubFile, HubModel
from app.models.library_values import DuplicateGroup
from app.models.model import LibraryModel, Verdict
from app.models.plan import Plan
from app.storage.measurements import Measurement

Record = dict[str, Any]


def record(value: object) -> Record:
    """A value whose fields are all of interest."""
    made: Record = msgspec.to_builtins(value)
    return made


def model_record(model: LibraryModel) -> Record:
    """One model of the library."""
    summary = asdict(model.summary)
    del summary["chat_template"]  # pages of code
    own = record(model)
    del own["summary"]
    own["given_name"] = own.pop("name")
    return {"id": model.id, "title": model.title, "sha256": model.sha256, **own, **summary}


def verdict_record(verdict: Verdict) -> Record:
    """Whether a model fits."""
    return {**record(verdict), "total_bytes": verdict.total_bytes}


def hub_model_record(model: HubModel) -> Record:
    """One repository."""
    return {"title": model.title, **record(model)}


def hub_file_record(file: HubFile) -> Record:
    """One file of a repository."""
    return {**record(file), "size_bytes": file.size_bytes}


def plan_record(plan: Plan) -> Record:
    """How to load a model."""
    made = record(plan)
    if plan.choice is not None:
        made["choice"] |= {"total_bytes": plan.choice.total_bytes, "free_bytes": plan.choice.free_bytes}
    return made


def download_record(download: Download) -> Record:
    """One download."""
    return {**record(download), "file": hub_file_record(download.file)}


def group_record(group: DuplicateGroup) -> Record:
    """Files with the same content."""
    return {**record(group), "freeable_bytes": group.freeable_bytes, "wasted_bytes": group.wasted_bytes}


def measurement_record(measured: Measurement) -> Record:
    """What a model took here once."""
    made = record(measured)
    return {
        "predicted_bytes": measured.predicted.resident_bytes,
        "measured_bytes": measured.peak_bytes,
        "settings": msgspec.json.decode(measured.settings),
        **{key: made[key] for key in ("tokens_per_s", "prompt_tokens", "machine", "llama_cpp", "measured_at")},
    }
