"""Which conversations there are and which of them is open: what stands behind the sidebar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.chat.transcript import ConversationSummary
from app.core.errors import SatchelError
from app.services.events import ConversationsChanged, Event
from app.ui.bridge import Bridge
from app.ui.chat.services import Conversations
from app.ui.chat.sidebar import Sidebar


class ChatList(QObject):
    """See the module. ``undo_offered(text, undo)``: something was deleted; calling ``undo`` brings it back."""

    leaving = Signal()
    """Another conversation is about to be opened; ``current`` is still the old one."""
    switched = Signal()
    """``current`` is another one now, not yet read."""
    changed = Signal()
    """Titles and attachments are known anew."""
    undo_offered = Signal(str, object)

    def __init__(
        self,
        bridge: Bridge,
        session: Conversations,
        sidebar: Sidebar,
        show_problem: Callable[[SatchelError | None], None],
    ) -> None:
        super().__init__()
        self._bridge, self._session, self._sidebar, self._show_problem = bridge, session, sidebar, show_problem
        self.current: int | None = None
        """The open conversation; None for a new one that is not stored yet."""
        self._chosen = False
        """Somebody said what to show; else it is the newest conversation."""
        self._summaries: list[ConversationSummary] = []
        self._asked = 0
        self._wait_for_new: list[Callable[[int], None]] = []
        self._in_use: set[int] = set()
        sidebar.opened.connect(self.open)
        sidebar.renamed.connect(self._rename)
        sidebar.delete_requested.connect(self._delete)
        sidebar.search_changed.connect(lambda _: self.refresh())

    @property
    def summary(self) -> ConversationSummary | None:
        """The open conversation's; None while it is not known."""
        return self.summary_of(self.current)

    def summary_of(self, conversation_id: int | None) -> ConversationSummary | None:
        """One conversation's; None while it is not known."""
        return next((summary for summary in self._summaries if summary.id == conversation_id), None)

    def refresh(self) -> None:
        """Read the list again; only the newest answer counts."""
        self._asked += 1
        asked, wanted = self._asked, self._sidebar.search.text().strip()

        def read() -> tuple[list[ConversationSummary], list[ConversationSummary]]:
            everything = self._session.list_conversations()
            return everything, self._session.list_conversations(wanted) if wanted else everything

        def show(found: tuple[list[ConversationSummary], list[ConversationSummary]]) -> None:
            if asked == self._asked:
                self._show(*found)

        self._bridge.run(read, show, self._show_problem)

    def open(self, conversation_id: int | None) -> None:
        """Open one; None: a new one, which is stored when something is said or attached in it."""
        if conversation_id is not None and conversation_id == self.current:
            return
        self.leaving.emit()
        self._chosen = True
        self.current = conversation_id
        self._sidebar.select(conversation_id)
        self.switched.emit()

    def with_stored(self, then: Callable[[int], None]) -> None:
        """Do something in the conversation that is open; a new one is stored first."""
        if self.current is not None:
            self._in_use.add(self.current)
            then(self.current)
            return
        self._wait_for_new.append(then)
        if len(self._wait_for_new) > 1:
            return  # it is being stored already

        def made(summary: ConversationSummary) -> None:
            waiting, self._wait_for_new = self._wait_for_new, []
            self._in_use.add(summary.id)
            if self.current is None:
                self._chosen = True
                self.current = summary.id
                self._summaries = [summary, *self._summaries]
                self.changed.emit()
            for each in waiting:
                each(summary.id)

        def failed(error: SatchelError) -> None:
            self._wait_for_new = []
            self._show_problem(error)

        self._bridge.run(self._session.new_conversation, made, failed)

    def in_use(self, conversation_id: int) -> bool:
        """Whether something was said or attached in it since the start: it may be on its way to the disk still."""
        return conversation_id in self._in_use

    def not_in_use(self, conversation_id: int) -> None:
        """What was attached is not any more."""
        self._in_use.discard(conversation_id)

    def unwritten_about(self, collection_id: int) -> int | None:
        """A conversation that answers from just this collection and in which nothing was said yet."""
        found = (s.id for s in self._summaries if s.leaf_id is None and s.collection_ids == (collection_id,))
        return next(found, None)

    def happened(self, event: Event) -> None:
        """Something happened in a service."""
        if isinstance(event, ConversationsChanged):
            self.refresh()

    def _show(self, everything: list[ConversationSummary], shown: list[ConversationSummary]) -> None:
        self._summaries = everything
        if not self._chosen and everything:
            self.open(everything[0].id)
        self._sidebar.show_conversations(shown, self.current)
        self.changed.emit()

    def _rename(self, conversation_id: int, title: str) -> None:
        self._bridge.run(lambda: self._session.rename(conversation_id, title), None, self._show_problem)

    def _delete(self, conversation_id: int) -> None:
        summary = self.summary_of(conversation_id)
        title = summary.title if summary is not None else ""
        numbers = [each.id for each in self._summaries]

        def undo() -> None:
            self._bridge.run(
                lambda: self._session.undelete(conversation_id),
                lambda _: self.open(conversation_id),
                self._show_problem,
            )

        def deleted(_: None) -> None:
            if self.current == conversation_id:
                at = numbers.index(conversation_id) if conversation_id in numbers else 0
                rest = numbers[at + 1 :] + numbers[:at][::-1]
                self.open(rest[0] if rest else None)
            self.undo_offered.emit(self.tr("Deleted “{title}”.").format(title=title), undo)

        self._bridge.run(lambda: self._session.delete(conversation_id), deleted, self._show_problem)
