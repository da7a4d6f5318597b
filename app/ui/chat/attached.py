"""The documents that answer in the conversation that is open, and the sources that are opened from its replies."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from app.core.errors import SatchelError
from app.knowledge.protocol import CollectionInfo, Source
from app.services.events import CollectionsChanged, Event
from app.ui.bridge import Bridge
from app.ui.chat.arrangement import Arrangement
from app.ui.chat.chat_list import ChatList
from app.ui.chat.conversation_pane import ConversationPane
from app.ui.chat.intents import SourceSpan
from app.ui.chat.services import Conversations, Documents
from app.ui.chat.source_pane import SourcePane


class Attached(QObject):
    """Attaches and detaches collections; keeps title, chips and offers as they are."""

    def __init__(
        self, bridge: Bridge, session: Conversations, documents: Documents, chats: ChatList, pane: ConversationPane
    ) -> None:
        super().__init__()
        self._bridge, self._session, self._chats, self._pane = bridge, session, chats, pane
        self._infos: tuple[CollectionInfo, ...] = ()
        bridge.happened.connect(self._happened)
        chats.switched.connect(self._show)
        chats.changed.connect(self._show)
        pane.header.attach_requested.connect(self.attach)
        pane.header.detach_requested.connect(self._detach)
        pane.empty.attach_requested.connect(self.attach)
        bridge.run(documents.collections, self._know)

    def attach(self, collection_id: int) -> None:
        """Answer from this collection in the conversation that is open."""

        def stored(number: int) -> None:
            self._bridge.run(
                lambda: self._session.attach(number, collection_id),
                lambda _: self._chats.refresh(),
                self._pane.show_problem,
            )

        self._chats.with_stored(stored)

    def _detach(self, collection_id: int) -> None:
        number = self._chats.current
        if number is not None:
            self._bridge.run(
                lambda: self._session.detach(number, collection_id),
                lambda _: self._detached(number),
                self._pane.show_problem,
            )

    def _detached(self, number: int) -> None:
        self._chats.not_in_use(number)
        self._chats.refresh()

    def _happened(self, event: Event) -> None:
        if isinstance(event, CollectionsChanged):
            self._know(event.infos)

    def _know(self, infos: Sequence[CollectionInfo]) -> None:
        self._infos = tuple(infos)
        self._show()

    def _show(self) -> None:
        summary = self._chats.summary
        attached = summary.collection_ids if summary is not None else ()
        self._pane.header.title.setText(summary.title if summary is not None else self.tr("New conversation"))
        self._pane.header.show_collections(self._infos, attached)
        names = [info for info in self._infos if info.id in attached]
        self._pane.empty.show_collections(names, [info for info in self._infos if info.id not in attached])
        self._pane.composer.set_placeholder(
            self.tr("Ask your documents") if names else self.tr("Ask something, or drop a folder to ask your documents")
        )


class Sources(QObject):
    """Opens and closes the source at the right."""

    def __init__(self, bridge: Bridge, documents: Documents, pane: SourcePane, arrangement: Arrangement) -> None:
        super().__init__()
        self._bridge, self._documents, self._pane, self._arrangement = bridge, documents, pane, arrangement
        self._asked: SourceSpan | None = None

    def open(self, span: SourceSpan) -> None:
        """Read a source and show it; only what was asked for last is shown."""
        self._asked = span
        self._arrangement.show_source()
        self._pane.show_loading(span)

        def show(source: Source) -> None:
            if span is self._asked:
                self._pane.show_source(source)

        def fail(error: SatchelError) -> None:
            if span is self._asked:
                self._pane.show_error(error)

        self._bridge.run(lambda: self._documents.read_source(span.file_id, span.start, span.end), show, fail)

    def close(self) -> bool:
        """Put it away; whether it was there."""
        self._asked = None
        return self._arrangement.hide_source()
