"""Colours of code: readable on what they stand on."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from app.ui.chat.syntax import DARK_SYNTAX, LIGHT_SYNTAX, utf16_length
from app.ui.tokens import DARK, LIGHT


def luminance(color: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    shade = QColor(color)
    return 0.2126 * linear(shade.redF()) + 0.7152 * linear(shade.greenF()) + 0.0722 * linear(shade.blueF())


@pytest.mark.parametrize(("colors", "ground"), [(LIGHT_SYNTAX, LIGHT.sunken), (DARK_SYNTAX, DARK.sunken)])
def test_code_has_the_contrast_of_text(colors: dict[object, str], ground: str) -> None:
    for kind, color in colors.items():
        lighter, darker = sorted((luminance(color), luminance(ground)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, kind


def test_lengths_are_counted_as_qt_does() -> None:
    assert utf16_length("aé🎒") == 4
