"""A row for one choice of a model's preset: the default until it is changed, and the way back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.ui.settings.controls import decimal, whole_number
from app.ui.theme import Theme, room_px
from app.ui.widgets.basic import IconButton, column, label, row
from app.ui.widgets.fields import DecimalField, WholeField


class NumberRow(QWidget):
    """A number; ``changed`` is called with it, or with None for the default."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        name: str,
        limits: tuple[float, float],
        step: float,
        changed: Callable[[float | None], None],
    ) -> None:
        super().__init__()
        low, high = limits
        self._changed = changed
        self._default: float = low
        self.field: WholeField | DecimalField
        if isinstance(low, int):
            self.field = whole_number(low, low, int(high), self._set, step=int(step))
        else:
            self.field = decimal(low, low, high, self._set, step=step)
        self.field.setFixedWidth(room_px(104))
        self.field.setObjectName(name)
        self.field.setAccessibleName(title)
        self._origin = label(kind="small", wrap=True, name=f"{name}.origin")
        self._reset = IconButton(
            theme,
            "rotate-ccw",
            self.tr("Use the default: {what}").format(what=title),
            f"{name}.reset",
            self._use_default,
        )
        self._reset.setFixedWidth(30)
        words = column(label(title, wrap=True), self._origin, spacing=0)
        inside = row(spacing=4, parent=self)
        inside.addLayout(words, 1)
        inside.addWidget(self._reset, 0, Qt.AlignmentFlag.AlignVCenter)
        inside.addWidget(self.field, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_choice(self, chosen: float | None, default: float, origin: str) -> None:
        """``origin``: where the default comes from, to follow its value."""
        self._default = default
        self.field.blockSignals(True)
        self.field.setValue(default if chosen is None else chosen)  # type: ignore[arg-type]
        self.field.blockSignals(False)
        self._say(chosen is not None, origin)

    def _say(self, chosen: bool, origin: str | None = None) -> None:
        if origin is not None:
            self._origin_words = origin
        shown = f"{self._default:g}"
        text = self.tr("Default: {value}, {origin}") if chosen else self.tr("Default, {origin}")
        self._origin.setText(text.format(value=shown, origin=self._origin_words))
        self.field.setAccessibleDescription(self._origin.text())
        keeps_room = self._reset.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(keeps_room)
        self._reset.setVisible(chosen)

    def _set(self, value: float) -> None:
        self._say(True)
        self._changed(value)

    def _use_default(self) -> None:
        self.show_choice(None, self._default, self._origin_words)
        self._changed(None)
