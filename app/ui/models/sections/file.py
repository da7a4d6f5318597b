"""What a model's file is: its header's facts, where it came from, its hash, whether there is a newer one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QWidget

from app.core.errors import SatchelError
from app.models.hub.access import OFFICIAL
from app.models.library_values import HashProgress, UpdateCheck
from app.models.model import LibraryModel
from app.services.events import Event, HashingChanged
from app.ui.models.facts_grid import FactsGrid
from app.ui.models.find.card import open_page
from app.ui.models.sections.section import Section
from app.ui.models.words import facts, place_words
from app.ui.parts import Parts
from app.ui.widgets.basic import button, label, restyle
from app.ui.widgets.elided import ElidedButton
from app.ui.widgets.flow import FlowLayout
from app.ui.widgets.words import short_path


class FileSection(Section):
    """Whether there is a newer file is kept with the model, and stands above all sections."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts, self.tr("The file"), "models.file")
        self._facts = FactsGrid("models.details.facts")
        self._where = label(kind="small", wrap=True, selectable=True, name="models.details.path")
        self._source = ElidedButton("models.file.source", "link")
        self._source.setAccessibleName(self.tr("Open its page in the browser"))
        restyle(self._source, state="flush")
        self._source.clicked.connect(lambda _=False: self._open_source())
        self._check = button(self.tr("Check for an update"), "models.file.update", self._check_update)
        self._checked = label(kind="small", wrap=True, name="models.file.update.words")
        self._checked.hide()
        self._hash = label(kind="small", wrap=True, selectable=True, name="models.file.hash")
        self._compute = button(self.tr("Compute its hash"), "models.file.hash.compute", self._compute_hash)
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._bar.setObjectName("models.file.hash.progress")
        buttons = QWidget()
        FlowLayout(buttons, self._compute, self._check, spacing=8)
        self.inside.addWidget(self._facts)
        self.inside.addWidget(self._where)
        self.inside.addWidget(self._source, 0, Qt.AlignmentFlag.AlignLeft)
        self.inside.addWidget(self._hash)
        self.inside.addWidget(self._bar)
        self.inside.addWidget(buttons)
        self.inside.addWidget(self._checked)
        parts.bridge.happened.connect(self._happened)

    def summarize(self, model: LibraryModel) -> None:
        self.set_summary(f"{model.summary.architecture} · {place_words(model)}")

    def fill(self, model: LibraryModel) -> None:
        self._facts.show_facts([*facts(model.summary), (self.tr("Place"), place_words(model))])
        paths = [short_path(path) for path in model.files]
        self._where.setText("\n".join(paths))
        source = model.source
        self._source.setVisible(source is not None)
        self._check.setVisible(source is not None)
        if source is not None:
            self._source.setText(_address(model).removeprefix("https://"))
            self._source.setToolTip(_address(model))
            self._source.setAccessibleName(self.tr("Open its page in the browser: {url}").format(url=_address(model)))
        self._hash.setText("\n".join(self.tr("SHA-256: {hash}").format(hash=_spaced(each)) for each in model.sha256s))
        self._hash.setVisible(model.hashed)
        self._show_hashing(self.parts.models.hashing.progress)

    def leave(self, model: LibraryModel) -> None:
        self._checked.clear()
        self._checked.hide()

    def _show_hashing(self, progress: HashProgress | None) -> None:
        model = self.model
        ours = model is not None and progress is not None and progress.model_id == model.id
        self._bar.setVisible(ours)
        if progress is not None:
            self._bar.setValue(round(1000 * progress.done_bytes / max(1, progress.total_bytes)))
        self._compute.setVisible(model is not None and not model.hashed and model.present and not ours)

    def _happened(self, event: Event) -> None:
        if isinstance(event, HashingChanged) and self.is_open:
            self._show_hashing(event.progress)

    def _compute_hash(self) -> None:
        model, models = self.model, self.parts.models
        if model is not None:
            self.parts.bridge.run(lambda: models.hashing.add_model(model))

    def _open_source(self) -> None:
        if self.model is not None:
            open_page(_address(self.model))

    def _check_update(self) -> None:
        model, models = self.model, self.parts.models
        if model is None:
            return
        self._check.setEnabled(False)
        self._say(self.tr("Asking…"))

        def still(answer: Callable[[], None]) -> None:
            self._check.setEnabled(True)
            if self.is_of(model):
                answer()

        def came(check: UpdateCheck) -> None:
            still(lambda: self._say(check.sentence))

        def failed(error: SatchelError) -> None:
            still(lambda: self._say(str(error)))

        self.parts.bridge.run(lambda: models.check_update(model.id), came, failed, self)

    def _say(self, text: str) -> None:
        self._checked.setText(text)
        self._checked.show()


def _address(model: LibraryModel) -> str:
    source = model.source
    return f"{source.endpoint or OFFICIAL}/{source.repo_id}" if source is not None else ""


def _spaced(sha256: str) -> str:
    """In groups of eight, so that it can be compared by eye, and be wrapped."""
    return " ".join(sha256[start : start + 8] for start in range(0, len(sha256), 8))
