"""What the window shows until the services are open, and when they cannot be."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from app.core.errors import SatchelError
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, column, label, row
from app.ui.widgets.centred_words import CentredWords

SILENT_MS = 600


class Opening(QStackedWidget):
    """Empty at first (opening is quick), then a quiet line, or the problem with what can be done."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("opening")
        self._problem: QWidget | None = None
        self._busy_words = label(self.tr("Opening your conversations…"), "muted", name="opening.words")
        self._bar = QProgressBar(textVisible=False, maximum=0)
        self._bar.setFixedWidth(220)
        self._busy = _centred(self._busy_words, self._bar)
        self.addWidget(QWidget())
        self.addWidget(self._busy)
        self._timer = QTimer(self, singleShot=True, interval=SILENT_MS)
        self._timer.timeout.connect(lambda: self.setCurrentWidget(self._busy))
        self.show_busy()

    def show_busy(self) -> None:
        """Opening (again)."""
        self.setCurrentIndex(0)
        self._timer.start()

    def show_problem(
        self,
        error: SatchelError,
        retry: Callable[[], None],
        leave: Callable[[], None],
        show_log: Callable[[], None],
    ) -> None:
        """Why it cannot be opened, and what to do."""
        self._timer.stop()
        if self._problem is not None:
            self.removeWidget(self._problem)
            self._problem.deleteLater()
        words: list[QWidget] = []
        for text, kind, name in (
            (error.what, "title", "opening.what"),
            (error.why, "muted", "opening.why"),
            (error.next_step, "", "opening.next"),
        ):
            made = CentredWords(text, kind, 520, name, selectable=True)
            made.setVisible(bool(text))
            words.append(made)
        buttons = QWidget()
        row(
            button(self.tr("Show the log"), "opening.log", show_log, "quiet"),
            button(self.tr("Quit"), "opening.quit", leave),
            button(self.tr("Try again"), "opening.retry", retry, "primary"),
            parent=buttons,
        )
        self._problem = _centred(Icon(self._theme, "circle-alert", "bad", 44), *words, buttons)
        self._problem.setAccessibleName(str(error))
        self.addWidget(self._problem)
        self.setCurrentWidget(self._problem)


def _centred(*widgets: QWidget) -> QWidget:
    made = QWidget()
    layout: QVBoxLayout = column(spacing=14, parent=made)
    layout.addStretch()
    for widget in widgets:
        layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addStretch()
    return made
