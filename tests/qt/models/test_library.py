"""The library's rows and places, and its dialogs: what other programs have, duplicates, deleted models."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.core.jobs import CancelToken, Progress
from app.models.former import FormerModel
from app.models.library_values import DuplicateCopy, DuplicateGroup, HashProgress
from app.models.places.values import FoundModel, PlaceReport
from app.ui.models.details import ModelDetails
from app.ui.models.page import ModelsPage
from app.ui.reveal import show_in_file_manager
from app.ui.widgets.rows import ROW_ROLE, RowContent
from tests.helpers.fake_libraries import model
from tests.helpers.models_page import list_of, show_page

OLLAMA = PlaceReport(
    "Ollama",
    "/home/ada/.ollama/models",
    (
        FoundModel("/a", "llama3.2:1b", "Ollama", 1_320_000_000),
        FoundModel("/b", "qwen3:8b", "Ollama", 5_200_000_000, in_library=True),
        FoundModel("", "mixtral", "Ollama", 26_000_000_000, problem="The file is incomplete."),
        FoundModel("/p", "mmproj", "Ollama", 600_000_000, kind="projector"),
    ),
)
STUDIO = PlaceReport(
    "LM Studio",
    "/home/ada/.lmstudio/models",
    (FoundModel("/c", "publisher/phi-4", "LM Studio", 2_500_000_000),),
    ("The folder /media/a is not there.",),
)


def _row(page: QWidget, row: int) -> RowContent:
    content: RowContent = list_of(page).model().index(row, 0).data(ROW_ROLE)
    return content


def _badges(page: QWidget, row: int) -> list[str]:
    return [badge.text for badge in _row(page, row).badges]


def _titles(page: QWidget) -> list[str]:
    rows = list_of(page).model()
    return [rows.index(row, 0).data() for row in range(rows.rowCount())]


def _button(page: QWidget, name: str) -> QPushButton:
    return page.findChild(QPushButton, name)


def _text(page: QWidget, name: str) -> str:
    return page.findChild(QLabel, name).text()


def _dialog(page: QWidget, opener: str, name: str) -> QDialog:
    _button(page, opener).click()
    return page.findChild(QDialog, name)


# -- rows and places --------------------------------------------------------------------------------------------------


def test_the_verdict_of_a_file_that_is_another_model_now_is_asked_anew(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, model(1, name="A"), model(2, name="B"))
    qtbot.waitUntil(lambda: _badges(page, 0) == ["Fits"], timeout=5000)
    now = model(1, name="Z", size_bytes=40_000_000_000)
    world.models.change(1, summary=now.summary)
    qtbot.waitUntil(lambda: _badges(page, 1) == ["Does not fit"], timeout=5000)


def test_rows_say_what_there_is_to_see_to(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(
        qtbot,
        world,
        replace(model(1, name="A"), template_changed=True, duplicates=(2,), former=FormerModel("Old", "llama", 1)),
        replace(model(2, name="B"), program="Ollama", duplicates=(1,)),
        replace(model(3, name="C"), present=False, missing_reason="The drive /media/a is not connected."),
    )
    qtbot.waitUntil(
        lambda: _badges(page, 0) == ["Another model", "Template changed", "Duplicate", "Fits"], timeout=5000
    )
    qtbot.waitUntil(lambda: _badges(page, 1) == ["Duplicate", "Fits"], timeout=5000)
    assert _row(page, 1).beside == "Ollama"
    assert _badges(page, 2) == ["File is missing"]
    assert _row(page, 2).below == "The drive /media/a is not connected."
    assert "4.6 bits per weight" in _row(page, 0).below


def test_the_models_of_one_place_can_be_shown_alone(qtbot: QtBot, world: SimpleNamespace) -> None:
    models = [replace(model(number, name=f"Model {number}"), in_place=False) for number in range(1, 5)]
    models += [replace(model(5, name="Ours"), program="Ollama"), model(6, name="Mine")]
    page = show_page(qtbot, world, *models)
    places = page.findChild(QWidget, "models.places")
    assert places.isVisible()
    assert [each.text() for each in places.findChildren(QPushButton)] == [
        "All", "Satchel's folder 4", "Your folders 1", "Ollama 1",
    ]  # fmt: skip
    _button(page, "models.places.ollama").click()
    assert _titles(page) == ["Ours"]
    page.select(6)
    assert len(_titles(page)) == 6
    _button(page, "models.places.ollama").click()
    world.models.delete(5)
    qtbot.waitUntil(lambda: len(_titles(page)) == 5, timeout=5000)
    assert not places.isVisible()


def test_what_is_looked_for_stays_when_something_of_a_model_is_changed(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, *(model(number, name=f"Model {number:03}") for number in range(1, 101)))
    search = page.findChild(QLineEdit, "models.search")
    search.setText("Model 09")
    list_of(page).setCurrentIndex(list_of(page).model().index(3, 0))
    qtbot.waitUntil(lambda: _text(page, "models.details.title") == "Model 093", timeout=5000)
    world.models.change(93, notes="Good at sums")
    qtbot.waitUntil(lambda: _text(page, "models.notes.summary") == "Good at sums", timeout=5000)
    assert search.text() == "Model 09"
    assert list_of(page).currentIndex().data() == "Model 093"
    world.models.delete(50)
    qtbot.waitUntil(lambda: _text(page, "models.count") == "Library (99)", timeout=5000)
    assert list_of(page).currentIndex().data() == "Model 093"
    assert page.findChild(QWidget, "models.details").isVisible()
    world.models.delete(93)
    qtbot.waitUntil(lambda: not page.findChild(QWidget, "models.details").isVisible(), timeout=5000)


def test_few_models_are_not_sorted_by_places(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, model(1), replace(model(2, name="B"), program="Jan"))
    assert not page.findChild(QWidget, "models.places").isVisible()


# -- what other programs have -----------------------------------------------------------------------------------------


def _items(dialog: QDialog) -> dict[str, QTreeWidgetItem]:
    tree = dialog.findChild(QTreeWidget, "models.found.list")
    tops = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    return {place.child(row).text(0): place.child(row) for place in tops for row in range(place.childCount())}


def _found(qtbot: QtBot, world: SimpleNamespace, page: ModelsPage) -> QDialog:
    world.models.places.reports = (OLLAMA, STUDIO)
    dialog = _dialog(page, "models.found.show", "models.found")
    qtbot.waitUntil(_button(dialog, "models.found.use").isVisible, timeout=5000)
    return dialog


def test_what_can_be_used_is_ticked_and_the_rest_says_why_not(qtbot: QtBot, world: SimpleNamespace) -> None:
    dialog = _found(qtbot, world, show_page(qtbot, world, model(1)))
    items = _items(dialog)
    ticked = {name for name, item in items.items() if item.checkState(0) == Qt.CheckState.Checked}
    assert ticked == {"llama3.2:1b", "publisher/phi-4"}
    states = {name: item.text(2) for name, item in items.items() if item.text(2)}
    assert states == {
        "qwen3:8b": "In your library",
        "mixtral": "Cannot be used",
        "mmproj": "Part for images: not used",
    }
    assert "The file is incomplete." in items["mixtral"].toolTip(0)
    assert not items["mixtral"].flags() & Qt.ItemFlag.ItemIsUserCheckable
    assert _text(dialog, "models.found.sum") == "2 models, 3.8 GB"
    assert _text(dialog, "models.found.problems") == "The folder /media/a is not there."


def test_the_ticked_ones_are_used_in_place(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, model(1))
    dialog = _found(qtbot, world, page)
    _items(dialog)["llama3.2:1b"].setCheckState(0, Qt.CheckState.Unchecked)
    assert _text(dialog, "models.found.sum") == "1 model, 2.5 GB"
    with qtbot.waitSignal(dialog.accepted, timeout=5000):
        _button(dialog, "models.found.use").click()
    qtbot.waitUntil(lambda: "publisher/phi-4" in _titles(page), timeout=5000)
    added = world.models.models()[-1]
    assert (added.path, added.in_place, added.program) == ("/c", True, "LM Studio")
    qtbot.waitUntil(lambda: _text(page, "models.details.title") == "publisher/phi-4", timeout=5000)


def test_nothing_chosen_nothing_to_use(qtbot: QtBot, world: SimpleNamespace) -> None:
    dialog = _found(qtbot, world, show_page(qtbot, world, model(1)))
    for item in _items(dialog).values():
        item.setCheckState(0, Qt.CheckState.Unchecked)
    assert _text(dialog, "models.found.sum") == "Nothing is chosen"
    assert not _button(dialog, "models.found.use").isEnabled()


def test_one_that_cannot_be_added_does_not_stop_the_others(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, model(1))
    bad = FoundModel("/x", "broken", "Jan", 1_000)
    world.models.places.reports = (PlaceReport("Jan", "/jan", (bad, FoundModel("/y", "good", "Jan", 2_000))),)
    world.models.places.refused["broken"] = "Its header is damaged."
    dialog = _dialog(page, "models.found.show", "models.found")
    use = _button(dialog, "models.found.use")
    qtbot.waitUntil(use.isVisible, timeout=5000)
    use.click()
    qtbot.waitUntil(lambda: _text(dialog, "models.found.nothing.title") == "1 file could not be added", timeout=5000)
    assert "Its header is damaged." in _text(dialog, "models.found.nothing.words")
    qtbot.waitUntil(lambda: "good" in _titles(page), timeout=5000)


def test_nothing_found_and_cancelled_while_looking(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, model(1))
    dialog = _dialog(page, "models.found.show", "models.found")
    qtbot.waitUntil(lambda: _text(dialog, "models.found.nothing.title") == "Nothing was found", timeout=5000)
    assert _button(dialog, "models.found.cancel").text() == "Close"
    with qtbot.waitSignal(dialog.destroyed, timeout=5000):
        dialog.close()
    hold = threading.Event()

    def slowly(report: Callable[[Progress], None], cancel: CancelToken) -> tuple[PlaceReport, ...]:
        report(Progress(50, 0, "files", "LM Studio"))
        hold.wait(10)
        return (OLLAMA,)

    world.models.places.find = slowly
    dialog = _dialog(page, "models.found.show", "models.found")
    words = "Looking in the folders of LM Studio… 50 files looked at."
    qtbot.waitUntil(lambda: _text(dialog, "models.found.looking") == words, timeout=5000)
    with qtbot.waitSignal(dialog.destroyed, timeout=5000):
        _button(dialog, "models.found.cancel").click()
    hold.set()
    assert len(world.models.models()) == 1


# -- duplicates -------------------------------------------------------------------------------------------------------

GROUP = DuplicateGroup(
    "abc",
    1_280_000_000,
    (
        DuplicateCopy(1, "Ours", "/home/ada/Satchel/models/ours.gguf", "", True),
        DuplicateCopy(2, "Theirs", "/home/ada/.ollama/blobs/sha256-1", "Ollama", False),
    ),
)


def test_only_satchels_own_copy_can_be_deleted(qtbot: QtBot, world: SimpleNamespace) -> None:
    ours = replace(model(1, name="Ours", size_bytes=1_280_000_000), in_place=False, duplicates=(2,))
    theirs = replace(model(2, name="Theirs", size_bytes=1_280_000_000), program="Ollama", duplicates=(1,))
    world.models.duplicates.groups = (GROUP,)
    page = show_page(qtbot, world, ours, theirs)
    assert _button(page, "models.duplicates.show").text() == "Duplicates (1.3 GB)"
    dialog = _dialog(page, "models.duplicates.show", "models.duplicates")
    sums = "With each of them once, 1.3 GB would be free; deleting Satchel's own copies frees 1.3 GB."
    qtbot.waitUntil(lambda: _text(dialog, "models.duplicates.sum") == sums, timeout=5000)
    assert _button(dialog, "models.duplicates.2.delete") is None
    world.models.duplicates.groups = ()
    _button(dialog, "models.duplicates.1.delete").click()
    qtbot.waitUntil(lambda: [each.id for each in world.models.models()] == [2], timeout=5000)
    qtbot.waitUntil(lambda: _text(dialog, "models.duplicates.nothing.title") == "No duplicates", timeout=5000)
    qtbot.waitUntil(lambda: bool(world.notes) and world.notes[-1].action is not None, timeout=5000)


def test_comparing_shows_how_far_it_is_and_can_be_stopped(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, model(1), model(2, name="B"))
    dialog = _dialog(page, "models.duplicates.show", "models.duplicates")
    world.models.hashing.show(HashProgress(2, "B", 43, 100))
    bar = dialog.findChild(QProgressBar)
    qtbot.waitUntil(lambda: bar.isVisible() and bar.value() == 430, timeout=5000)
    assert _text(dialog, "models.duplicates.progress") == "Comparing files of equal length: B"
    _button(dialog, "models.duplicates.stop").click()
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=5000)


# -- deleted models ---------------------------------------------------------------------------------------------------


def _deleted(qtbot: QtBot, world: SimpleNamespace) -> tuple[ModelsPage, QDialog]:
    own = replace(model(2, name="Own", size_bytes=2_100_000_000), in_place=False)
    world.models.put(model(1), own, model(3, name="Forgotten"))
    world.models.delete(2)
    world.models.delete(3)
    page = show_page(qtbot, world, model(1))
    opener = _button(page, "models.trash.show")
    qtbot.waitUntil(lambda: opener.text() == "Deleted models (2, 2.1 GB)", timeout=5000)
    dialog = _dialog(page, "models.trash.show", "models.trash")
    qtbot.waitUntil(lambda: _button(dialog, "models.trash.2.restore") is not None, timeout=5000)
    return page, dialog


def test_a_deleted_model_comes_back(qtbot: QtBot, world: SimpleNamespace) -> None:
    page, dialog = _deleted(qtbot, world)
    _button(dialog, "models.trash.2.restore").click()
    qtbot.waitUntil(lambda: "Own" in _titles(page), timeout=5000)
    _button(dialog, "models.trash.3.restore").click()
    qtbot.waitUntil(dialog.findChild(QWidget, "models.trash.nothing").isVisible, timeout=5000)
    assert not _button(dialog, "models.trash.empty").isVisible()
    qtbot.waitUntil(lambda: not _button(page, "models.trash.show").isVisible(), timeout=5000)


def test_they_are_gone_for_good_only_after_a_question(qtbot: QtBot, world: SimpleNamespace) -> None:
    _, dialog = _deleted(qtbot, world)
    empty = _button(dialog, "models.trash.empty")
    assert empty.text() == "Free 2.1 GB for good…"
    empty.click()
    box = dialog.findChild(QMessageBox, "models.trash.empty.dialog")
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert len(world.models.trash.all()) == 2
    empty.click()
    boxes = dialog.findChildren(QMessageBox, "models.trash.empty.dialog")
    boxes[-1].findChild(QPushButton, "models.trash.empty.yes").click()
    qtbot.waitUntil(lambda: world.models.trash.all() == (), timeout=5000)
    qtbot.waitUntil(lambda: any(note.what == "2.1 GB are free again." for note in world.notes), timeout=5000)


# -- the empty library, the file manager ------------------------------------------------------------------------------


def test_an_empty_library_offers_what_other_programs_have(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world)
    qtbot.waitUntil(_button(page, "models.empty.found").isVisible, timeout=5000)
    assert not _button(page, "models.found.show").isVisible()
    _button(page, "models.empty.found").click()
    assert page.findChild(QDialog, "models.found").isVisible()


class Desktop(QObject):
    """Takes the addresses that would be opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toLocalFile())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems start a program that shows a window")
