"""Every request since Satchel was started: when, to whom, what for, how much. Live.

A download asks for its file in hundreds of ranges: requests of one errand for one address are one row, with their
number and sums. Nothing is left out: a row's details tell the address and each kind of answer, and the sums above the
list count also what is too old to be listed.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedWidget, QTableView, QWidget

from app.core.connections import Connection, HostTotal
from app.core.sizes import size_text
from app.services.events import ConnectionsChanged, Event
from app.ui.parts import Parts
from app.ui.settings.connection_details import ConnectionDetails
from app.ui.settings.connections_model import BYTES, HOST, PURPOSE, REQUESTS, STATE, TIME, ConnectionRows
from app.ui.theme import room_px
from app.ui.widgets.basic import Icon, button, column, frame, label, row
from app.ui.widgets.flow import FlowLayout
from app.ui.widgets.state_panel import StatePanel
from app.ui.widgets.words import counted, number

MOST_HOSTS = 6
"""So many have a card of their own: those with the most bytes."""


class ConnectionsView(QWidget):
    """Sums by host, and a row for each address that was asked."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._turn = 0
        self.setObjectName("connections")
        self._state_icon = Icon(parts.theme, "wifi-off", "muted", 16)
        self._state = label(kind="muted", wrap=True, name="connections.state")
        self._switch = button("", "connections.switch", self._turn_switch)
        self._hosts = QWidget()
        self._flow = FlowLayout(self._hosts, spacing=10)
        self._cards: list[QWidget] = []
        self._rows = ConnectionRows(parts.theme, self)
        self._table = self._make_table()
        self._details = ConnectionDetails(parts.theme)
        self._left_out = label(kind="small", wrap=True, name="connections.left_out")
        known = QWidget()
        below = column(self._table, self._left_out, self._details, spacing=10)
        below.setStretch(0, 1)
        column(self._hosts, spacing=14, parent=known).addLayout(below, 1)
        self._nothing = StatePanel(parts.theme, "shield-check", "connections.nothing")
        self._nothing.say(
            self.tr("Nothing has left this computer since Satchel was started."),
            self.tr("Requests are made only when you look for a model or get one; each is listed here."),
        )
        self._states = QStackedWidget()
        self._known = known
        for state in (self._nothing, known):
            self._states.addWidget(state)
        top = row(self._state_icon, self._state, self._switch, spacing=10)
        top.setStretch(1, 1)
        inside = column(spacing=16, parent=self)
        inside.setContentsMargins(24, 18, 24, 20)
        inside.addLayout(top)
        inside.addWidget(self._states, 1)
        parts.bridge.happened.connect(self._happened)
        parts.theme.changed.connect(self._table.viewport().update)
        self._look()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("connections.list")
        table.setAccessibleName(self.tr("Connections"))
        table.setModel(self._rows)
        table.setShowGrid(False)
        table.setWordWrap(False)  # else a host is cut at its first hyphen
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(room_px(34))
        across = table.horizontalHeader()
        across.setHighlightSections(False)
        across.setMinimumSectionSize(room_px(64))
        across.setSectionResizeMode(PURPOSE, QHeaderView.ResizeMode.Stretch)
        for column_number, width in ((TIME, 140), (HOST, 184), (REQUESTS, 80), (BYTES, 96), (STATE, 114)):
            across.setSectionResizeMode(column_number, QHeaderView.ResizeMode.Interactive)
            across.resizeSection(column_number, room_px(width))
        table.selectionModel().currentChanged.connect(lambda index, _before: self._show_details(index, opened=True))
        table.clicked.connect(lambda index: self._show_details(index, opened=True))
        return table

    def _happened(self, event: Event) -> None:
        if isinstance(event, ConnectionsChanged):
            self._look()

    def _look(self) -> None:
        connections = self._parts.connections
        self._turn += 1
        turn = self._turn

        def ask() -> tuple[bool, Sequence[HostTotal], Sequence[Connection]]:
            totals = connections.totals()  # before the list: what is made in between is not one that the list lacks
            return connections.offline, totals, connections.list()

        def came(found: tuple[bool, Sequence[HostTotal], Sequence[Connection]]) -> None:
            if turn == self._turn:  # else a later answer was quicker
                self._show(*found)

        self._parts.bridge.run(ask, came, owner=self)

    def _turn_switch(self) -> None:
        offline = not self._parts.settings.current.network.offline
        self._parts.bridge.run(lambda: self._parts.connections.set_offline(offline))

    def _show(self, offline: bool, totals: Sequence[HostTotal], connections: Sequence[Connection]) -> None:
        self._state_icon.set_icon("wifi-off" if offline else "shield-check", "warn" if offline else "good")
        self._state.setText(
            self.tr("Satchel is offline: nothing is requested.")
            if offline
            else self.tr("Satchel requests only what you ask for.")
        )
        words = self.tr("Go online") if offline else self.tr("Go offline")
        self._switch.setText(words)
        self._switch.setAccessibleName(words)
        self._rows.show_connections(connections)
        self._show_details(self._table.currentIndex())
        unlisted = sum(each.requests for each in totals) - sum(each.requests for each in connections)
        words = self.tr("Earlier requests that are no longer listed, but count in the sums above: {n}")
        self._left_out.setText(words.format(n=number(unlisted)))
        self._left_out.setVisible(unlisted > 0)
        self._states.setCurrentWidget(self._known if connections else self._nothing)
        self._show_totals(totals)

    def _show_details(self, index: QModelIndex, *, opened: bool = False) -> None:
        connection = self._rows.connection(index)
        if connection is not None:
            self._details.show_connection(connection)
        self._details.setVisible(connection is not None and (opened or not self._details.isHidden()))

    def _show_totals(self, totals: Sequence[HostTotal]) -> None:
        for old in self._cards:
            self._flow.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._cards = [_host(self, total) for total in totals[:MOST_HOSTS]]
        rest = totals[MOST_HOSTS:]
        if rest:
            others = HostTotal(
                counted(self.tr("%Ln other host(s)", "", len(rest)), len(rest)),
                sum(each.requests for each in rest),
                sum(each.sent_bytes for each in rest),
                sum(each.received_bytes for each in rest),
            )
            self._cards.append(_host(self, others))
        for card in self._cards:
            self._flow.addWidget(card)


def _host(words: QWidget, total: HostTotal) -> QWidget:
    card = frame("card")
    requests = counted(words.tr("%Ln request(s)", "", total.requests), total.requests)
    facts = words.tr("{requests} · {size} received").format(
        requests=requests.replace(str(total.requests), number(total.requests)), size=size_text(total.received_bytes)
    )
    inside = column(label(total.host, "strong"), label(facts, "small"), spacing=2, parent=card)
    inside.setContentsMargins(14, 8, 14, 10)
    return card
