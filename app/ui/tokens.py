"""The look in numbers: colours of the light and dark themes, spacing, radii and type sizes.

Text on its ground has a contrast of at least 4.5:1 (WCAG AA) in both themes; tests check it. Pixels are logical ones:
Qt scales them with the screen.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colors:
    """One theme's colours, as ``#rrggbb``."""

    ground: str
    """The window behind everything: chat, pages."""
    sunken: str
    """Rail and sidebars, code blocks, wells."""
    raised: str
    """Cards, inputs, menus."""
    hover: str
    pressed: str
    selected: str
    line: str
    line_strong: str
    text: str
    muted: str
    """Secondary text; still AA on ground, sunken and raised."""
    accent: str
    """Leather: primary buttons, links, the selected rail item. AA as text on ground."""
    accent_hover: str
    on_accent: str
    accent_soft: str
    """Tinted ground for chips and the person's own messages."""
    mark: str
    """The cited span."""
    mark_strong: str
    good: str
    warn: str
    bad: str
    warn_soft: str
    bad_soft: str
    good_soft: str


LIGHT = Colors(
    ground="#fcfbf9",
    sunken="#f4f1ec",
    raised="#ffffff",
    hover="#ebe6de",
    pressed="#e1dad0",
    selected="#e9e2d8",
    line="#e6e1d9",
    line_strong="#cfc7bb",
    text="#211e1a",
    muted="#686158",
    accent="#9a4b20",
    accent_hover="#7f3c17",
    on_accent="#ffffff",
    accent_soft="#f6e9df",
    mark="#ffe9a6",
    mark_strong="#f5c842",
    good="#2c6e49",
    warn="#8a5a00",
    bad="#b3261e",
    warn_soft="#fdf2d8",
    bad_soft="#fbe7e4",
    good_soft="#e3f1e8",
)

DARK = Colors(
    ground="#1c1a18",
    sunken="#151412",
    raised="#262421",
    hover="#302d29",
    pressed="#3a3631",
    selected="#35312c",
    line="#332f2b",
    line_strong="#4d4842",
    text="#ede9e3",
    muted="#a8a197",
    accent="#e69a68",
    accent_hover="#f0b086",
    on_accent="#2a1508",
    accent_soft="#3a2a20",
    mark="#594711",
    mark_strong="#a8862a",
    good="#7cc79b",
    warn="#e5b65c",
    bad="#f2938a",
    warn_soft="#3a2f17",
    bad_soft="#41221f",
    good_soft="#1f3327",
)

# Spacing: multiples of 4.
SPACE_XS, SPACE_S, SPACE_M, SPACE_L, SPACE_XL, SPACE_XXL = 4, 8, 12, 16, 24, 40

RADIUS_S, RADIUS_M, RADIUS_L = 6, 10, 14

# Type sizes at a text scale of 100 %; :func:`app.ui.theme.font_px` gives them at the person's.
FONT_TINY, FONT_SMALL, FONT_BODY, FONT_LARGE, FONT_TITLE, FONT_DISPLAY = 11, 12, 14, 16, 20, 28
