"""Deleting a model from the window: at once, with a notice that can undo it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.models.model import LibraryModel
from app.ui.notices import Action, Note
from app.ui.parts import Parts


def delete_model(parts: Parts, model: LibraryModel) -> None:
    """Satchel's own file goes to its trash; any other is only forgotten. Nothing of it is asked: it can be undone."""

    def undo() -> None:
        parts.bridge.run(lambda: parts.models.undelete(model.id))

    def done(_none: None) -> None:
        why = (
            _t("Satchel only forgot it. The file stays where it is.")
            if model.in_place
            else _t("Its file stays in Satchel's trash for 30 days.")
        )
        what = _t("“{name}” is no longer in the library.").format(name=model.title)
        parts.notify(Note(what, why, severity="good", action=Action(_t("Undo"), undo)))

    parts.bridge.run(lambda: parts.models.delete(model.id), done)


def _t(text: str) -> str:
    return QCoreApplication.translate("models", text)
