"""Which model answers, and what keeps it from answering: in the header, at the composer, where a reply waits."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from app.models.model import LibraryModel
from app.services.events import Event, LibraryChanged, ModelState, ModelStateChanged
from app.ui.bridge import Bridge
from app.ui.chat.conversation_pane import ConversationPane
from app.ui.chat.replies import Replies
from app.ui.chat.services import Models


class ModelStatus(QObject):
    """``library``: the models as they were last read, which the picker in the header shows."""

    def __init__(self, bridge: Bridge, models: Models, pane: ConversationPane, replies: Replies) -> None:
        super().__init__()
        self._bridge, self._models, self._pane, self._replies = bridge, models, pane, replies
        self.library: list[LibraryModel] = []
        self.known = False
        """Whether the library was read."""
        self._next: LibraryModel | None = None
        self._state = models.loaded.state
        bridge.happened.connect(self._happened)
        pane.header.model_chosen.connect(self._load)
        self._show(self._state)
        self._read_library()

    def _load(self, model_id: int) -> None:
        self._bridge.run(lambda: self._models.loaded.load(model_id), None, self._pane.show_problem)

    def _happened(self, event: Event) -> None:
        match event:
            case ModelStateChanged(state):
                self._show(state)
            case LibraryChanged():
                self._read_library()
            case _:
                pass

    def _read_library(self) -> None:
        def show(found: tuple[Sequence[LibraryModel], LibraryModel | None]) -> None:
            models, self._next = found
            self.library, self.known = list(models), True
            self._show(self._state)

        self._bridge.run(lambda: (self._models.models(), self._models.loaded.next()), show)

    def _show(self, state: ModelState) -> None:
        self._state = state
        self._pane.header.show_model(state, self._next)
        usable = any(model.summary.kind != "embedding" for model in self.library)
        blocked = hint = ""
        if state.phase == "loading":
            name = state.model.title if state.model is not None else self.tr("The model")
            percent = round(state.fraction * 100)
            hint = self.tr("{name} is being loaded: {percent} %. You can ask already.").format(
                name=name, percent=percent
            )
            self._replies.show_loading(self.tr("Loading the model… {percent} %").format(percent=percent))
        elif state.phase == "failed" and not state.crashed:
            hint = state.problem
        elif state.phase == "none" and self.known and not usable:
            blocked = self.tr("No model is loaded yet: add one on the Models page, or drop a .gguf file here.")
        self._pane.composer.set_blocked(blocked)
        self._pane.composer.set_hint(hint)
