"""The Models page as its tests show it."""

from __future__ import annotations

from types import SimpleNamespace

from PySide6.QtWidgets import QListView, QWidget
from pytestqt.qtbot import QtBot

from app.models.model import LibraryModel
from app.ui.models.page import ModelsPage


def show_page(qtbot: QtBot, world: SimpleNamespace, *models: LibraryModel) -> ModelsPage:
    """The page, 1200 x 800, on a world whose library has these, too; they are in the list when it returns."""
    world.models.put(*models)
    page = ModelsPage(world.parts)
    qtbot.addWidget(page)
    page.resize(1200, 800)
    with qtbot.waitExposed(page):
        page.show()
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() >= len(models), timeout=5000)
    return page


def list_of(page: QWidget) -> QListView:
    """The list of models."""
    found = page.findChild(QListView, "models.list")
    assert isinstance(found, QListView)
    return found
