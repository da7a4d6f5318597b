"""Models that other programs keep on this computer: found by the click that opens this, used where they lie."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QProgressBar,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QTreeWidgetItemIterator,
    QWidget,
)

from app.core.errors import SatchelError
from app.core.jobs import CancelToken, Progress
from app.core.sizes import size_text
from app.models.library_values import AddedModels
from app.models.places.values import FoundModel, PlaceReport
from app.ui.models.dialogs.panel import Panel
from app.ui.parts import Parts
from app.ui.widgets.basic import button, column, label
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.state_panel import StatePanel
from app.ui.widgets.words import counted, short_path

_FOUND_ROLE = Qt.ItemDataRole.UserRole
PROGRAMS = ("Ollama", "LM Studio", "GPT4All", "Jan")


class FoundDialog(Panel):
    """``added`` with the first new model's id, when some were added."""

    added = Signal(int)

    def __init__(self, parts: Parts, parent: QWidget) -> None:
        super().__init__(
            parent,
            "models.found",
            self.tr("Models on this computer"),
            self.tr(
                "What Ollama, LM Studio, GPT4All, Jan and the Hugging Face cache have here. "
                "Satchel uses the files where they are and never changes them."
            ),
        )
        self._parts = parts
        self._tree = self._make_tree()
        self._problems = label(kind="small", wrap=True, selectable=True, name="models.found.problems")
        self._bar = QProgressBar(textVisible=False, maximum=0)
        self._looking = label(self.tr("Looking in their folders…"), "muted", name="models.found.looking")
        waiting = QWidget()
        column(self._looking, self._bar, spacing=10, parent=waiting).addStretch()
        known = QWidget()
        column(self._tree, self._problems, spacing=8, parent=known).setStretch(0, 1)
        self._nothing = StatePanel(parts.theme, "folder-search", "models.found.nothing")
        self._states = QStackedWidget()
        self._waiting, self._known = waiting, known
        for state in (waiting, known, self._nothing):
            self._states.addWidget(state)
        self._sum = ElidedLabel(kind="small", name="models.found.sum")
        self._close = button(self.tr("Cancel"), "models.found.cancel", self.reject, "quiet")
        self._use = button(self.tr("Use these"), "models.found.use", self._do_use, "primary")
        self.lay_out(self._states, self._close, self._use, aside=self._sum)
        self._use.hide()
        self._cancel = parts.bridge.job(parts.models.places.find, self._show_looking, self._came, self._failed, self)

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setObjectName("models.found.list")
        tree.setAccessibleName(self.tr("Models found"))
        tree.setColumnCount(3)
        tree.setHeaderHidden(True)
        tree.setRootIsDecorated(False)
        tree.setIndentation(14)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for position in (1, 2):
            header.setSectionResizeMode(position, QHeaderView.ResizeMode.ResizeToContents)
        tree.itemChanged.connect(lambda _item, _column: self._count())
        return tree

    # -- what was found -----------------------------------------------------------------------------------------------

    def _came(self, reports: tuple[PlaceReport, ...]) -> None:
        self._tree.blockSignals(True)
        for report in reports:
            if report.found:
                self._add_place(report)
        self._tree.expandAll()
        self._tree.blockSignals(False)
        problems = [problem for report in reports for problem in report.problems]
        self._problems.setText("\n".join(problems))
        self._problems.setVisible(bool(problems))
        if self._tree.topLevelItemCount():
            self._states.setCurrentWidget(self._known)
            self._use.show()
            self._count()
            self._tree.setFocus()
        else:
            self._nothing.say(
                self.tr("Nothing was found"),
                " ".join(problems) or self.tr("None of these programs has a model in its usual folder here."),
            )
            self._states.setCurrentWidget(self._nothing)
            self._close.setText(self.tr("Close"))

    def _add_place(self, report: PlaceReport) -> None:
        place = QTreeWidgetItem([f"{report.program}  ·  {short_path(report.folder)}"])
        place.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = place.font(0)
        font.setBold(True)
        place.setFont(0, font)
        self._tree.addTopLevelItem(place)
        place.setFirstColumnSpanned(True)
        for found in report.found:
            place.addChild(self._item(found))

    def _item(self, found: FoundModel) -> QTreeWidgetItem:
        kinds = {"adapter": self.tr("Adapter"), "projector": self.tr("Part for images: not used")}
        usable = not found.in_library and not found.problem and found.kind != "projector"
        state = kinds.get(found.kind, "")
        if found.in_library:
            state = self.tr("In your library")
        elif found.problem:
            state = self.tr("Cannot be used")
        made = QTreeWidgetItem([found.name, size_text(found.size_bytes), state])
        made.setData(0, _FOUND_ROLE, found)
        made.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        made.setToolTip(0, "\n".join(part for part in (found.name, found.path, found.problem) if part))
        made.setToolTip(2, found.problem)
        made.setFlags(
            Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable if usable else Qt.ItemFlag.NoItemFlags
        )
        checked = usable and found.kind == "model"
        made.setCheckState(0, Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
        return made

    def _chosen(self) -> list[FoundModel]:
        chosen: list[FoundModel] = []
        places = QTreeWidgetItemIterator(self._tree, QTreeWidgetItemIterator.IteratorFlag.Checked)
        while (item := places.value()) is not None:
            chosen.append(item.data(0, _FOUND_ROLE))
            places += 1
        return chosen

    def _count(self) -> None:
        chosen = self._chosen()
        size = size_text(sum(found.size_bytes for found in chosen))
        words = counted(self.tr("%Ln model(s), {size}", "", len(chosen)), len(chosen)).format(size=size)
        self._sum.setText(words if chosen else self.tr("Nothing is chosen"))
        self._use.setEnabled(bool(chosen))

    # -- adding -------------------------------------------------------------------------------------------------------

    def _do_use(self) -> None:
        chosen, models = self._chosen(), self._parts.models
        self._use.hide()
        self._bar.setMaximum(len(chosen))
        self._states.setCurrentWidget(self._waiting)
        self._sum.setText("")

        def add(report: Callable[[Progress], None], cancel: CancelToken) -> AddedModels:
            return models.places.add(chosen, report, cancel)

        self._cancel = self._parts.bridge.job(add, self._show_adding, self._done, self._failed, self)

    def _show_looking(self, progress: Progress) -> None:
        where = self.tr("Looking in the folders of {program}…").format(program=progress.phase)
        looked_at = counted(self.tr("%Ln file(s) looked at.", "", progress.done), progress.done)
        self._looking.setText(f"{where} {looked_at}" if progress.done else where)

    def _show_adding(self, progress: Progress) -> None:
        self._bar.setValue(progress.done)
        self._looking.setText(self.tr("Reading the header of {name}…").format(name=progress.phase))

    def _done(self, added: AddedModels) -> None:
        if added.models:
            self.added.emit(added.models[0].id)
        if not added.failed:
            self.accept()
            return
        self._nothing.say(
            counted(self.tr("%Ln file(s) could not be added", "", len(added.failed)), len(added.failed)),
            "\n".join(str(error) for _name, error in added.failed[:3]),
        )
        self._states.setCurrentWidget(self._nothing)
        self._close.setText(self.tr("Close"))

    def _failed(self, error: SatchelError) -> None:
        self._nothing.say_error(error)
        self._states.setCurrentWidget(self._nothing)
        self._close.setText(self.tr("Close"))

    def done(self, code: int) -> None:
        """Closing it looks no further and adds no more; what was added stays."""
        self._cancel.cancel()
        super().done(code)
