"""Light and dark: one palette and one style sheet made from :mod:`app.ui.tokens`, and icons tinted to match.

Fusion with our own style sheet rather than a ready QStyle: pyside6-qlementine, the best of those, pins one PySide6
(6.10.2), which would hold back Qt's security fixes.

``QStyleHints.setColorScheme`` does nothing without a platform theme (bare X, offscreen), so the palette is set as well.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app.ui import tokens
from app.ui.tokens import DARK, LIGHT, Colors

RESOURCES = Path(__file__).parents[2] / "resources"

ThemeChoice = Literal["system", "light", "dark"]


class Theme(QObject):
    """The current look. Widgets that paint or hold icons themselves listen to ``changed``."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: ThemeChoice = "system", text_scale: float = 1.0) -> None:
        super().__init__()
        self._application = application
        self._choice: ThemeChoice = choice
        self._icons: dict[tuple[str, str, int], QIcon] = {}
        self._sources: dict[str, bytes] = {}
        self.colors: Colors = LIGHT
        application.setStyle("Fusion")
        load_fonts(application, text_scale)
        application.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.choose(choice)

    @property
    def choice(self) -> ThemeChoice:
        """What the person chose."""
        return self._choice

    @property
    def dark(self) -> bool:
        """Whether the dark colours are shown."""
        return self.colors is DARK

    def choose(self, choice: ThemeChoice) -> None:
        """Show light, dark, or what the system shows."""
        self._choice = choice
        system_dark = self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        dark = choice == "dark" or (choice == "system" and system_dark)
        self.colors = DARK if dark else LIGHT
        self._icons.clear()
        self._application.setPalette(palette(self.colors))
        self._application.setStyleSheet(style_sheet(self.colors))
        self.changed.emit()

    def scale_text(self, text_scale: float) -> None:
        """Show all text larger or smaller; 1.0 is the size it was drawn for."""
        self._application.setFont(interface_font(text_scale))
        self.choose(self._choice)

    def _system_changed(self) -> None:
        if self._choice == "system":
            self.choose("system")

    def icon(self, name: str, color: str = "", size: int = 18) -> QIcon:
        """A Lucide icon from resources/icons in ``color`` (default: the muted text colour), sharp up to 300 %."""
        tint = color or self.colors.muted
        key = (name, tint, size)
        found = self._icons.get(key)
        if found is None:
            found = self._icons[key] = self._render(name, tint, size)
        return found

    def pixmap(self, name: str, color: str = "", size: int = 18) -> QPixmap:
        """The icon as a pixmap for labels."""
        return self.icon(name, color, size).pixmap(QSize(size, size), self._application.devicePixelRatio())

    def _render(self, name: str, tint: str, size: int) -> QIcon:
        source = self._sources.get(name)
        if source is None:
            source = self._sources[name] = (RESOURCES / "icons" / f"{name}.svg").read_bytes()
        renderer = QSvgRenderer(QByteArray(source.replace(b"currentColor", tint.encode())))
        icon = QIcon()
        for scale in (1, 2, 3):
            pixmap = QPixmap(size * scale, size * scale)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, size * scale, size * scale))
            painter.end()
            pixmap.setDevicePixelRatio(scale)
            icon.addPixmap(pixmap)
        return icon


def load_fonts(application: QApplication, text_scale: float = 1.0) -> None:
    """Use the Inter that ships with Satchel, so that text looks the same on every machine.

    Static instances of Inter 4.1: of its variable font, Qt (FreeType) shows only the regular weight.
    """
    for file in sorted((RESOURCES / "fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(file))
    application.setFont(interface_font(text_scale))


def interface_font(text_scale: float) -> QFont:
    """Inter at the size of body text."""
    font = QFont("Inter")
    font.setPixelSize(round(tokens.FONT_BODY * text_scale))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def font_px(size: int) -> int:
    """A type size of :mod:`app.ui.tokens`, in pixels at the person's text scale.

    The application's font is where the scale is kept: Qt has it at hand wherever something is painted.
    """
    return round(size * QApplication.font().pixelSize() / tokens.FONT_BODY)


def room_px(size: int) -> int:
    """A width or height that has text in it: grows with large text, and stays where text is small."""
    return max(size, font_px(size))


def mono_font(size: int = 13) -> QFont:
    """The system's fixed-width font, at the person's text scale."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(font_px(size))
    return font


def palette(colors: Colors) -> QPalette:
    """Qt's palette from our colours, for what the style sheet does not reach."""
    result = QPalette()
    role = QPalette.ColorRole
    for which, color in {
        role.Window: colors.ground,
        role.WindowText: colors.text,
        role.Base: colors.raised,
        role.AlternateBase: colors.sunken,
        role.Text: colors.text,
        role.PlaceholderText: colors.muted,
        role.Button: colors.raised,
        role.ButtonText: colors.text,
        role.BrightText: colors.bad,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.on_accent,
        role.ToolTipBase: colors.raised,
        role.ToolTipText: colors.text,
        role.Link: colors.accent,
        role.LinkVisited: colors.accent,
        role.Light: colors.line,
        role.Midlight: colors.line,
        role.Mid: colors.line_strong,
        role.Dark: colors.line_strong,
        role.Shadow: colors.line_strong,
        role.Accent: colors.accent,
    }.items():
        result.setColor(which, QColor(color))
    for which in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, which, QColor(colors.line_strong))
    return result


def style_sheet(colors: Colors) -> str:
    """resources/style.qss with the tokens put in."""
    values = {name: getattr(colors, name) for name in Colors.__dataclass_fields__}
    for name, value in vars(tokens).items():
        if isinstance(value, int):
            values[name.lower()] = font_px(value) if name.startswith("FONT_") else value
    values["icons"] = (RESOURCES / "icons").as_posix()
    return Template((RESOURCES / "style.qss").read_text(encoding="utf-8")).substitute(values)
