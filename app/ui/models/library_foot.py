"""The quiet line below the library: deleted models, and files that are there twice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.core.sizes import size_text
from app.models.library_values import TrashedModel
from app.models.model import LibraryModel
from app.ui.parts import Parts
from app.ui.widgets.basic import button, row


class LibraryFoot(QWidget):
    """Both are links; each is there only when there is something behind it."""

    trash_requested = Signal()
    duplicates_requested = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._trash = button(self.tr("Deleted models"), "models.trash.show", self.trash_requested.emit, "flat")
        self._duplicates = button(
            self.tr("Look for duplicates"), "models.duplicates.show", self.duplicates_requested.emit, "flat"
        )
        self._trash.hide()
        self._duplicates.hide()
        across = row(self._duplicates, self._trash, spacing=20, parent=self)
        across.addStretch()
        across.setAlignment(Qt.AlignmentFlag.AlignLeft)

    def show_models(self, models: Sequence[LibraryModel]) -> None:
        """The library is this now."""
        twice = {frozenset((model.id, *model.duplicates)): model for model in models if model.duplicates}
        wasted = sum(model.summary.size_bytes * (len(same) - 1) for same, model in twice.items())
        words = (
            self.tr("Duplicates ({size})").format(size=size_text(wasted)) if twice else self.tr("Look for duplicates")
        )
        self._duplicates.setVisible(len(models) > 1)
        self._duplicates.setText(words)
        self._duplicates.setAccessibleName(words)
        self._parts.bridge.run(self._parts.models.trash.all, self._show_trash, owner=self)

    def _show_trash(self, trashed: tuple[TrashedModel, ...]) -> None:
        size = sum(each.size_bytes for each in trashed)
        words = (
            self.tr("Deleted models ({n}, {size})").format(n=len(trashed), size=size_text(size))
            if size
            else self.tr("Deleted models ({n})").format(n=len(trashed))
        )
        self._trash.setVisible(bool(trashed))
        self._trash.setText(words)
        self._trash.setAccessibleName(words)
