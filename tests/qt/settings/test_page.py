"""Settings are kept at once, in the file; the theme changes at once, in the window."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.storage.settings import DocumentChoices, Settings, SettingsFile
from app.ui.rail import Memory, Rail
from app.ui.settings.about import licences
from app.ui.settings.enter_key import EnterKey
from app.ui.settings.page import SettingsPage
from app.ui.theme import mono_font

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _page(qtbot: QtBot, world: SimpleNamespace) -> SettingsPage:
    page = SettingsPage(world.parts)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    with qtbot.waitExposed(page):
        page.show()
    return page


def test_changes_are_in_the_file(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    context = page.findChild(QComboBox, "settings.context")
    context.setCurrentIndex(context.findData(16384))
    kv = page.findChild(QComboBox, "settings.kv_type")
    kv.setCurrentIndex(kv.findData("q8_0"))
    page.findChild(QDoubleSpinBox, "settings.temperature").setValue(0.3)
    page.findChild(QCheckBox, "settings.send_on_enter").setChecked(False)

    def kept() -> bool:
        read = SettingsFile(world.parts.home.settings_file).current
        return (read.model.context, read.model.kv_type, read.sampling.temperature, read.chat.send_on_enter) == (
            16384, "q8_0", 0.3, False,
        )  # fmt: skip

    qtbot.waitUntil(kept, timeout=5000)


def test_the_theme_changes_at_once(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    theme = page.findChild(QComboBox, "settings.theme")
    theme.setCurrentIndex(theme.findData("dark"))
    assert world.parts.theme.dark
    qtbot.waitUntil(lambda: world.settings.current.appearance.theme == "dark", timeout=5000)


def test_the_size_of_text_changes_at_once_everywhere(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    rail = Rail(world.parts.theme, world.bridge, lambda: Memory(1, 2))
    qtbot.addWidget(rail)
    title, width = page.findChild(QLabel, "settings.header.title"), rail.width()
    before = title.fontInfo().pixelSize()
    size = page.findChild(QComboBox, "settings.text_scale")
    size.setCurrentIndex(size.findData(1.5))
    assert title.fontInfo().pixelSize() == round(1.5 * before)
    assert page.findChild(QPushButton, "settings.home").fontInfo().pixelSize() == 21
    assert mono_font(12).pixelSize() == 18
    assert rail.width() == round(1.5 * width)  # words below icons still fit
    qtbot.waitUntil(lambda: SettingsFile(world.parts.home.settings_file).current.appearance.text_scale == 1.5)
    size.setCurrentIndex(size.findData(1.0))
    assert title.fontInfo().pixelSize() == before
    assert rail.width() == width


def test_instructions_and_answers_from_documents_are_kept(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    page.findChild(QPlainTextEdit, "settings.instructions").setPlainText("Answer in one line.\nNo lists.")
    page.findChild(QSpinBox, "settings.documents.passages").setValue(9)
    page.findChild(QSpinBox, "settings.documents.quotes").setValue(5)
    page.findChild(QDoubleSpinBox, "settings.documents.temperature").setValue(0.0)
    page.findChild(QSpinBox, "settings.documents.max_reply").setValue(128)

    def kept() -> bool:
        read = SettingsFile(world.parts.home.settings_file).current
        return (read.chat.instructions, read.documents) == (
            "Answer in one line.\nNo lists.", DocumentChoices(9, 5, 0.0, 128),
        )  # fmt: skip

    qtbot.waitUntil(kept, timeout=5000)


def test_every_setting_that_is_kept_has_a_control_or_is_for_the_file_only(qtbot: QtBot, world: SimpleNamespace) -> None:
    page, changed = _page(qtbot, world), set()
    before = world.settings.current
    for spin in page.findChildren(QSpinBox) + page.findChildren(QDoubleSpinBox):
        spin.stepUp()
    for box in page.findChildren(QComboBox):
        box.setCurrentIndex((box.currentIndex() + 1) % box.count())
    for check in page.findChildren(QCheckBox):
        check.toggle()
    page.findChild(QPlainTextEdit).setPlainText("other")
    page.findChild(QLineEdit, "settings.network.proxy").setText("http://proxy.example:8080")
    mirror = page.findChild(QLineEdit, "settings.network.endpoint")
    mirror.setText("https://mirror.example/")
    mirror.editingFinished.emit()

    def all_kept() -> bool:
        now = world.settings.current
        return now.network.endpoint == "https://mirror.example" and now.appearance != before.appearance

    qtbot.waitUntil(all_kept, timeout=5000)
    for table in fields(Settings):
        old, new = getattr(before, table.name), getattr(world.settings.current, table.name)
        changed |= {f"{table.name}.{e.name}" for e in fields(old) if getattr(old, e.name) != getattr(new, e.name)}
    everything = {f"{table.name}.{entry.name}" for table in fields(Settings) for entry in fields(table.default)}
    # The first two are for the file only; the last is changed by a button of its own (test_network.py).
    assert everything - changed == {"model.gpu_layers", "model.threads", "network.token_endpoint_approved"}


def test_a_context_of_ones_own_is_offered(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.parts.home.settings_file.write_text("[model]\ncontext = 5000\n")
    world.settings.reload()
    page = _page(qtbot, world)
    assert page.findChild(QComboBox, "settings.context").currentText() == "5,000 tokens"


def test_it_says_what_leaves_the_machine(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    words = page.findChild(QLabel, "settings.offline")
    assert words.text() == "Your conversations and documents never leave this machine. Requests only get models."
    world.connections.set_offline(True)
    qtbot.waitUntil(lambda: words.text() == "Offline: no request leaves this machine.", timeout=5000)


def test_every_control_has_a_name_for_a_screen_reader(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    for kind in (QComboBox, QCheckBox, QDoubleSpinBox, QPushButton):
        for control in page.findChildren(kind):
            assert control.accessibleName(), control.objectName()
            assert control.objectName().startswith("settings."), control.accessibleName()


def test_licences_name_what_is_inside(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = _page(qtbot, world)
    page.findChild(QPushButton, "settings.licences").click()
    dialog = page.findChild(QWidget, "settings.licences.dialog")
    assert dialog.findChild(QPlainTextEdit).toPlainText() == licences()
    assert "LGPL-3.0" in licences()
    assert "llama_cpp_python" in licences()
    dialog.close()


def test_enter_makes_a_line_where_ctrl_enter_sends(qtbot: QtBot) -> None:
    field, sends = QPlainTextEdit(), [False]
    qtbot.addWidget(field)
    EnterKey(field, lambda: sends[0])
    qtbot.keyClicks(field, "a")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClicks(field, "b")
    assert field.toPlainText() == "a\nb"
    passed: list[bool] = []
    field.keyPressEvent = lambda event: passed.append(event.key() in ENTER)  # type: ignore[method-assign]
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    sends[0] = True
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert passed.count(True) == 2
