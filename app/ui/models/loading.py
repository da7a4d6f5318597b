"""Loading a model from the window: in the background, and "anyway" where it may not fit."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.core.errors import Cancelled, DoesNotFit, SatchelError
from app.inference.protocol import LoadSettings
from app.ui.notices import Action, Note
from app.ui.parts import Parts


def load_model(parts: Parts, model_id: int, settings: LoadSettings | None, *, force: bool = False) -> None:
    """Load it; the library's events say how far it is. One that may not fit is refused with a way to insist.

    ``settings`` None: those that are kept for it.
    """

    def failed(error: SatchelError) -> None:
        if isinstance(error, DoesNotFit):
            insist = Action(
                QCoreApplication.translate("models", "Load it anyway"),
                lambda: load_model(parts, model_id, settings, force=True),
            )
            parts.notify(Note(error.what, error.why, error.next_step, "error", insist))
        elif not isinstance(error, Cancelled):  # who stopped it sees that it has stopped
            parts.bridge.failed.emit(error)

    parts.bridge.run(lambda: parts.models.loaded.load(model_id, settings, force=force), None, failed)
