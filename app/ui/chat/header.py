"""Above the conversation: its title, the model that answers, the documents that answer with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.core.sizes import size_text
from app.knowledge.protocol import CollectionInfo
from app.models.model import LibraryModel
from app.services.events import ModelState
from app.ui.chat.chips import Chips, shortened
from app.ui.theme import Theme
from app.ui.widgets.basic import IconButton, button, column, frame, row
from app.ui.widgets.elided import ElidedButton, ElidedLabel

MODEL_SHARE = 0.5
"""How much of the width the model's name may take from the title."""


class Header(QWidget):
    """Shows what it is given and says what is wanted."""

    sidebar_requested = Signal()
    models_page_requested = Signal()
    model_chosen = Signal(int)
    collection_clicked = Signal(int)
    attach_requested = Signal(int)
    detach_requested = Signal(int)

    def __init__(self, theme: Theme, models: Callable[[], Sequence[LibraryModel]]) -> None:
        """``models`` gives the library as it was last read; it is asked when the menu opens and must not block."""
        super().__init__()
        self._theme, self._models = theme, models
        self._collections: dict[int, CollectionInfo] = {}
        self._attached: tuple[int, ...] = ()
        self.setObjectName("header")
        self.show_sidebar = IconButton(
            theme, "panel-left", self.tr("Show the conversations"), "header.sidebar", self.sidebar_requested.emit
        )
        self.show_sidebar.hide()
        self.title = ElidedLabel("", "heading", "header.title")
        self.model = ElidedButton("header.model", "picker")
        self.model.clicked.connect(self._open_models)
        self.attach = button("", "header.attach", self._open_collections, "quiet", self.tr("Answer from documents"))
        self.attach.setToolTip(self.tr("Answer from documents"))
        box = frame("header")
        top = row(self.show_sidebar, self.title, self.model, spacing=8)
        top.setStretch(1, 1)
        self.chips = Chips(theme)
        self.chips.clicked.connect(self.collection_clicked)
        self.chips.detached.connect(self.detach_requested)
        documents = row(self.chips, self.attach, spacing=6)
        documents.addStretch()
        whole = column(parent=box, spacing=6)
        whole.setContentsMargins(20, 10, 16, 8)
        whole.addLayout(top)
        whole.addLayout(documents)
        column(box, parent=self)
        self._state = ModelState()
        self._next: LibraryModel | None = None
        theme.changed.connect(self._retint)
        self._retint()

    def _retint(self) -> None:
        self.attach.setIcon(self._theme.icon("folder-plus", size=16))
        self.show_model(self._state, self._next)
        self._show_chips()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.model.setMaximumWidth(max(self.model.minimumSizeHint().width(), round(self.width() * MODEL_SHARE)))

    # -- model ------------------------------------------------------------------------------------------------------

    def show_model(self, state: ModelState, next_model: LibraryModel | None = None) -> None:
        """The chat model's name and state; ``next_model``: what the next question loads when there is none."""
        self._state, self._next = state, next_model
        tip = self.tr("The model that answers. Click to choose another.")
        name = shortened(state.model.title) if state.model is not None else ""
        colors = self._theme.colors
        icon, tint = "cpu", colors.muted
        if state.phase == "loading":
            text = self.tr("{name}: loading {percent} %").format(name=name, percent=round(state.fraction * 100))
            icon = "clock"
        elif state.phase == "failed" and state.crashed:
            text = name or self.tr("Choose a model")
            tip = self.tr("It loads again with your question. Click to choose another.")
        elif state.phase == "failed":
            text = self.tr("{name}: not loaded").format(name=name or self.tr("Model"))
            icon, tint = "circle-alert", colors.bad
        elif state.phase == "ready":
            text, tint = name, colors.good
        elif next_model is not None:
            text = shortened(next_model.title)
            tip = self.tr("It loads with your question. Click to choose another.")
        else:
            text = self.tr("Choose a model")
        self.model.setIcon(self._theme.icon(icon, tint, 16))
        self.model.setText(f" {text}")
        self.model.setAccessibleName(self.tr("Model: {state}").format(state=text))
        self.model.setAccessibleDescription(tip)
        self.model.setToolTip(tip if state.crashed else state.problem or tip)

    def model_menu(self) -> QMenu:
        """The library's chat models, and the way to the models page."""
        menu = QMenu(self)
        menu.setObjectName("header.model.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        current = self._state.model.id if self._state.model is not None and self._state.phase != "failed" else None
        if self._state.phase == "none" and self._next is not None:
            current = self._next.id
        usable = [model for model in self._models() if model.summary.kind != "embedding"]
        for model in usable:
            words = self.tr("{name}  ·  {size}").format(name=model.title, size=size_text(model.summary.size_bytes))
            if not model.present:
                words = self.tr("{name}  ·  file not found").format(name=model.title)
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(model.id == current)
            action.setEnabled(model.present)
            action.triggered.connect(lambda _=False, chosen=model.id: self.model_chosen.emit(chosen))
        if not usable:
            menu.addAction(self.tr("No models yet")).setEnabled(False)
        if self._state.phase == "failed" and self._state.problem:
            menu.addSeparator()
            menu.addAction(self._theme.icon("circle-alert", self._theme.colors.bad), self._state.problem).setEnabled(
                False
            )
        menu.addSeparator()
        menu.addAction(self._theme.icon("box"), self.tr("Manage models…")).triggered.connect(
            self.models_page_requested.emit
        )
        return menu

    def _open_models(self) -> None:
        self.model_menu().popup(self.model.mapToGlobal(QPoint(0, self.model.height() + 4)))

    # -- documents --------------------------------------------------------------------------------------------------

    def show_collections(self, infos: Sequence[CollectionInfo], attached: tuple[int, ...]) -> None:
        """The collections there are, and which of them answer here."""
        known = {info.id: info for info in infos}
        if attached == self._attached and known.keys() == self._collections.keys():
            self._collections = known
            self.chips.show_progress(known)
            return
        self._collections, self._attached = known, attached
        self._show_chips()

    def _show_chips(self) -> None:
        self.chips.show_collections(self._collections, self._attached)
        self.attach.setText("" if self.chips.chips else self.tr(" Answer from documents"))

    def collection_menu(self) -> QMenu:
        """The collections that are not attached yet."""
        menu = QMenu(self)
        menu.setObjectName("header.attach.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        free = [info for info in self._collections.values() if info.id not in self._attached]
        for info in free:
            menu.addAction(self._theme.icon("folder"), info.name).triggered.connect(
                lambda _=False, chosen=info.id: self.attach_requested.emit(chosen)
            )
        if not free:
            words = (
                self.tr("All your collections are attached")
                if self._collections
                else self.tr("No collections yet: drop a folder on the window")
            )
            menu.addAction(words).setEnabled(False)
        return menu

    def _open_collections(self) -> None:
        self.collection_menu().popup(self.attach.mapToGlobal(QPoint(0, self.attach.height() + 4)))
