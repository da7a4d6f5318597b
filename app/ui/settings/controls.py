"""What the Settings page is made of: sections of rows, each a name, a sentence and a control."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget

from app.ui.theme import room_px
from app.ui.widgets.basic import column, frame, label, line, row
from app.ui.widgets.fields import DecimalField, ListField, WholeField

T = TypeVar("T")

FIELD_MARGINS = (8, 0, 0, 0)
"""A spin box with buttons of our own has no padding of the style sheet's."""


def section(title: str, *entries: QWidget) -> QWidget:
    """A card of rows under a title."""
    made = QWidget()
    card = frame("card")
    inside = column(spacing=0, parent=card)
    inside.setContentsMargins(18, 4, 18, 4)
    for position, each in enumerate(entries):
        if position:
            inside.addWidget(line())
        inside.addWidget(each)
    layout = column(label(title, "section"), card, spacing=8, parent=made)
    layout.setContentsMargins(0, 4, 0, 8)
    return made


def entry(title: str, sentence: str, control: QWidget, name: str, *, below: bool = False) -> QWidget:
    """A row; ``below``: the control needs the whole width."""
    made = QWidget()
    control.setObjectName(name)
    control.setAccessibleName(title)
    control.setAccessibleDescription(sentence)
    words = column(label(title, "strong"), label(sentence, "small", wrap=True), spacing=2)
    layout = column(spacing=8, parent=made) if below else row(spacing=24, parent=made)
    layout.setContentsMargins(0, 12, 0, 12)
    layout.addLayout(words, 1)
    layout.addWidget(control, 0, Qt.AlignmentFlag(0) if below else Qt.AlignmentFlag.AlignVCenter)
    return made


def told_entry(title: str, words: QLabel, *controls: QWidget) -> QWidget:
    """A row whose sentence changes: ``words`` is kept by whoever tells it."""
    made = QWidget()
    words.setWordWrap(True)
    said = column(label(title, "strong"), words, spacing=2)
    layout = row(spacing=8, parent=made)
    layout.setContentsMargins(0, 12, 0, 12)
    layout.addLayout(said, 1)
    layout.addSpacing(16)
    for control in controls:
        layout.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)
    return made


def choice(words: Mapping[T, str], chosen: T, changed: Callable[[T], None]) -> ListField:
    """A list to choose one value from, each with its words."""
    made = ListField()
    for value, said in words.items():
        made.addItem(said, value)
    made.setCurrentIndex(max(0, made.findData(chosen)))
    made.currentIndexChanged.connect(lambda _index: changed(made.currentData()))
    return made


def whole_number(
    value: int, low: int, high: int, changed: Callable[[int], None], *, step: int = 1, suffix: str = ""
) -> WholeField:
    """A field for a whole number."""
    made = WholeField()
    made.setRange(low, high)
    made.setSingleStep(step)
    made.setValue(value)
    made.setSuffix(suffix)
    made.setGroupSeparatorShown(True)
    made.setMinimumWidth(room_px(150))
    made.lineEdit().setTextMargins(*FIELD_MARGINS)
    made.valueChanged.connect(changed)
    return made


def decimal(value: float, low: float, high: float, changed: Callable[[float], None], *, step: float) -> DecimalField:
    """A field for a number with two decimals."""
    made = DecimalField()
    made.setRange(low, high)
    made.setSingleStep(step)
    made.setDecimals(2)
    made.setValue(value)
    made.setMinimumWidth(room_px(150))
    made.lineEdit().setTextMargins(*FIELD_MARGINS)
    made.valueChanged.connect(lambda chosen: changed(round(chosen, 4)))
    return made


def text(value: str, placeholder: str, changed: Callable[[str], None]) -> QPlainTextEdit:
    """A field for a few lines of text."""
    made = QPlainTextEdit(value)
    made.setPlaceholderText(placeholder)
    made.setTabChangesFocus(True)
    made.setFixedHeight(room_px(92))
    made.textChanged.connect(lambda: changed(made.toPlainText()))
    return made
