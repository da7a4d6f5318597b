"""Every control has a name for a screen reader and an object name that docs/controls.md lists, and Tab reaches it."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.ui.documents.page import DocumentsPage
from app.ui.models.details import ModelDetails
from app.ui.models.downloads.view import DownloadsView
from app.ui.models.find.view import FindView
from app.ui.models.page import ModelsPage
from app.ui.rail import Memory, Rail
from app.ui.settings.page import SettingsPage
from app.ui.theme import Theme
from app.ui.welcome import WelcomePage
from app.ui.widgets.rows import ROW_ROLE, RowContent, RowDelegate
from tests.helpers.fake_hub import download
from tests.helpers.fake_libraries import collection, file, model

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
LISTED = (Path(__file__).parents[2] / "docs" / "controls.md").read_text(encoding="utf-8")


def _page(world: SimpleNamespace, name: str) -> QWidget:
    match name:
        case "rail":
            return Rail(world.parts.theme, world.bridge, lambda: Memory(1, 2))
        case "welcome":
            return WelcomePage(world.parts)
        case "models":
            return ModelsPage(world.parts)
        case "models.details":
            return ModelDetails(world.parts)
        case "models.find":
            return FindView(world.parts)
        case "models.downloads":
            view = DownloadsView(world.parts)
            view.show_downloads((download(1, "downloading", 0.4), download(2, "done", 1.0)))
            return view
        case "documents":
            return DocumentsPage(world.parts)
        case _:
            return SettingsPage(world.parts)


def _controls(page: QWidget) -> list[QWidget]:
    """All but the insides of Qt's own compound widgets and what only scrolls."""
    found = []
    for kind in CONTROLS:
        for control in page.findChildren(kind):
            parent = control.parentWidget()
            inside = isinstance(parent, (QAbstractSpinBox, QComboBox, QLineEdit, QAbstractItemView))
            private = control.objectName().startswith("qt_") or type(control).__name__ in (
                "QHeaderView",
                "QTableCornerButton",
            )
            popup = control.window() is not page.window()
            if not (inside or private or popup or isinstance(control, QScrollBar)):
                found.append(control)
    return found


@pytest.mark.parametrize(
    "name",
    ["rail", "welcome", "models", "models.details", "models.find", "models.downloads", "documents", "settings"],
)
def test_controls_are_named_listed_and_reachable(qtbot: QtBot, world: SimpleNamespace, name: str) -> None:
    world.models.put(model(1))
    world.documents.put(collection(1), files=[file(1)])
    page = _page(world, name)
    qtbot.addWidget(page)
    controls = _controls(page)
    assert controls
    for control in controls:
        assert control.objectName(), control
        assert f"`{re.sub(r'[.][0-9]+', '.<n>', control.objectName())}`" in LISTED, control.objectName()
        assert control.accessibleName(), control.objectName()
        by_arrows = isinstance(control, QAbstractButton) and control.autoExclusive() and not control.isChecked()
        assert by_arrows or control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.objectName()


def _value(field: QWidget) -> object:
    return field.property("currentText" if isinstance(field, QComboBox) else "value")


@pytest.mark.parametrize("name", ["models.details", "models.find", "documents", "settings"])
def test_the_wheel_scrolls_the_page_and_changes_no_field(qtbot: QtBot, world: SimpleNamespace, name: str) -> None:
    world.models.put(model(1))
    world.documents.put(collection(1), files=[file(1)])
    page = _page(world, name)
    qtbot.addWidget(page)
    page.show()
    fields = [each for each in _controls(page) if isinstance(each, (QAbstractSlider, QAbstractSpinBox, QComboBox))]
    assert fields
    for field in fields:
        before = _value(field)
        there = field.rect().center()
        event = QWheelEvent(
            QPointF(there),
            QPointF(field.mapToGlobal(there)),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(field, event)
        assert _value(field) == before, field.objectName()
        assert field.focusPolicy() != Qt.FocusPolicy.WheelFocus, field.objectName()


def test_the_row_that_tab_leads_to_shows_it(qtbot: QtBot, theme: Theme) -> None:
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 300, 60)
    rows = QStandardItemModel(1, 1)
    rows.setData(rows.index(0, 0), RowContent("Qwen"), ROW_ROLE)
    drawn = []
    for state in (QStyle.StateFlag.State_Enabled, QStyle.StateFlag.State_Enabled | QStyle.StateFlag.State_HasFocus):
        option.state = state
        picture = QImage(option.rect.size(), QImage.Format.Format_RGB32)
        picture.fill(QColor(theme.colors.ground))
        painter = QPainter(picture)
        RowDelegate(theme).paint(painter, option, rows.index(0, 0))
        painter.end()
        drawn.append(picture)
    assert drawn[0] != drawn[1]
