"""The settings of the network, and the list of requests: empty, live, and with as many as are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.core.connections import Connection
from app.core.errors import HubError
from app.storage.settings import SettingsFile
from app.ui.settings.connections_model import BYTES, HOST, PURPOSE, REQUESTS, STATE
from app.ui.settings.page import SettingsPage
from tests.helpers.fake_hub import offline
from tests.helpers.fake_network import BEGAN, connection

NOTHING = "Nothing has left this computer since Satchel was started."


def _page(qtbot: QtBot, world: SimpleNamespace) -> SettingsPage:
    page = SettingsPage(world.parts)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    with qtbot.waitExposed(page):
        page.show()
    return page


def _text(page: QWidget, name: str) -> str:
    return page.findChild(QLabel, name).text()


def _button(page: QWidget, name: str) -> QPushButton:
    return page.findChild(QPushButton, name)


def _icon_button(page: QWidget, name: str) -> QToolButton:
    return page.findChild(QToolButton, name)


def _listed(qtbot: QtBot, world: SimpleNamespace, *connections: Connection) -> tuple[SettingsPage, QTableView]:
    page = _page(qtbot, world)
    _button(page, "settings.network.connections").click()
    table = page.findChild(QTableView, "connections.list")
    if connections:
        world.connections.put(connections)
        qtbot.waitUntil(lambda: table.model().rowCount() == len(connections), timeout=5000)
    return page, table


def _row(table: QTableView, row: int) -> list[str]:
    return [table.model().index(row, column).data() for column in (HOST, PURPOSE, BYTES, STATE)]


def test_the_offline_switch_holds_at_once_and_follows_others(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    switch = page.findChild(QCheckBox, "settings.network.offline")
    switch.click()
    qtbot.waitUntil(lambda: world.settings.current.network.offline, timeout=5000)
    world.connections.set_offline(False)
    qtbot.waitUntil(lambda: not switch.isChecked(), timeout=5000)


def test_another_setting_does_not_turn_the_switch_back(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    page.findChild(QCheckBox, "settings.network.offline").click()
    qtbot.waitUntil(lambda: world.settings.current.network.offline, timeout=5000)
    page.findChild(QDoubleSpinBox, "settings.temperature").setValue(0.4)
    qtbot.waitUntil(lambda: world.settings.current.sampling.temperature == 0.4, timeout=5000)
    assert SettingsFile(world.parts.home.settings_file).current.network.offline


def test_a_token_is_kept_checked_and_forgotten_and_never_shown(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    field, keep = page.findChild(QLineEdit, "settings.network.token"), _button(page, "settings.network.token.set")
    assert field.echoMode() == QLineEdit.EchoMode.Password
    assert not keep.isEnabled()
    field.setText("hf_secret")
    keep.click()
    forget = _button(page, "settings.network.token.forget")
    qtbot.waitUntil(forget.isVisible, timeout=5000)
    assert world.hub.token == "hf_secret"
    assert _text(page, "settings.network.token.words") == "It is kept in the system's keyring."
    assert field.text() == ""
    assert not field.isVisible()
    _button(page, "settings.network.token.check").click()
    qtbot.waitUntil(lambda: "the token of ada" in _text(page, "settings.network.token.words"), timeout=5000)
    forget.click()
    qtbot.waitUntil(field.isVisible, timeout=5000)
    assert world.hub.token == ""


def test_what_is_no_token_and_what_cannot_be_checked_is_said(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    field = page.findChild(QLineEdit, "settings.network.token")
    field.setText("password")
    _button(page, "settings.network.token.set").click()
    qtbot.waitUntil(lambda: "not an access token" in _text(page, "settings.network.token.words"), timeout=5000)
    field.setText("hf_secret")
    field.returnPressed.emit()
    check = _button(page, "settings.network.token.check")
    qtbot.waitUntil(check.isVisible, timeout=5000)
    world.hub.problem = offline()
    check.click()
    qtbot.waitUntil(lambda: "Satchel is offline" in _text(page, "settings.network.token.words"), timeout=5000)
    assert check.isEnabled()


def test_a_mirror_sees_the_token_only_when_that_was_allowed(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.token, world.hub.approved = "hf_secret", False
    page = _page(qtbot, world)
    mirror, approve = page.findChild(QLineEdit, "settings.network.endpoint"), "settings.network.endpoint.approve"
    assert not _button(page, approve).isVisible()
    mirror.setText("https://mirror.example/")
    mirror.editingFinished.emit()
    qtbot.waitUntil(_button(page, approve).isVisible, timeout=5000)
    assert world.settings.current.network.endpoint == "https://mirror.example"
    assert "not sent to https://mirror.example" in _text(page, "settings.network.endpoint.token")
    _button(page, approve).click()
    revoke = _button(page, "settings.network.endpoint.revoke")
    qtbot.waitUntil(revoke.isVisible, timeout=5000)
    assert world.hub.approved
    approved = replace(world.settings.current.network, token_endpoint_approved="https://mirror.example")
    world.settings.save(replace(world.settings.current, network=approved))
    revoke.click()
    qtbot.waitUntil(lambda: world.settings.current.network.token_endpoint_approved == "", timeout=5000)


def test_a_mirror_that_is_no_address_is_said(qtbot: QtBot, world: SimpleNamespace) -> None:
    def refuse() -> bool:
        raise HubError("The mirror's address cannot be used.", "“ftp:x” is no address.", "Correct it.")

    world.hub.token, world.hub.token_is_sent = "hf_secret", refuse
    page = _page(qtbot, world)
    qtbot.waitUntil(lambda: "“ftp:x” is no address." in _text(page, "settings.network.endpoint.words"), timeout=5000)


def test_without_requests_it_says_so(qtbot: QtBot, world: SimpleNamespace) -> None:
    page, _ = _listed(qtbot, world)
    qtbot.waitUntil(lambda: _text(page, "connections.nothing.title") == NOTHING, timeout=5000)
    assert page.findChild(QWidget, "connections.nothing").isVisible()
    page.show_view("preferences")
    qtbot.waitUntil(lambda: _text(page, "settings.network.connections.words") == NOTHING, timeout=5000)


def test_each_request_is_told_in_words(qtbot: QtBot, world: SimpleNamespace) -> None:
    page, table = _listed(
        qtbot,
        world,
        connection(4, state="refused", status=None, received_bytes=0, problem="Satchel is offline."),
        connection(3, "cdn.example", purpose="Download Qwen3", state="open", status=200, received_bytes=8_300_000),
        connection(2, status=401),
        connection(1),
    )
    assert _row(table, 0) == ["hub.example", "Search for models", "", "not made: offline"]
    assert _row(table, 1) == ["cdn.example", "Download Qwen3", "8.3 MB", "under way"]
    assert [_row(table, row)[3] for row in (2, 3)] == ["answered 401", "done"]
    words = [found.text() for found in page.findChildren(QLabel)]
    assert "2 requests · 36 kB received" in words
    assert "1 request · 8.3 MB received" in words
    page.show_view("preferences")
    sums = "3 requests since Satchel was started, 8.3 MB received."
    qtbot.waitUntil(lambda: _text(page, "settings.network.connections.words") == sums, timeout=5000)


def test_what_is_looked_at_stays_in_sight_while_new_ones_come(qtbot: QtBot, world: SimpleNamespace) -> None:
    many = [connection(number) for number in range(2000, 0, -1)]
    _, table = _listed(qtbot, world, *many)
    table.selectRow(500)
    resets: list[int] = []
    table.model().modelReset.connect(lambda: resets.append(1))
    changed = [replace(many[0], received_bytes=5), *many[1:-1]]
    world.connections.put([connection(2001, "new.example"), *changed])
    qtbot.waitUntil(lambda: table.model().index(0, HOST).data() == "new.example", timeout=5000)
    assert table.model().rowCount() == 2000
    assert table.model().index(1, BYTES).data() == "5 bytes"
    assert table.currentIndex().row() == 501
    assert resets == []


def _facts(page: QWidget) -> list[str]:
    details = page.findChild(QWidget, "connections.details")
    return [found.text() for found in details.findChildren(QLabel) if found.isVisible()]


def test_a_download_is_one_row_with_all_its_requests_told_below(qtbot: QtBot, world: SimpleNamespace) -> None:
    fetched = replace(
        connection(2, "cdn.example", purpose="Download Qwen3", received_bytes=4_000_000_000),
        url="https://cdn.example/qwen3.gguf",
        requests=512,
        failed=2,
        open=4,
        state="open",
        answers=((206, 505), (503, 1)),
        problem="The connection to cdn.example broke off.",
        last_at=BEGAN + timedelta(minutes=2),
    )
    page, table = _listed(qtbot, world, fetched, connection(1))
    assert table.model().index(0, REQUESTS).data() == "512"
    assert page.findChild(QWidget, "connections.details").isHidden()
    table.selectRow(0)
    purpose, address, made, answers, received, problem = _facts(page)[1::2]
    assert purpose == "Download Qwen3"
    assert address == "GET https://cdn.example/qwen3.gguf"
    assert made.startswith("512 requests, ") and "–" in made
    assert answers == "206 (505 times), 503, 2 failed, 4 under way"
    assert (received, problem) == ("4.0 GB", "The connection to cdn.example broke off.")
    world.connections.put([replace(fetched, open=0, state="done"), connection(1)])
    qtbot.waitUntil(lambda: "206 (505 times), 503, 2 failed" in _facts(page), timeout=5000)
    assert _row(table, 0)[3] == "done, 2 failed"
    _icon_button(page, "connections.details.close").click()
    assert page.findChild(QWidget, "connections.details").isHidden()


def test_what_is_too_old_to_be_listed_is_said(qtbot: QtBot, world: SimpleNamespace) -> None:
    page, _ = _listed(qtbot, world, connection(1))
    left_out = page.findChild(QLabel, "connections.left_out")
    assert left_out.isHidden()
    world.connections.forgotten = 1500
    world.connections.put([connection(2), connection(1)])
    qtbot.waitUntil(left_out.isVisible, timeout=5000)
    assert left_out.text() == "Earlier requests that are no longer listed, but count in the sums above: 1,500"


def test_the_switch_is_there_too(qtbot: QtBot, world: SimpleNamespace) -> None:
    page, _ = _listed(qtbot, world)
    switch = _button(page, "connections.switch")
    qtbot.waitUntil(lambda: switch.text() == "Go offline", timeout=5000)
    switch.click()
    qtbot.waitUntil(lambda: switch.text() == "Go online", timeout=5000)
    assert _text(page, "connections.state") == "Satchel is offline: nothing is requested."