def test_the_folder_is_shown_where_nothing_can_select_a_file(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    desktop = Desktop()
    QDesktopServices.setUrlHandler("file", desktop, "open")
    try:
        path = tmp_path / "model.gguf"
        path.write_bytes(b"x")
        show_in_file_manager(path)
        show_in_file_manager(tmp_path / "gone" / "model.gguf")
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert desktop.opened == [str(tmp_path), str(tmp_path)]


def test_details_that_are_opened_first_know_the_model_that_is_loaded_already(
    qtbot: QtBot, world: SimpleNamespace
) -> None:
    page = show_page(qtbot, world, model(1))
    assert page.findChild(ModelDetails) is None, "half of the page is made only when it is seen"
    world.models.loaded.load(1)
    qtbot.waitUntil(page.findChild(QPushButton, "models.unload").isVisible, timeout=5000)
    page.select(1)
    load = page.findChild(QPushButton, "models.load")
    qtbot.waitUntil(lambda: load.text() == "Load again", timeout=5000)


def test_the_list_beside_the_details_is_whole_in_a_small_window(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, *(model(number, name=f"Model {number}") for number in range(1, 13)))
    assert page.findChild(QLineEdit, "models.search").width() == 220
    page.resize(832, 540)  # a window of 900 x 600
    list_of(page).setCurrentIndex(list_of(page).model().index(0, 0))
    details = page.findChild(QWidget, "models.details")
    qtbot.waitUntil(lambda: details is not None and details.isVisible())
    search = page.findChild(QLineEdit, "models.search")

    def whole() -> bool:
        end = search.mapTo(page, search.rect().topRight()).x()
        return end <= details.mapTo(page, details.rect().topLeft()).x() - 24

    qtbot.waitUntil(whole)
    assert not page.findChild(QPushButton, "models.found.show").isVisible()
    details.closed.emit()
    details.hide()
    page.resize(1200, 800)
    qtbot.waitUntil(page.findChild(QPushButton, "models.found.show").isVisible)


def test_details_stay_open_over_a_change_while_another_page_is_shown(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, model(1), model(2, name="Other"))
    page.select(1)
    details = page.findChild(QWidget, "models.details")
    qtbot.waitUntil(details.isVisible)
    page.hide()
    world.models.change(2, name="Renamed")
    qtbot.waitUntil(lambda: "Renamed" in [_row(page, row).title for row in range(2)])
    page.show()
    assert details.isVisible()


def test_a_small_window_keeps_its_order_over_changes(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = show_page(qtbot, world, *(model(number, name=f"Model {number}") for number in range(1, 13)))
    page.resize(832, 540)
    page.select(1)
    find, machine = page.findChild(QPushButton, "models.found.show"), page.findChild(QWidget, "models.machine")
    qtbot.waitUntil(lambda: not find.isVisible() and not machine.isVisible())
    world.models.change(2, name="Renamed")
    qtbot.waitUntil(lambda: "Renamed" in [_row(page, row).title for row in range(12)])
    assert not find.isVisible()
    world.models.delete(1)
    qtbot.waitUntil(lambda: list_of(page).model().rowCount() == 11)
    qtbot.waitUntil(machine.isVisible, timeout=5000)
    assert find.isVisible()
