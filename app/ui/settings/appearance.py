"""The section of the Settings page for how the window looks; what is chosen is seen at once."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.parts import Parts
from app.ui.settings.changes import Changes
from app.ui.settings.controls import choice, entry, section
from app.ui.theme import ThemeChoice
from app.ui.widgets.basic import column

TEXT_SCALES = (0.9, 1.0, 1.1, 1.25, 1.5)


class AppearanceSection(QWidget):
    """Theme and size of text."""

    def __init__(self, parts: Parts, changes: Changes) -> None:
        super().__init__()
        now, change = parts.settings.current.appearance, changes.of("appearance")

        def choose_theme(theme: ThemeChoice) -> None:
            parts.theme.choose(theme)
            change("theme")(theme)

        def scale_text(scale: float) -> None:
            parts.theme.scale_text(scale)
            change("text_scale")(scale)

        themes: dict[ThemeChoice, str] = {
            "system": self.tr("As the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
        }
        sizes = {
            scale: self.tr("{n} %").format(n=round(scale * 100)) for scale in sorted({*TEXT_SCALES, now.text_scale})
        }
        column(
            section(
                self.tr("Appearance"),
                entry(
                    self.tr("Theme"),
                    self.tr("Light, dark, or what the system shows."),
                    choice(themes, now.theme, choose_theme),
                    "settings.theme",
                ),
                entry(
                    self.tr("Size of text"),
                    self.tr("Of all text in the window."),
                    choice(sizes, now.text_scale, scale_text),
                    "settings.text_scale",
                ),
            ),
            parent=self,
        )
