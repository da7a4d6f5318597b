"""Files of the library with the same content, told by their hashes, and what deleting Satchel's own copies frees."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStackedWidget, QWidget

from app.core.sizes import size_text
from app.models.library_values import DuplicateCopy, DuplicateGroup, HashProgress
from app.models.model import LibraryModel
from app.services.events import Event, HashingChanged, LibraryChanged
from app.ui.models.delete import delete_model
from app.ui.models.dialogs.panel import Panel
from app.ui.parts import Parts
from app.ui.widgets.basic import button, column, frame, label, row
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.page import scrolling
from app.ui.widgets.state_panel import StatePanel
from app.ui.widgets.words import short_path


class DuplicatesDialog(Panel):
    """Opening it begins to compare files of equal length; that goes on in the background when it is closed."""

    def __init__(self, parts: Parts, parent: QWidget) -> None:
        super().__init__(
            parent,
            "models.duplicates",
            self.tr("Duplicates"),
            self.tr("Files of your library with the same content. Satchel deletes only copies of its own."),
        )
        self._parts = parts
        self._models: dict[int, LibraryModel] = {}
        self._hashing: HashProgress | None = None
        self._shown: list[QWidget] = []
        self._rows = column(spacing=12)
        inner = QWidget()
        inside = column(spacing=0, parent=inner)
        inside.addLayout(self._rows)
        inside.addStretch()
        inside.setContentsMargins(0, 0, 8, 0)
        self._nothing = StatePanel(parts.theme, "files", "models.duplicates.nothing")
        self._list = scrolling(inner, "models.duplicates.list")
        self._states = QStackedWidget()
        for state in (self._nothing, self._list):
            self._states.addWidget(state)
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._comparing = ElidedLabel(kind="small", name="models.duplicates.progress")
        stop = button(self.tr("Stop"), "models.duplicates.stop", parts.models.hashing.cancel, "quiet")
        self._progress = QWidget()
        across = row(self._comparing, stop, spacing=8)
        across.setStretch(0, 1)
        progress = column(spacing=4, parent=self._progress)
        progress.addLayout(across)
        progress.addWidget(self._bar)
        content = QWidget()
        column(self._progress, self._states, spacing=12, parent=content).setStretch(1, 1)
        self._sum = label(kind="small", wrap=True, name="models.duplicates.sum")
        close = button(self.tr("Close"), "models.duplicates.close", self.reject)
        self.lay_out(content, close, aside=self._sum)
        parts.bridge.happened.connect(self._happened)
        self._show_hashing(None)
        parts.bridge.run(self._begin, self._show_hashing, owner=self)
        self._refresh()

    def _begin(self) -> HashProgress | None:
        self._parts.models.duplicates.look()
        return self._parts.models.hashing.progress

    def _happened(self, event: Event) -> None:
        if isinstance(event, HashingChanged):
            self._show_hashing(event.progress)
        elif isinstance(event, LibraryChanged):
            self._refresh()

    def _show_hashing(self, progress: HashProgress | None) -> None:
        self._hashing = progress
        self._progress.setVisible(progress is not None)
        if progress is not None:
            self._comparing.setText(self.tr("Comparing files of equal length: {name}").format(name=progress.title))
            self._bar.setValue(round(1000 * progress.done_bytes / max(1, progress.total_bytes)))
        self._say_nothing()

    def _refresh(self) -> None:
        models = self._parts.models
        self._parts.bridge.run(lambda: (models.models(), models.duplicates.all()), self._show, owner=self)

    def _show(self, found: tuple[list[LibraryModel], tuple[DuplicateGroup, ...]]) -> None:
        models, groups = found
        self._models = {model.id: model for model in models}
        for old in self._shown:
            self._rows.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._shown = [self._group(number, group) for number, group in enumerate(groups)]
        for made in self._shown:
            self._rows.addWidget(made)
        self._states.setCurrentWidget(self._list if groups else self._nothing)
        wasted, freeable = sum(g.wasted_bytes for g in groups), sum(g.freeable_bytes for g in groups)
        self._sum.setText(self._sum_words(wasted, freeable) if groups else "")
        self._say_nothing()

    def _sum_words(self, wasted: int, freeable: int) -> str:
        words = (
            self.tr("With each of them once, {wasted} would be free; deleting Satchel's own copies frees {freeable}.")
            if freeable
            else self.tr(
                "With each of them once, {wasted} would be free. None of the copies is Satchel's own: which to delete "
                "is for you and the programs that have them."
            )
        )
        return words.format(wasted=size_text(wasted), freeable=size_text(freeable))

    def _say_nothing(self) -> None:
        if self._hashing is not None:
            self._nothing.say(self.tr("Nothing yet"), self.tr("Files of equal length are being compared."))
        else:
            self._nothing.say(self.tr("No duplicates"), self.tr("Every file of your library is there once."))

    def _group(self, number: int, group: DuplicateGroup) -> QWidget:
        made = frame("card", f"models.duplicates.{number}")
        inside = column(spacing=10, parent=made)
        inside.setContentsMargins(16, 12, 12, 12)
        title = self.tr("{name}, {size} each").format(name=group.copies[0].title, size=size_text(group.size_bytes))
        inside.addWidget(label(title, "strong", wrap=True))
        for copy in group.copies:
            inside.addLayout(self._copy(group, copy))
        return made

    def _copy(self, group: DuplicateGroup, copy: DuplicateCopy) -> QHBoxLayout:
        whose = copy.program or (self.tr("Satchel's copy") if copy.freeable else self.tr("Your file"))
        path = ElidedLabel(short_path(copy.path), "small", mode=Qt.TextElideMode.ElideMiddle)
        across = row(spacing=12)
        across.addLayout(column(label(whose), path, spacing=0), 1)
        if copy.freeable and group.freeable_bytes:
            across.addWidget(
                button(
                    self.tr("Delete this copy"),
                    f"models.duplicates.{copy.model_id}.delete",
                    lambda: self._delete(copy.model_id),
                    accessible=self.tr("Delete the copy at {path}").format(path=copy.path),
                )
            )
        return across

    def _delete(self, model_id: int) -> None:
        if model_id in self._models:
            delete_model(self._parts, self._models[model_id])
