"""The first start, one page: what this machine can do, the model that is ready, and "drop a folder here"."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.core.errors import SatchelError
from app.models.model import LibraryModel, Verdict
from app.services.events import Event, LibraryChanged
from app.ui.models.words import one_line
from app.ui.parts import Parts
from app.ui.theme import RESOURCES
from app.ui.widgets.basic import button, column, label, restyle, row
from app.ui.widgets.centred_words import CentredWords
from app.ui.widgets.dialogs import choose_folder
from app.ui.widgets.drop_box import DropBox
from app.ui.widgets.page import Sides, card_with_title, scrolling

WIDTH = 800


class WelcomePage(QWidget):
    """``start_chatting``, or ``folder_chosen`` with its path."""

    start_chatting = Signal()
    folder_chosen = Signal(object)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self.setObjectName("welcome")
        logo = label()
        logo.setPixmap(QIcon(str(RESOURCES / "satchel.svg")).pixmap(QSize(72, 72), self.devicePixelRatioF()))
        title = label(self.tr("Welcome to Satchel"), "display", name="welcome.title")
        words = CentredWords(
            self.tr(
                "Ask your own documents. Satchel quotes the sentences that answer, shows where they stand, "
                "and a small model puts them into words. Nothing leaves this machine."
            ),
            "lead",
            560,
        )
        drop = DropBox(parts.theme, self.tr("Drop a folder here"), "welcome.drop")
        drop.setMinimumHeight(168)
        drop.clicked.connect(self._choose_folder)
        machine, self._machine = card_with_title(parts.theme, "cpu", self.tr("This machine"), "welcome.machine")
        model, self._model = card_with_title(parts.theme, "box", self.tr("Your model"), "welcome.model")
        self._machine_words = label(self.tr("Looking…"), "muted", wrap=True, name="welcome.machine.words")
        self._machine.addWidget(self._machine_words)
        self._machine.addStretch()
        self._model_name = label(self.tr("Looking…"), "heading", wrap=True, name="welcome.model.name")
        self._model_words = label(kind="muted", wrap=True)
        self._model_fit = label(wrap=True, name="welcome.model.fit")
        for widget in (self._model_name, self._model_words, self._model_fit):
            self._model.addWidget(widget)
        self._model.addStretch()
        start = button(self.tr("Start chatting"), "welcome.start", self.start_chatting.emit, "primary")
        start.setMinimumHeight(28)
        start.setMinimumWidth(180)
        content = QWidget()
        inner = QWidget()
        inner.setFixedWidth(WIDTH)
        inside = column(spacing=0, parent=inner)
        inside.setContentsMargins(24, 24, 24, 28)
        for widget, space in ((logo, 14), (title, 10), (words, 26)):
            inside.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
            inside.addSpacing(space)
        inside.addWidget(drop)
        inside.addSpacing(16)
        inside.addWidget(Sides(machine, model))
        inside.addSpacing(26)
        inside.addWidget(start, 0, Qt.AlignmentFlag.AlignHCenter)
        self._inner = inner
        across = row(spacing=0, parent=content)
        across.addStretch()
        across.addWidget(inner, 0, Qt.AlignmentFlag.AlignVCenter)
        across.addStretch()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolling(content))
        self.setFocusProxy(start)
        parts.bridge.happened.connect(self._happened)
        parts.bridge.run(parts.models.machine.words, self._show_machine, self._no_machine)
        self._look_for_model()

    def resizeEvent(self, _event: object) -> None:
        self._inner.setFixedWidth(min(WIDTH, max(520, self.width() - 12)))

    def _show_machine(self, sentences: list[str]) -> None:
        self._machine_words.setText("\n".join(sentences))

    def _no_machine(self, error: SatchelError) -> None:
        self._machine_words.setText(str(error))

    def _look_for_model(self) -> None:
        models = self._parts.models

        def look() -> tuple[LibraryModel, Verdict] | None:
            chat = [model for model in models.models() if model.summary.kind == "chat" and model.present]
            return (chat[0], models.verdicts.of(chat[0].id)) if chat else None

        self._parts.bridge.run(look, self._show_model, self._no_verdict)

    def _show_model(self, found: tuple[LibraryModel, Verdict] | None) -> None:
        if found is None:
            self._model_name.setText(self.tr("None yet"))
            self._model_words.setText(
                self.tr("Drop a .gguf file on this window. Until then Satchel quotes from your documents only.")
            )
            return
        model, verdict = found
        self._model_name.setText(model.title)
        self._model_words.setText(one_line(model.summary))
        self._model_fit.setText(verdict.sentence)
        restyle(self._model_fit, kind={"fits": "good", "tight": "warn", "does_not_fit": "bad"}[verdict.fit])

    def _no_verdict(self, error: SatchelError) -> None:
        self._model_name.setText(self.tr("Not ready"))
        self._model_words.setText(str(error))

    def _happened(self, event: Event) -> None:
        if isinstance(event, LibraryChanged):
            self._look_for_model()

    def _choose_folder(self) -> None:
        choose_folder(
            self, "welcome.folder.dialog", self.tr("Add a folder"), lambda paths: self.folder_chosen.emit(paths[0])
        )
