"""The model that a file was before another one took its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.models.titles import readable

if TYPE_CHECKING:
    from app.models.model import ModelSummary


@dataclass(frozen=True)
class FormerModel:
    """What tells one model from another, whatever its quantization and its template: an update stays the same one."""

    name: str
    architecture: str
    parameters: int

    @classmethod
    def of(cls, summary: ModelSummary) -> FormerModel:
        """Of a header."""
        return cls(summary.name, summary.architecture, summary.parameters)

    @property
    def title(self) -> str:
        """Its name as people write it."""
        return readable(self.name)
