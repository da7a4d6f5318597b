"""The main window with fakes behind it: first start, pages, drops, problems, crashes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.core.errors import StorageError
from app.services.events import NoticeRaised
from app.ui.drop import Dropped
from app.ui.models.add_dialog import AddModelDialog
from app.ui.notices import Action, Note
from app.ui.rail import PAGES, Memory, Page
from app.ui.widgets.dialogs import LAST_FOLDER, Dialog, choose_file
from app.ui.widgets.placement import keep_on_screen, room_on_screen
from app.ui.window import MainWindow
from tests.helpers.fake_libraries import collection, model


@pytest.fixture
def window(qtbot: QtBot, world: SimpleNamespace) -> Iterator[MainWindow]:
    home = world.parts.home
    made = MainWindow(world.parts.theme, world.bridge, lambda: Memory(1, 2), home.root / "window.ini", home.logs)
    with qtbot.waitSignal(made.painted, timeout=10_000):
        made.show()
    world.parts = SimpleNamespace(**{**vars(world.parts), "notify": made.reports.tell})
    yield made
    made.close()
    made.deleteLater()


def _shown(window: MainWindow, name: str) -> bool:
    found = window.findChild(QWidget, name)
    return found is not None and found.isVisible()


def _drop(window: MainWindow, *urls: QUrl) -> Qt.DropAction:
    data = QMimeData()
    data.setUrls(list(urls))
    accepted, action = _drag(window, data, QPoint(200, 200))
    assert accepted
    return action


def _drag(window: MainWindow, data: QMimeData, where: QPoint) -> tuple[bool, Qt.DropAction]:
    """As the system tells of a drag: to the native window, whose Qt side finds the widget that wants it.

    Returns whether something took it, and with what action.
    """
    native = window.windowHandle()
    offered = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    how = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier)  # with which a source proposes to move
    enter = QDragEnterEvent(QPointF(where), offered, data, *how)
    QApplication.sendEvent(native, enter)
    _never_a_move(enter)
    move = QDragMoveEvent(QPointF(where), offered, data, *how)
    if enter.isAccepted():  # as QGuiApplication does: who took the entering need not take each move
        move.setDropAction(enter.dropAction())
        move.accept()
    QApplication.sendEvent(native, move)
    _never_a_move(move)
    assert _shown(window, "drop.overlay") == data.hasUrls()
    if not move.isAccepted():
        QApplication.sendEvent(native, QDragLeaveEvent())
        return False, Qt.DropAction.IgnoreAction
    drop = QDropEvent(QPointF(where), offered, data, *how)
    QApplication.sendEvent(native, drop)
    assert not _shown(window, "drop.overlay")
    return drop.isAccepted(), drop.dropAction()


def _never_a_move(event: QDropEvent) -> None:
    """A file manager that is told "move" deletes the file, some by what they were told before the drop."""
    if event.isAccepted() and event.mimeData().hasUrls():
        assert event.dropAction() == Qt.DropAction.CopyAction


def test_the_first_start_welcomes(qtbot: QtBot, window: MainWindow, world: SimpleNamespace) -> None:
    world.models.put(model(1))
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "welcome"), timeout=5000)
    qtbot.waitUntil(lambda: "Fits" in window.findChild(QLabel, "welcome.model.fit").text(), timeout=5000)
    assert "RTX 4060" in window.findChild(QLabel, "welcome.machine.words").text()
    window.findChild(QPushButton, "welcome.start").click()
    assert _shown(window, "chat")


def test_with_documents_but_no_conversation_it_is_no_first_start(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace
) -> None:
    world.documents.put(collection(1))
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "chat"), timeout=5000)


def test_a_dropped_folder_is_indexed_and_attached(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace, tmp_path: Path
) -> None:
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "welcome"), timeout=5000)
    action = _drop(window, QUrl.fromLocalFile(str(tmp_path)))
    assert action == Qt.DropAction.CopyAction  # "move" would take the files away from where they lie
    qtbot.waitUntil(lambda: len(world.documents.collections()) == 1, timeout=5000)
    qtbot.waitUntil(lambda: _shown(window, "chat"), timeout=5000)

    def attached() -> bool:
        return [summary.collection_ids for summary in world.chat.list_conversations()] == [(1,)]

    qtbot.waitUntil(attached, timeout=5000)
    assert [note.what for note in window.notices.notes()] == [f"Reading “{tmp_path.name}”"]
    world.documents.finish_indexing(1)
    ready = f"“{tmp_path.name}” is ready."
    qtbot.waitUntil(lambda: [note.what for note in window.notices.notes()] == [ready], timeout=5000)


def test_a_folder_that_is_dropped_again_is_attached_not_indexed_twice(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace, tmp_path: Path
) -> None:
    world.documents.put(collection(1, "House", roots=[str(tmp_path)]))
    window.open(world.parts)
    window.take(Dropped.of_paths([tmp_path]))
    said = "“House” is in your documents already."
    qtbot.waitUntil(lambda: [note.what for note in window.notices.notes()] == [said], timeout=5000)
    qtbot.waitUntil(
        lambda: [each.collection_ids for each in world.chat.list_conversations()] == [(1,)],
        timeout=5000,
    )
    assert [info.name for info in world.documents.collections()] == ["House"]


def test_a_closed_progress_notice_does_not_come_back(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace, tmp_path: Path
) -> None:
    window.open(world.parts)
    window.take(Dropped.of_paths([tmp_path]))
    qtbot.waitUntil(lambda: bool(window.notices.notes()), timeout=5000)
    window.findChild(QWidget, "notice.close").click()  # type: ignore[attr-defined]
    with qtbot.waitSignal(world.bridge.happened, timeout=5000):
        world.documents.finish_indexing(1)
    assert window.notices.notes() == []


def test_a_mixed_drop_does_both(qtbot: QtBot, window: MainWindow, world: SimpleNamespace, tmp_path: Path) -> None:
    folder, models = tmp_path / "notes", [tmp_path / "one.gguf", tmp_path / "two.gguf"]
    folder.mkdir()
    for path in models:
        path.write_bytes(b"GGUF rest")
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "welcome"), timeout=5000)
    _drop(window, *(QUrl.fromLocalFile(str(path)) for path in (folder, *models)))
    for name in ("one", "two"):  # one dialog after the other
        add = f"{name}.gguf"
        qtbot.waitUntil(lambda add=add: _title(window) in (add, add[:3]), timeout=5000)
        button = window.findChild(AddModelDialog).findChild(QPushButton, "add_model.add")
        qtbot.waitUntil(button.isVisible, timeout=5000)
        button.click()
        qtbot.waitUntil(lambda name=name: name in [entry.title for entry in world.models.models()], timeout=5000)
    assert [info.name for info in world.documents.collections()] == ["notes"]


def _title(window: MainWindow) -> str:
    dialog = window.findChild(AddModelDialog)
    return dialog.findChild(QLabel, "add_model.title").text() if dialog is not None else ""


def _with_chat(qtbot: QtBot, window: MainWindow, world: SimpleNamespace) -> tuple[QPlainTextEdit, QPoint]:
    world.documents.put(collection(1))
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "chat"), timeout=5000)
    field = window.findChild(QPlainTextEdit, "composer.input")
    return field, field.mapTo(window, field.rect().center())


def test_text_is_dropped_into_the_question(qtbot: QtBot, window: MainWindow, world: SimpleNamespace) -> None:
    field, there = _with_chat(qtbot, window, world)
    data = QMimeData()
    data.setText("What is “leek” in Übersee?")
    assert _drag(window, data, there)[0]
    assert field.toPlainText() == "What is “leek” in Übersee?"
    assert not _drag(window, data, QPoint(300, 200))[0]  # elsewhere nothing takes it
    assert window.notices.notes() == []


def test_a_file_dropped_on_the_question_goes_to_the_window(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace, tmp_path: Path
) -> None:
    field, there = _with_chat(qtbot, window, world)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/a.pdf")])
    data.setText(str(tmp_path))  # file managers offer the path as text, too
    assert _drag(window, data, there) == (True, Qt.DropAction.CopyAction)
    qtbot.waitUntil(lambda: len(world.documents.collections()) == 2, timeout=5000)
    assert field.toPlainText() == ""
    assert "That is not on this machine." in [note.what for note in window.notices.notes()]


def test_an_address_on_the_web_is_refused_in_words(qtbot: QtBot, window: MainWindow, world: SimpleNamespace) -> None:
    window.open(world.parts)
    _drop(window, QUrl("https://example.org/paper.pdf"))
    qtbot.waitUntil(lambda: bool(window.notices.notes()), timeout=5000)
    note = window.notices.notes()[0]
    assert note.what == "That is not on this machine."
    assert "https://example.org/paper.pdf" in note.why
    assert world.documents.collections() == []


def test_what_comes_before_the_services_waits_for_them(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace, tmp_path: Path
) -> None:
    window.take(Dropped.of_paths([tmp_path]))
    assert world.documents.collections() == []
    window.open(world.parts)
    qtbot.waitUntil(lambda: len(world.documents.collections()) == 1, timeout=5000)


def test_a_path_that_is_not_there_is_said(qtbot: QtBot, window: MainWindow, world: SimpleNamespace) -> None:
    window.open(world.parts)
    window.take(Dropped.of_paths([Path("/nowhere/at all.txt")]))
    qtbot.waitUntil(lambda: "cannot be added" in "".join(n.what for n in window.notices.notes()), timeout=5000)


def test_pages_are_built_when_they_are_first_shown(qtbot: QtBot, window: MainWindow, world: SimpleNamespace) -> None:
    world.documents.put(collection(1))
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "chat"), timeout=5000)
    assert window.findChild(QWidget, "models") is None
    for number, page in enumerate(("chat", "models", "documents", "settings"), 1):
        qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier)
        assert _shown(window, page)
        assert window.rail.page == page
    window.navigation.ask_about(1)
    assert _shown(window, "chat")


def test_why_it_cannot_open_is_said_and_can_be_tried_again(qtbot: QtBot, window: MainWindow) -> None:
    tried: list[int] = []
    window.show_problem(
        StorageError("It is newer.", "It has version 9.", "Install the newer Satchel."), lambda: tried.append(1)
    )
    assert window.findChild(QLabel, "opening.what").text() == "It is newer."
    assert window.findChild(QLabel, "opening.next").text() == "Install the newer Satchel."
    window.findChild(QPushButton, "opening.retry").click()
    assert tried == [1]


def test_notices_of_services_and_crashes_are_shown(qtbot: QtBot, window: MainWindow, world: SimpleNamespace) -> None:
    world.bridge.publish(NoticeRaised("The model's process ended.", "It was killed.", "It starts again.", "warning"))
    qtbot.waitUntil(lambda: len(window.notices.notes()) == 1, timeout=5000)
    window.reports.tell_crash("ValueError: seven")
    crash = window.notices.notes()[-1]
    assert crash.why == "ValueError: seven"
    assert "saved" in crash.next_step


def test_notices_in_the_chat_cover_neither_what_was_said_nor_what_is_typed(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace
) -> None:
    world.chat.new_conversation()
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "chat"), timeout=5000)
    window.notices.show_note(Note("The model's process ended unexpectedly.", "", "It starts again.", "warning"))
    body, pane = window.centralWidget(), window.navigation.pages.chat.pane

    def between() -> bool:
        said = pane.empty.mapTo(body, pane.empty.rect().bottomLeft()).y()
        typed = pane.composer.mapTo(body, pane.composer.rect().topLeft()).y()
        return said < window.notices.y() and window.notices.geometry().bottom() < typed

    qtbot.waitUntil(between, timeout=5000)
    window.navigation.go("models")
    qtbot.waitUntil(lambda: window.notices.geometry().bottom() == body.height() - 1, timeout=5000)


def test_it_opens_inside_the_screen_also_where_it_was_larger(qtbot: QtBot, window: MainWindow) -> None:
    room = room_on_screen(window)
    assert room.contains(window.geometry())  # the tests' screen is smaller than the size for the first start
    window.resize(4000, 3000)
    keep_on_screen(window)
    assert room.contains(window.geometry())


def test_the_question_has_the_focus_when_the_chat_is_shown(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace
) -> None:
    field, _there = _with_chat(qtbot, window, world)
    assert window.focusWidget() is field
    window.navigation.go("models")
    window.navigation.go("chat")
    assert window.focusWidget() is field


def test_when_a_notice_with_the_focus_goes_the_page_has_it(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace
) -> None:
    _with_chat(qtbot, window, world)
    window.navigation.go("models")
    undone: list[int] = []
    window.notices.show_note(Note("It is in the trash.", action=Action("Undo", lambda: undone.append(1))))
    window.activateWindow()
    undo = window.findChild(QPushButton, "notice.action")
    undo.setFocus()
    qtbot.waitUntil(undo.hasFocus, timeout=5000)
    qtbot.keyClick(undo, Qt.Key.Key_Return)
    assert undone == [1]
    focused = window.focusWidget()
    assert focused is not None
    assert not window.rail.isAncestorOf(focused)


def test_enter_starts_from_the_welcome(qtbot: QtBot, window: MainWindow, world: SimpleNamespace) -> None:
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "welcome"), timeout=5000)
    start = window.findChild(QPushButton, "welcome.start")
    assert window.focusWidget() is start
    qtbot.keyClick(start, Qt.Key.Key_Return)
    assert _shown(window, "chat")


def test_arrows_lead_along_the_rail_from_the_page_that_is_shown(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace
) -> None:
    _with_chat(qtbot, window, world)
    window.navigation.go("documents")
    stops = [page for page in PAGES if window.rail.button(page).focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops == ["documents"]
    window.activateWindow()
    window.rail.button("documents").setFocus()
    qtbot.waitUntil(window.rail.button("documents").hasFocus, timeout=5000)
    qtbot.keyClick(window.rail.button("documents"), Qt.Key.Key_Up)
    assert _shown(window, "models")
    assert window.focusWidget() is window.rail.button("models")


@pytest.mark.parametrize("page", PAGES)
def test_tab_stops_only_where_it_shows_and_enters_the_rail_at_its_page(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace, page: Page
) -> None:
    world.models.put(model(1))
    _with_chat(qtbot, window, world)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    window.navigation.go(page)
    stops: list[QWidget] = []
    while (focused := window.focusWidget()) not in stops or len(stops) < 2:
        assert focused is not None
        stops.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    walked = stops[1:]  # the first may be the page itself, which Tab then leaves
    assert not [each for each in walked if type(each) in (QScrollArea, QStackedWidget) or type(each) is QWidget]
    assert [each for each in walked if window.rail.isAncestorOf(each)] == [window.rail.button(page)]


def test_a_file_dialog_opens_where_the_last_one_was_used(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    taken: list[Path] = []
    (tmp_path / "a.gguf").touch()
    for _time in range(2):
        choose_file(window.rail, "choose", "Choose", taken.append)
        dialog = window.findChild(QFileDialog, "choose")
        assert Path(dialog.directory().absolutePath()) != Path.cwd()
        assert not taken or Path(dialog.directory().absolutePath()) == tmp_path
        dialog.selectFile(str(tmp_path / "a.gguf"))
        dialog.accept()
        qtbot.waitUntil(lambda: window.findChild(QFileDialog, "choose") is None, timeout=5000)
    assert taken == [tmp_path / "a.gguf"] * 2


def test_a_dialog_that_grows_stays_inside_the_window_and_the_screen(qtbot: QtBot, window: MainWindow) -> None:
    dialog = Dialog(window, "grows", "Grows")
    dialog.take_room(300, 100)
    dialog.open()
    dialog.move(500, 700)
    dialog.take_room(500, 5000)
    assert room_on_screen(window).contains(dialog.geometry())
    assert dialog.height() < window.height()
    dialog.reject()


def test_buttons_of_dialogs_have_no_stock_icons(qtbot: QtBot, window: MainWindow) -> None:
    box = QMessageBox(window)
    box.setStandardButtons(QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel)
    assert all(each.icon().isNull() for each in box.buttons())


def test_offline_is_seen_in_the_rail_and_leads_to_the_switch(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace
) -> None:
    window.open(world.parts)
    offline = window.rail.findChild(QToolButton, "rail.offline")
    assert offline.isHidden()
    world.connections.set_offline(True)
    qtbot.waitUntil(offline.isVisible, timeout=5000)
    offline.click()
    qtbot.waitUntil(lambda: _shown(window, "settings"), timeout=5000)
    switch = window.findChild(QCheckBox, "settings.network.offline")
    qtbot.waitUntil(switch.isChecked, timeout=5000)
    switch.click()
    qtbot.waitUntil(offline.isHidden, timeout=5000)
    assert not world.settings.current.network.offline


def test_its_place_and_page_are_remembered(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace, tmp_path: Path
) -> None:
    home_of_files = tmp_path / "files"
    world.chat.new_conversation()
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "chat"), timeout=5000)
    window.resize(760, 607)
    window.setProperty(LAST_FOLDER, str(home_of_files))
    window.navigation.go("documents")
    window.close()
    home = world.parts.home
    again = MainWindow(world.parts.theme, world.bridge, lambda: Memory(1, 2), home.root / "window.ini", home.logs)
    qtbot.addWidget(again)
    again.show()
    again.open(world.parts)
    assert (again.width(), again.height()) == (760, 607)
    assert again.property(LAST_FOLDER) == str(home_of_files)
    qtbot.waitUntil(lambda: _shown(again, "documents"), timeout=5000)


def test_a_page_that_is_clicked_before_the_services_are_there_is_shown_when_they_are(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace
) -> None:
    world.chat.new_conversation()
    window.rail.button("models").click()
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "models"), timeout=5000)


def test_a_window_that_is_closed_before_it_opened_keeps_the_page_of_last_time(
    qtbot: QtBot, window: MainWindow, world: SimpleNamespace
) -> None:
    world.chat.new_conversation()
    window.open(world.parts)
    qtbot.waitUntil(lambda: _shown(window, "chat"), timeout=5000)
    window.navigation.go("documents")
    window.close()
    home = world.parts.home
    for _start in range(2):
        again = MainWindow(world.parts.theme, world.bridge, lambda: Memory(1, 2), home.root / "window.ini", home.logs)
        qtbot.addWidget(again)
        again.show()
        assert again.rail.page == "documents"
        again.close()
