"""The Documents page: empty, busy, in trouble, large; its files, its search, and what is done with a collection."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMessageBox,
    QPushButton,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.chat.sources import Evidence, Passage, Quote
from app.services.events import CollectionsChanged
from app.ui.chat.intents import SourceSpan
from app.ui.documents.files_model import NAME, PAGE, STATE
from app.ui.documents.page import DocumentsPage
from app.ui.documents.results import Results
from app.ui.documents.words import long_state, progress_line
from app.ui.widgets.rows import ROW_ROLE
from tests.helpers.fake_libraries import collection, file


def _page(qtbot: QtBot, world: SimpleNamespace) -> DocumentsPage:
    page = DocumentsPage(world.parts)
    qtbot.addWidget(page)
    page.resize(1100, 760)
    with qtbot.waitExposed(page):
        page.show()
    return page


def _text(page: QWidget, name: str) -> str:
    return page.findChild(QLabel, name).text()


def _table(page: DocumentsPage) -> QTableView:
    return page.findChild(QTableView, "documents.files")


def _cell(page: DocumentsPage, row: int, column: int) -> str:
    return _table(page).model().index(row, column).data() or ""


def _open(qtbot: QtBot, page: DocumentsPage, rows: int) -> None:
    qtbot.waitUntil(lambda: _table(page).model().rowCount() == rows and bool(_cell(page, 0, NAME)), timeout=5000)


class _PaintCounter(QObject):
    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def _act(page: DocumentsPage, name: str) -> None:
    page.findChild(QAction, name).trigger()


def test_without_collections_there_is_a_place_to_drop(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    qtbot.waitUntil(page.findChild(QWidget, "documents.empty.drop").isVisible, timeout=5000)


def test_each_file_says_its_state_and_why(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(
        collection(1), files=[file(1, status="failed", reason="It is protected by a password."), file(2, pages=12)]
    )
    page = _page(qtbot, world)
    _open(qtbot, page, 2)
    assert _cell(page, 0, STATE) == "Failed: It is protected by a password."
    assert [_cell(page, 1, column) for column in range(5)] == ["day-2.md", "Indexed", "12", "12", "8 kB"]
    assert _text(page, "documents.files.count") == "2 files"


def test_ten_thousand_files_are_fetched_as_they_are_looked_at(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1), files=[file(number) for number in range(1, 10_001)])
    page = _page(qtbot, world)
    _open(qtbot, page, 10_000)
    assert world.documents.pages_read <= 2
    _table(page).scrollToBottom()
    qtbot.waitUntil(lambda: _cell(page, 9_999, NAME) == "day-10000.md", timeout=5000)
    assert world.documents.pages_read < 10_000 / PAGE / 4


def test_a_refresh_reads_what_is_seen_however_much_was_looked_at(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1), files=[file(number) for number in range(1, 5_001)])
    page = _page(qtbot, world)
    _open(qtbot, page, 5_000)
    for row in range(0, 5_000, PAGE):
        _table(page).scrollTo(_table(page).model().index(row, 0))
        qtbot.waitUntil(lambda row=row: bool(_cell(page, row, NAME)), timeout=5000)
    before = world.documents.pages_read
    page.detail.files.refresh()
    qtbot.waitUntil(lambda: bool(_cell(page, 4_999, NAME)), timeout=5000)
    assert world.documents.pages_read - before <= 2
    _table(page).scrollToTop()
    qtbot.waitUntil(lambda: _cell(page, 0, NAME) == "day-1.md", timeout=5000)


def test_a_thousand_states_while_indexing_are_few_reads(qtbot: QtBot, world: SimpleNamespace) -> None:
    busy = collection(1, phase="indexing", files=5_000, indexed=0, skipped=0, failed=0, pending=5_000, chunks=0)
    world.documents.put(busy, files=[file(number, status="pending") for number in range(1, 5_001)])
    page = _page(qtbot, world)
    _open(qtbot, page, 5_000)
    before, painted = world.documents.pages_read, _PaintCounter(_table(page).viewport())
    for done in range(5, 5_001, 5):
        state = msgspec.structs.replace(busy, indexed=done, pending=5_000 - done, current_file=f"/home/ada/{done}.md")
        world.bridge.publish(CollectionsChanged((state,)))
    qtbot.waitUntil(lambda: _text(page, "documents.progress.words") == "5,000 of 5,000 files read", timeout=5000)
    qtbot.waitUntil(lambda: world.documents.pages_read > before, timeout=5000)  # it does look again, once
    assert world.documents.pages_read - before <= 3
    assert painted.count <= 20
    assert _table(page).model().rowCount() == 5_000


def test_filters_by_state_and_name(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1), files=[file(1), file(2, status="skipped", reason="It is empty."), file(12)])
    page = _page(qtbot, world)
    _open(qtbot, page, 3)
    status = page.findChild(QComboBox, "documents.files.status")
    status.setCurrentIndex(status.findData("skipped"))
    _open(qtbot, page, 1)
    assert _cell(page, 0, STATE) == "Skipped: It is empty."
    status.setCurrentIndex(0)
    page.findChild(QLineEdit, "documents.files.name").setText("day-12")
    _open(qtbot, page, 1)
    assert _cell(page, 0, NAME) == "day-12.md"
    page.findChild(QLineEdit, "documents.files.name").setText("nothing like this")
    qtbot.waitUntil(lambda: _text(page, "documents.files.none") == "No file is like that.", timeout=5000)


def test_progress_is_shown_and_goes(qtbot: QtBot, world: SimpleNamespace) -> None:
    busy = collection(
        1, phase="indexing", files=1200, indexed=812, skipped=0, failed=0, pending=388, seconds_left=130.0,
        current_file="/home/ada/soup.pdf",
    )  # fmt: skip
    world.documents.put(busy)
    page = _page(qtbot, world)
    progress = page.findChild(QWidget, "documents.progress")
    qtbot.waitUntil(progress.isVisible, timeout=5000)
    assert _text(page, "documents.progress.words") == "812 of 1,200 files read, about 2 minutes left"
    row = page.findChild(QListView, "documents.collections").model().index(0, 0).data(ROW_ROLE)
    assert round(row.fraction, 2) == 0.68
    read = msgspec.structs.replace(busy, indexed=1200, pending=0, chunks=4000, embedded=3000, seconds_left=42.0)
    world.bridge.publish(CollectionsChanged((read,)))
    words = "1,200 files read; 3,000 of 4,000 passages ready, about 40 seconds left"
    qtbot.waitUntil(lambda: _text(page, "documents.progress.words") == words, timeout=5000)
    done = msgspec.structs.replace(busy, phase="idle", indexed=1200, pending=0, seconds_left=None)
    world.bridge.publish(CollectionsChanged((done,)))
    qtbot.waitUntil(progress.isHidden, timeout=5000)
    assert _text(page, "documents.detail.state") == "1,200 indexed · 214 passages"


def test_one_is_not_said_as_many() -> None:
    one = collection(1, phase="indexing", files=1, indexed=0, skipped=0, failed=0, pending=1, chunks=0, embedded=0)
    assert progress_line(one) == "0 of 1 file read"
    read = msgspec.structs.replace(one, indexed=1, pending=0, chunks=1)
    assert progress_line(read) == "1 file read; 0 of 1 passage ready"
    assert long_state(msgspec.structs.replace(read, phase="idle", embedded=1)) == "1 indexed · 1 passage"


def test_what_stops_a_collection_is_said(qtbot: QtBot, world: SimpleNamespace) -> None:
    halted = collection(1, phase="indexing", pending=3, problem="The disk is full. Free some space.", halted=True)
    world.documents.put(halted)
    page = _page(qtbot, world)
    qtbot.waitUntil(page.findChild(QWidget, "documents.problem").isVisible, timeout=5000)
    assert _text(page, "documents.problem.words") == "The disk is full. Free some space."
    assert page.findChild(QWidget, "documents.progress").isHidden(), "nothing goes on"


def test_the_choice_stays_while_states_change(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1, "Alpha"), collection(2, "Beta"))
    page = _page(qtbot, world)
    qtbot.waitUntil(lambda: _text(page, "documents.detail.title") == "Alpha", timeout=5000)
    page.select(2)
    world.documents.rename(2, "Gamma")
    qtbot.waitUntil(lambda: _text(page, "documents.detail.title") == "Gamma", timeout=5000)
    world.documents.remove(1)
    qtbot.waitUntil(lambda: page.findChild(QListView, "documents.collections").model().rowCount() == 1, timeout=5000)
    assert _text(page, "documents.detail.title") == "Gamma"


def test_a_search_shows_passages_with_the_answer_marked(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1), files=[file(1)])
    page = _page(qtbot, world)
    _open(qtbot, page, 1)
    search = page.findChild(QLineEdit, "documents.search")
    search.setText("when does the ferry leave?")
    qtbot.waitUntil(lambda: page.findChild(QWidget, "documents.result.1") is not None, timeout=5000)
    card = page.findChild(QWidget, "documents.result.1")
    words = " ".join(found.text() for found in card.findChildren(QLabel))
    assert "day-3.md · page 2 · Orkney › Getting there" in words
    assert "day-3.md" in card.accessibleName()
    assert ">The ferry to Orkney leaves Scrabster at 8:45</span>" in words.replace(".</span>", "</span>")
    search.setText("there is nothing")
    qtbot.waitUntil(
        lambda: _text(page, "documents.results.summary") == "Nothing like this is in these documents.", timeout=5000
    )
    search.clear()
    assert _table(page).isVisible()


def test_a_result_opens_its_source_beside_it(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1), collection(2, "Zebras"), files=[file(1)])
    page = _page(qtbot, world)
    _open(qtbot, page, 1)
    page.findChild(QLineEdit, "documents.search").setText("when does the ferry leave?")
    qtbot.waitUntil(lambda: page.findChild(QWidget, "documents.result.1") is not None, timeout=5000)
    card = page.findChild(QPushButton, "documents.result.1")
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Return)
    pane = page.source.pane
    qtbot.waitUntil(lambda: pane.isVisible() and pane.cited_text() == "x" * 45, timeout=5000)  # the quote, not all
    page.resize(900, 600)
    qtbot.waitUntil(lambda: card.height() == card.heightForWidth(card.width()), timeout=5000)  # no word is cut
    assert not page.findChild(QListView, "documents.collections").isVisible()  # it makes room
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    assert pane.isHidden()
    assert page.findChild(QListView, "documents.collections").isVisible()
    card.click()
    page.select(2)
    assert pane.isHidden()  # it belonged to another collection


def test_a_file_is_opened_as_it_was_read(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1), files=[file(1)])
    page = _page(qtbot, world)
    _open(qtbot, page, 1)
    _table(page).setCurrentIndex(_table(page).model().index(0, 0))
    _act(page, "documents.files.read")
    qtbot.waitUntil(lambda: _text(page, "source.title") == "day-1.md", timeout=5000)
    assert page.source.pane.isVisible()


def test_the_last_source_that_was_asked_for_is_shown(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1), files=[file(1), file(2)])
    page = _page(qtbot, world)
    _open(qtbot, page, 2)
    for number in (1, 2):
        page.source.open(SourceSpan(number, 0, 5, "asked for"))
    qtbot.waitUntil(lambda: _text(page, "source.title") == "day-2.md", timeout=5000)
    page.source.open(SourceSpan(99, 0, 5, "gone"))
    qtbot.waitUntil(lambda: "not there" in _text(page, "source.message"), timeout=5000)


def test_headings_of_markdown_stand_once(qtbot: QtBot, world: SimpleNamespace) -> None:
    results = Results(world.parts.theme)
    qtbot.addWidget(results)
    text = "# Soup\n\n## Leek\n\nCut two leeks. Boil them."
    passage = Passage(1, 1, 1, 1, "/soup.md", "Soup", "Soup › Leek", None, 100, 100 + len(text), text, 1.0)
    start = 100 + text.index("Boil")
    quote = Quote(1, start, start + 10, "Boil them.", 1.0)
    results.show_evidence(Evidence("q", (passage,), (quote,), found=True))
    (shown,) = [label.text() for label in results.findChildren(QLabel) if label.textFormat() == Qt.TextFormat.RichText]
    assert shown.startswith("Cut two leeks. <span")
    assert shown.endswith(">Boil them.</span>")


def test_markup_in_a_document_is_text(qtbot: QtBot, world: SimpleNamespace) -> None:
    results = Results(world.parts.theme)
    qtbot.addWidget(results)
    text = '<img src="file:///dev/zero"> & <b>bold</b>'
    passage = Passage(1, 1, 1, 1, "/a.md", "a", "", None, 0, len(text), text, 1.0)
    results.show_evidence(Evidence("q", (passage,), (), found=True))
    shown = [label.text() for label in results.findChildren(QLabel) if label.textFormat() == Qt.TextFormat.RichText]
    assert shown == ["&lt;img src=&quot;file:///dev/zero&quot;&gt; &amp; &lt;b&gt;bold&lt;/b&gt;"]


def test_pausing_and_going_on(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1, phase="indexing", pending=3))
    page = _page(qtbot, world)
    pause = page.findChild(QPushButton, "documents.pause")
    qtbot.waitUntil(pause.isVisible, timeout=5000)
    pause.click()
    qtbot.waitUntil(lambda: pause.text() == "Go on indexing", timeout=5000)
    pause.click()
    qtbot.waitUntil(pause.isHidden, timeout=5000)
    assert world.documents.calls == [("set_paused", True), ("set_paused", False)]


def test_rescan_retry_rename_and_remove(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1, "Old"))
    page = _page(qtbot, world)
    qtbot.waitUntil(lambda: _text(page, "documents.detail.title") == "Old", timeout=5000)
    _act(page, "documents.rescan")
    _act(page, "documents.retry")
    qtbot.waitUntil(lambda: len(world.documents.calls) == 2, timeout=5000)
    assert set(world.documents.calls) == {("rescan", 1, False), ("rescan", 1, True)}
    _act(page, "documents.rename")
    dialog = page.findChild(QInputDialog, "documents.rename.dialog")
    dialog.setTextValue("New")
    dialog.accept()
    qtbot.waitUntil(lambda: _text(page, "documents.detail.title") == "New", timeout=5000)
    _act(page, "documents.remove")
    box = page.findChild(QMessageBox, "documents.remove.dialog")
    assert "Your files stay as they are" in box.informativeText()
    box.findChild(QPushButton, "documents.remove.yes").click()
    qtbot.waitUntil(page.findChild(QWidget, "documents.empty.drop").isVisible, timeout=5000)
    qtbot.waitUntil(lambda: bool(world.notes), timeout=5000)
    assert world.notes[-1].action.text == "Undo"
    world.notes[-1].action.do()
    qtbot.waitUntil(lambda: _text(page, "documents.detail.title") == "New", timeout=5000)
    qtbot.waitUntil(page.findChild(QWidget, "documents.detail.title").isVisible, timeout=5000)


def test_retry_is_offered_only_where_something_failed(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(1, failed=0))
    page = _page(qtbot, world)
    qtbot.waitUntil(lambda: _text(page, "documents.detail.title") == "Trip notes", timeout=5000)
    assert not page.findChild(QAction, "documents.retry").isEnabled()


def test_asking_names_the_collection(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.documents.put(collection(7))
    page = _page(qtbot, world)
    qtbot.waitUntil(lambda: _text(page, "documents.detail.title") == "Trip notes", timeout=5000)
    with qtbot.waitSignal(page.ask_about, timeout=5000) as asked:
        page.findChild(QPushButton, "documents.ask").click()
    assert asked.args == [7]
