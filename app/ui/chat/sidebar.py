"""The conversations at the left: new, search, open, rename, delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.chat.transcript import ConversationSummary
from app.ui.chat.conversations import ID_ROLE, ConversationModel
from app.ui.theme import Theme, font_px, room_px
from app.ui.tokens import FONT_TINY
from app.ui.widgets.basic import IconButton, button, column, frame, label, row

SEARCH_DELAY_MS = 120
ROW_HEIGHT = 36
HEADING_HEIGHT = 34

Index = QModelIndex | QPersistentModelIndex


class Sidebar(QWidget):
    """Shows what it is given and says what is wanted."""

    new_requested = Signal()
    collapse_requested = Signal()
    opened = Signal(int)
    renamed = Signal(int, str)
    delete_requested = Signal(int)
    search_changed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("sidebar")
        self.setMinimumWidth(200)
        self.new = button(f" {self.tr('New chat')}", "sidebar.new", self.new_requested.emit, "", self.tr("New chat"))
        self.new.setToolTip(self.tr("New chat (Ctrl+N)"))
        theme.changed.connect(self._tint)
        self._tint()
        self.collapse = IconButton(
            theme, "panel-left", self.tr("Hide the conversations"), "sidebar.collapse", self.collapse_requested.emit
        )
        self.search = QLineEdit()
        self.search.setObjectName("sidebar.search")
        self.search.setAccessibleName(self.tr("Search conversations"))
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setProperty("kind", "search")
        self.search.setClearButtonEnabled(True)
        self._search_delay = QTimer(self, singleShot=True, interval=SEARCH_DELAY_MS)
        self._search_delay.timeout.connect(lambda: self.search_changed.emit(self.search.text()))
        self.search.textChanged.connect(lambda: self._search_delay.start())
        self.model = ConversationModel()
        self.model.renamed.connect(self.renamed)
        self.list = _ConversationView(theme, self.model)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.opened.connect(self.opened)
        self.list.delete_requested.connect(self.delete_requested)
        self.list.leave_upwards.connect(self.search.setFocus)
        self._empty = label("", "muted", wrap=True, name="sidebar.empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.hide()
        side = frame("sidebar")
        head = row(self.new, self.collapse, spacing=6)
        head.setStretch(0, 1)
        body = column(parent=side, spacing=8)
        body.setContentsMargins(12, 14, 10, 8)
        body.addLayout(head)
        body.addWidget(self.search)
        body.addWidget(self._empty)
        body.addWidget(self.list, 1)
        whole = column(side, parent=self)
        whole.setSpacing(0)

    def show_conversations(self, summaries: Sequence[ConversationSummary], current: int | None) -> None:
        """Show these, the open one selected. A title that is being edited is not disturbed."""
        if self.list.state() != QAbstractItemView.State.EditingState:
            self.model.show(summaries, datetime.now().astimezone())
        self.select(current)
        searching = bool(self.search.text().strip())
        said = self.tr("No conversation contains this.") if searching else self.tr("No conversations yet.")
        self._empty.setText(said)
        self._empty.setVisible(not summaries)

    def select(self, conversation_id: int | None) -> None:
        """Mark the open conversation."""
        index = self.model.row_of(conversation_id)
        if index != self.list.currentIndex():
            self.list.setCurrentIndex(index)
        if not index.isValid():
            self.list.clearSelection()

    def edit_title(self, conversation_id: int) -> None:
        """Let the person type another title in place."""
        index = self.model.row_of(conversation_id)
        if index.isValid():
            self.list.setCurrentIndex(index)
            self.list.edit(index)

    def _menu(self, at: QPoint) -> None:
        summary = self.model.summary(self.list.indexAt(at))
        if summary is None:
            return
        menu = self.menu_of(summary.id)
        menu.exec(self.list.viewport().mapToGlobal(at))

    def menu_of(self, conversation_id: int) -> QMenu:
        """What can be done with a conversation."""
        menu = QMenu(self)
        menu.setObjectName("sidebar.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        rename = menu.addAction(self._theme.icon("pencil"), self.tr("Rename"))
        rename.triggered.connect(lambda: self.edit_title(conversation_id))
        delete = menu.addAction(self._theme.icon("trash-2"), self.tr("Delete"))
        delete.triggered.connect(lambda: self.delete_requested.emit(conversation_id))
        return menu

    def _tint(self) -> None:
        self.new.setIcon(self._theme.icon("plus", self._theme.colors.accent, 16))


class _ConversationView(QListView):
    """Keys: Enter opens, F2 renames, Delete deletes."""

    opened = Signal(int)
    delete_requested = Signal(int)
    leave_upwards = Signal()

    def __init__(self, theme: Theme, model: ConversationModel) -> None:
        super().__init__()
        self.setObjectName("sidebar.list")
        self.setAccessibleName(self.tr("Conversations"))
        self.setModel(model)
        self.setItemDelegate(_RowDelegate(theme, self))
        self.setUniformItemSizes(False)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.clicked.connect(self._open)
        self.activated.connect(self._open)

    def _open(self, index: QModelIndex) -> None:
        conversation_id = index.data(ID_ROLE)
        if conversation_id is not None:
            self.opened.emit(conversation_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        conversation_id = index.data(ID_ROLE) if index.isValid() else None
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and conversation_id is not None:
            self.delete_requested.emit(conversation_id)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and conversation_id is not None:
            if self.state() != QAbstractItemView.State.EditingState:
                self.opened.emit(conversation_id)
        elif event.key() == Qt.Key.Key_Up and index.row() <= 1:
            self.leave_upwards.emit()
        else:
            super().keyPressEvent(event)


class _RowDelegate(QStyledItemDelegate):
    """A title on a calm ground; headings small and muted."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        heading = index.data(ID_ROLE) is None
        return QSize(option.rect.width(), room_px(HEADING_HEIGHT if heading else ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colors = self._theme.colors
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(option.font)
        text = str(index.data())
        if index.data(ID_ROLE) is None:
            font.setPixelSize(font_px(FONT_TINY))
            font.setWeight(QFont.Weight.DemiBold)
            painter.setFont(font)
            painter.setPen(QColor(colors.muted))
            area = option.rect.adjusted(10, 8, -6, -4)
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, text)
            painter.restore()
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.selected if selected else colors.hover))
            painter.drawRoundedRect(option.rect.adjusted(0, 1, 0, -1), 8, 8)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colors.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(option.rect.adjusted(1, 2, -1, -2), 8, 8)
        if selected:
            font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colors.text))
        area = option.rect.adjusted(10, 0, -10, 0)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setObjectName("sidebar.rename")
        editor.setAccessibleName(self.tr("New title"))
        editor.setProperty("kind", "rename")
        editor.setMaxLength(200)
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        area = QRect(option.rect)
        editor.setGeometry(area.adjusted(0, 1, 0, -1))
