"""The library: this machine, the loaded model, and the models that are here with the details of the chosen one."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QListView, QStackedWidget, QVBoxLayout, QWidget

from app.models.model import LibraryModel
from app.services.events import Event, LibraryChanged, ModelState, ModelStateChanged
from app.ui.models.cards import EmptyLibrary, LoadedCard, MachineCard
from app.ui.models.details import ModelDetails
from app.ui.models.dialogs.duplicates import DuplicatesDialog
from app.ui.models.dialogs.found import FoundDialog
from app.ui.models.dialogs.trash import TrashDialog
from app.ui.models.library import ID_ROLE, Library, LibraryFilter
from app.ui.models.library_foot import LibraryFoot
from app.ui.models.place_filter import PlaceFilter
from app.ui.parts import Parts
from app.ui.widgets.basic import button, column, label, row
from app.ui.widgets.page import Sides, scrolling
from app.ui.widgets.rows import HEIGHT, RowDelegate
from app.ui.widgets.search_field import SearchField

SEARCH_FROM = 6
"""With fewer models there is nothing to search."""
ROOM_FOR_ALL = 940


class LibraryView(QWidget):
    """``add_requested``: the person wants to add a model file."""

    add_requested = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._select_next: int | None = None
        self.setObjectName("models.library")
        self._machine = MachineCard(parts)
        self._loaded = LoadedCard(parts)
        self._cards = Sides(self._machine, self._loaded)
        self._library = Library(parts, self)
        self._filter = LibraryFilter(self._library)
        self._list = QListView()
        self._list.setObjectName("models.list")
        self._list.setAccessibleName(self.tr("Library"))
        self._list.setModel(self._filter)
        self._list.setItemDelegate(RowDelegate(parts.theme))
        self._list.setUniformItemSizes(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMouseTracking(True)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._list.selectionModel().selectionChanged.connect(self._chosen)
        self._search = SearchField(parts.theme, self.tr("Find a model"), "models.search")
        self._search.setMinimumWidth(110)
        self._search.setMaximumWidth(220)
        self._search.textChanged.connect(self._filter.setFilterFixedString)
        self._count = label(self.tr("Library"), "heading", name="models.count")
        self._details: ModelDetails | None = None  # made when it is seen first: it is half of this view
        self._state = ModelState()
        self._find = button(self.tr("Models on this computer…"), "models.found.show", self._show_found)
        self._places = PlaceFilter()
        self._places.chosen.connect(self._filter.show_place)
        self._foot = LibraryFoot(parts)
        self._foot.trash_requested.connect(self._show_trash)
        self._foot.duplicates_requested.connect(self._show_duplicates)
        empty_add = button(self.tr("Add a model file…"), "models.empty.add", self.add_requested.emit)
        empty_find = button(self.tr("Models on this computer…"), "models.empty.found", self._show_found)
        self._states = QStackedWidget()
        self._states.addWidget(self._list)
        self._states.addWidget(EmptyLibrary(parts.theme, empty_find, empty_add))
        self._lay_out()
        parts.bridge.happened.connect(self._happened)
        parts.theme.changed.connect(self._list.viewport().update)
        self._again = QTimer(self, singleShot=True, interval=400)
        self._again.timeout.connect(self._machine.refresh)
        self._refresh()
        self._machine.refresh()
        parts.bridge.run(lambda: parts.models.loaded.state, self._show_state)

    def _lay_out(self) -> None:
        content = QWidget()
        inside: QVBoxLayout = column(self._cards, spacing=18, parent=content)
        inside.setContentsMargins(24, 22, 24, 20)
        top = row(self._count, spacing=8)
        top.addStretch()
        top.addWidget(self._search, 1)
        top.addWidget(self._find)
        library = column(spacing=10)
        library.addLayout(top)
        library.addWidget(self._places)
        self._states.setMinimumHeight(3 * HEIGHT + 8)
        library.addWidget(self._states, 1)
        library.addWidget(self._foot)
        inside.addLayout(library, 1)
        self._across = row(scrolling(content), spacing=0, parent=self)
        self._across.setStretch(0, 1)

    def select(self, model_id: int) -> None:
        """Show the details of a model, now or when the library has it."""
        row_number = self._library.row_of(model_id)
        if row_number < 0:
            self._select_next = model_id
            return
        self._search.clear()
        self._places.show_all()
        index = self._filter.mapFromSource(self._library.index(row_number))
        self._list.setCurrentIndex(index)
        self._list.scrollTo(index)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._library.forget_verdicts()  # the general settings may be others now
        self._again.start()

    def _refresh(self) -> None:
        self._parts.bridge.run(self._parts.models.models, self._show_models)

    def _show_models(self, models: list[LibraryModel]) -> None:
        details = self._details
        chosen = details.model_id if details is not None and not details.isHidden() else None
        self._library.show_models(models)
        self._count.setText(self.tr("Library ({n})").format(n=len(models)) if models else self.tr("Library"))
        self._states.setCurrentIndex(0 if models else 1)
        self._search.setVisible(len(models) >= SEARCH_FROM)
        self._places.show_models(models, wanted=len(models) >= SEARCH_FROM)
        self._foot.show_models(models)
        wanted, self._select_next = self._select_next, None
        if wanted is not None and self._library.model(wanted) is not None:
            self.select(wanted)
        elif details is not None and (chosen is None or not self._keep(chosen, details)):
            details.hide()
        self._make_room()

    def _keep(self, model_id: int, details: ModelDetails) -> bool:
        """Go on showing this model, and the list as it is filtered; False when it is gone."""
        model = self._library.model(model_id)
        if model is None:
            return False
        index = self._filter.mapFromSource(self._library.index(self._library.row_of(model_id)))
        if index.isValid() and not self._list.selectionModel().isSelected(index):
            self._list.setCurrentIndex(index)
        else:
            details.show_model(model)
        return True

    def _show_state(self, state: ModelState) -> None:
        self._state = state
        self._loaded.show_state(state)
        self._library.show_state(state)
        if self._details is not None:
            self._details.show_state(state)
        if state.phase in ("ready", "none"):
            self._library.forget_verdicts()
            self._again.start()

    def _show_found(self) -> None:
        dialog = FoundDialog(self._parts, self)
        dialog.added.connect(self.select)
        dialog.open()

    def _show_trash(self) -> None:
        TrashDialog(self._parts, self).open()

    def _show_duplicates(self) -> None:
        DuplicatesDialog(self._parts, self).open()

    def _chosen(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        indexes = self._list.selectionModel().selectedIndexes()
        model = self._library.model(indexes[0].data(ID_ROLE)) if indexes else None
        if model is not None:
            details = self._details = self._details or self._made_details()
            details.show_model(model)
            details.show()
        elif self._details is not None:
            self._details.hide()
        self._make_room()

    def _made_details(self) -> ModelDetails:
        made = ModelDetails(self._parts)
        made.hide()
        made.closed.connect(self._list.clearSelection)
        made.duplicates_requested.connect(self._show_duplicates)
        made.show_state(self._state)
        self._across.addWidget(made)
        return made

    def _make_room(self) -> None:
        """In a small window the library and its details come before the cards, and the search before other programs."""
        alone = self._details is None or self._details.isHidden()
        roomy = alone or self.width() >= ROOM_FOR_ALL
        self._cards.setVisible(roomy)
        self._find.setVisible(self._library.rowCount() > 0 and (roomy or self._search.isHidden()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _happened(self, event: Event) -> None:
        if isinstance(event, LibraryChanged):
            self._refresh()
        elif isinstance(event, ModelStateChanged):
            self._show_state(event.state)
