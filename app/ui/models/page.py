"""The Models page: a header to choose between the library, finding models, and downloads, and the chosen view."""

from __future__ import annotations

from typing import Literal, get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.models.download.values import Download
from app.ui.models.downloads.feed import DownloadFeed
from app.ui.models.downloads.view import DownloadsView
from app.ui.models.downloads.words import percent, together, unfinished
from app.ui.models.find.view import FindView
from app.ui.models.library_view import LibraryView
from app.ui.parts import Parts
from app.ui.widgets.basic import button, column
from app.ui.widgets.dialogs import choose_files
from app.ui.widgets.page import header
from app.ui.widgets.segments import Segments
from app.ui.widgets.words import counted

View = Literal["library", "find", "downloads"]
VIEWS: tuple[View, ...] = get_args(View)


class ModelsPage(QWidget):
    """``files_chosen`` with paths from the file dialog; the window adds them as if they had been dropped.

    ``settings_requested``: show where the offline switch and the access token are; ``chat_requested`` with a model.
    """

    files_chosen = Signal(list)
    settings_requested = Signal()
    chat_requested = Signal(int)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self.setObjectName("models")
        words: dict[str, str] = {
            "library": self.tr("Library"),
            "find": self.tr("Find"),
            "downloads": self.tr("Downloads"),
        }
        self._segments = Segments(parts.theme, "models.view", self.tr("Views"), words)
        self._segments.chosen.connect(self._show_named)
        self._add = button(self.tr("Add a model file…"), "models.add", self._choose_files, "primary")
        self.library = LibraryView(parts)
        self.library.add_requested.connect(self._choose_files)
        self._views: dict[View, QWidget] = {"library": self.library}
        self._stack = QStackedWidget()
        self._stack.addWidget(self.library)
        top = header(self.tr("Models"), self._add, name="models.header", views=self._segments)
        column(top, self._stack, spacing=0, parent=self).setStretch(1, 1)
        DownloadFeed(parts, self).changed.connect(self._show_badge)

    @property
    def view(self) -> View:
        """The view that is shown."""
        shown = self._stack.currentWidget()
        return next(name for name, widget in self._views.items() if widget is shown)

    def show_view(self, view: View) -> None:
        """Show the library, the search, or the downloads."""
        if view not in self._views:
            self._views[view] = self._build_find() if view == "find" else self._build_downloads()
            self._stack.addWidget(self._views[view])
        self._segments.show_view(view)
        self._stack.setCurrentWidget(self._views[view])
        self._add.setVisible(view == "library")

    def select(self, model_id: int) -> None:
        """Show a model in the library, now or when the library has it."""
        self.show_view("library")
        self.library.select(model_id)

    def _build_find(self) -> FindView:
        made = FindView(self._parts)
        made.settings_requested.connect(self.settings_requested)
        made.downloads_requested.connect(lambda: self.show_view("downloads"))
        made.model_requested.connect(self.select)
        return made

    def _build_downloads(self) -> DownloadsView:
        made = DownloadsView(self._parts)
        made.find_requested.connect(lambda: self.show_view("find"))
        made.model_requested.connect(self.select)
        made.chat_requested.connect(self.chat_requested)
        return made

    def close_details(self) -> None:
        """Close the details of what was found, if they are shown."""
        shown = self._stack.currentWidget()
        if isinstance(shown, FindView):
            shown.close_details()

    def _show_named(self, name: str) -> None:
        self.show_view(next(view for view in VIEWS if view == name))

    def _show_badge(self, downloads: tuple[Download, ...]) -> None:
        going = unfinished(downloads)
        failed = sum(download.state == "failed" for download in downloads)
        if going:
            words = counted(self.tr("%Ln model(s) downloading", "", len(going)), len(going))
            fraction = together(going) or 0.0
            text = percent(fraction) if len(going) == 1 else str(len(going))
            self._segments.set_badge("downloads", text, f"{words}, {percent(fraction)}")
        elif failed:
            words = counted(self.tr("%Ln download(s) failed", "", failed), failed)
            self._segments.set_badge("downloads", "!", words)
        else:
            self._segments.set_badge("downloads", "")

    def _choose_files(self) -> None:
        filters = (self.tr("Models (*.gguf)"), self.tr("All files (*)"))
        choose_files(self, "models.add.dialog", self.tr("Add a model file"), self.files_chosen.emit, filters)
