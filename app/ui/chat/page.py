"""The chat page: conversations, the conversation that is open, and the source that is looked at.

It knows what is going on (which conversation, which replies are being written) and tells its parts; everything that may
block goes through the bridge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QSplitter, QWidget

from app.chat.transcript import ConversationSummary, Message
from app.core.errors import SatchelError
from app.knowledge.protocol import CollectionInfo, Source
from app.models.model import LibraryModel
from app.services.events import (
    CollectionsChanged,
    ConversationsChanged,
    Event,
    EvidenceFound,
    LibraryChanged,
    MessageAdded,
    MessageFinished,
    ModelState,
    ModelStateChanged,
    PromptRead,
    TextArrived,
)
from app.ui.bridge import Bridge
from app.ui.chat.conversation_pane import ConversationPane
from app.ui.chat.intents import Intents, SourceSpan
from app.ui.chat.message import LiveReply, ReplyMessage
from app.ui.chat.services import Conversations, Documents, Models
from app.ui.chat.sidebar import Sidebar
from app.ui.chat.source_pane import SourcePane
from app.ui.theme import Theme
from app.ui.widgets.basic import column

SIDEBAR_WIDTH = 248
PANE_WIDTH = 420
NARROW = 1080
"""Below this width the sidebar makes room for the source pane."""


class ChatPage(QWidget):
    """See the module.

    Signals: ``open_models_page``; ``open_documents_page(collection_id)``; ``undo_offered(text, undo)``: something was
    deleted and calling ``undo`` brings it back.
    """

    open_models_page = Signal()
    open_documents_page = Signal(int)
    undo_offered = Signal(str, object)

    def __init__(
        self, theme: Theme, bridge: Bridge, session: Conversations, documents: Documents, models: Models
    ) -> None:
        super().__init__()
        self._bridge, self._session, self._documents, self._models = bridge, session, documents, models
        self._current: int | None = None
        self._chosen = False
        """Somebody said what to show; else it is the newest conversation."""
        self._summaries: list[ConversationSummary] = []
        self._asked = 0
        self._infos: tuple[CollectionInfo, ...] = ()
        self._library: list[LibraryModel] = []
        self._library_known = False
        self._state = models.state
        self._live: dict[int, LiveReply] = {}
        self._sending: set[int] = set()
        self._stopping: set[int] = set()
        self._new_draft = ""
        """What is typed for a conversation that is not stored yet."""
        self._wait_for_new: list[Callable[[int], None]] = []
        self._source_asked: SourceSpan | None = None
        self._sidebar_gave_way = False
        self.setObjectName("chat")
        self.intents = Intents()
        self.sidebar = Sidebar(theme)
        self.pane = ConversationPane(theme, self.intents, lambda: self._library)
        self.source = SourcePane(theme)
        self._arrange()
        self._wire()
        self._show_model(self._state)
        self.pane.show_empty()
        self._refresh()
        self._read_library()
        bridge.run(documents.collections, self._show_collections)

    # -- what others may ask ------------------------------------------------------------------------------------------

    @property
    def conversation_id(self) -> int | None:
        """The conversation that is open; None for a new one in which nothing was said."""
        return self._current

    def new_conversation(self) -> None:
        """Show a new conversation. It is stored when something is said or attached in it."""
        self._switch(None)
        self.pane.show_empty()
        self.pane.composer.input.setFocus()

    def open(self, conversation_id: int) -> None:
        """Show a conversation."""
        if conversation_id == self._current:
            return
        self._switch(conversation_id)
        self._reload()

    def attach_collection(self, collection_id: int) -> None:
        """Answer from this collection in the conversation that is open."""
        self._with_conversation(lambda number: self._attach(number, collection_id))

    def focus_search(self) -> None:
        """Let the person type what to look for among the conversations."""
        self._show_sidebar()
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def stop(self) -> None:
        """Stop the reply that is being written here, if there is one."""
        number = self._current
        if number is None or not self._is_busy():
            return
        for reply in self._live.values():
            if reply.message.conversation_id == number:
                self._stopping.add(reply.message.id)
                widget = self.pane.messages.reply(reply.message.id)
                if widget is not None:
                    widget.set_stopping()
        self._run(lambda: self._session.stop(number))

    def close_source(self) -> None:
        """Close the source pane."""
        self._source_asked = None
        if self.source.isHidden():
            return
        self.source.hide()
        if self._sidebar_gave_way:
            self._sidebar_gave_way = False
            self._show_sidebar()
        self.pane.composer.input.setFocus()

    def copy_last_reply(self) -> None:
        """Put the last answer on the clipboard, as Markdown."""
        replies = [w for w in self.pane.messages.widgets if isinstance(w, ReplyMessage) and w.message.text]
        if replies:
            replies[-1].copy.click()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.pane.composer.input.setFocus()

    # -- arrangement --------------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(3)
        self._splitter.setProperty("kind", "flush")
        self._splitter.setChildrenCollapsible(False)
        for widget in (self.sidebar, self.pane, self.source):
            self._splitter.addWidget(widget)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([SIDEBAR_WIDTH, 800, PANE_WIDTH])
        self.source.hide()
        column(self._splitter, parent=self)

    def _wire(self) -> None:
        header, composer, sidebar = self.pane.header, self.pane.composer, self.sidebar
        self._bridge.happened.connect(self._happened)
        sidebar.new_requested.connect(self.new_conversation)
        sidebar.collapse_requested.connect(self._hide_sidebar)
        sidebar.opened.connect(self.open)
        sidebar.renamed.connect(lambda number, title: self._run(lambda: self._session.rename(number, title)))
        sidebar.delete_requested.connect(self._delete)
        sidebar.search_changed.connect(lambda _: self._refresh())
        header.sidebar_requested.connect(self._show_sidebar)
        header.models_page_requested.connect(self.open_models_page)
        header.model_chosen.connect(lambda number: self._run(lambda: self._models.load(number)))
        header.collection_clicked.connect(self.open_documents_page)
        header.attach_requested.connect(self.attach_collection)
        header.detach_requested.connect(self._detach)
        composer.sent.connect(self._send)
        composer.drafted.connect(self._keep_draft)
        composer.stop_requested.connect(self.stop)
        self.pane.empty.example_chosen.connect(self._use_example)
        self.pane.empty.attach_requested.connect(self.attach_collection)
        self.intents.source_requested.connect(self._open_source)
        self.intents.link_clicked.connect(lambda address: QDesktopServices.openUrl(QUrl(address)))
        self.intents.regenerate_requested.connect(self._regenerate)
        self.source.closed.connect(self.close_source)
        copy = QShortcut(QKeySequence("Ctrl+Shift+C"), self)
        copy.activated.connect(self.copy_last_reply)

    def _show_sidebar(self) -> None:
        self.sidebar.show()
        self.pane.header.show_sidebar.hide()

    def _hide_sidebar(self) -> None:
        self.sidebar.hide()
        self.pane.header.show_sidebar.show()

    # -- conversations ------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Read the list again; only the newest answer counts."""
        self._asked += 1
        asked, wanted = self._asked, self.sidebar.search.text().strip()

        def read() -> tuple[list[ConversationSummary], list[ConversationSummary]]:
            everything = self._session.list_conversations()
            return everything, self._session.list_conversations(wanted) if wanted else everything

        def show(found: tuple[list[ConversationSummary], list[ConversationSummary]]) -> None:
            if asked == self._asked:
                self._show_conversations(*found)

        self._bridge.run(read, show, self.pane.show_problem)

    def _show_conversations(self, everything: list[ConversationSummary], shown: list[ConversationSummary]) -> None:
        self._summaries = everything
        if not self._chosen and everything:
            self.open(everything[0].id)
        self.sidebar.show_conversations(shown, self._current)
        self._show_header()

    def _summary(self) -> ConversationSummary | None:
        return next((summary for summary in self._summaries if summary.id == self._current), None)

    def _switch(self, conversation_id: int | None) -> None:
        self._keep_draft()
        self._chosen = True
        self._current = conversation_id
        self.pane.composer.set_draft(self._new_draft if conversation_id is None else "")
        self.pane.show_problem(None)
        self.pane.messages.set_messages([], self._live)
        self.sidebar.select(conversation_id)
        self._show_header()
        self._show_busy()

    def _keep_draft(self) -> None:
        number, text = self._current, self.pane.composer.draft
        if number is None:
            self._new_draft = text
        else:
            self._run(lambda: self._session.save_draft(number, text))

    def _reload(self) -> None:
        number = self._current
        assert number is not None
        self.pane.show_opening()

        def show(found: tuple[list[Message], str]) -> None:
            if number == self._current:
                messages, draft = found
                self.pane.messages.set_messages(messages, self._live)
                self._show_conversation()
                if draft and not self.pane.composer.draft:
                    self.pane.composer.set_draft(draft)

        self._bridge.run(
            lambda: (self._session.messages(number), self._session.draft(number)), show, self.pane.show_problem
        )

    def _show_conversation(self) -> None:
        if self.pane.messages.messages:
            self.pane.show_messages()
        else:
            self.pane.show_empty()

    def _delete(self, conversation_id: int) -> None:
        title = next((summary.title for summary in self._summaries if summary.id == conversation_id), "")
        numbers = [summary.id for summary in self._summaries]

        def undo() -> None:
            self._run(lambda: self._session.undelete(conversation_id), lambda: self.open(conversation_id))

        def deleted() -> None:
            if self._current == conversation_id:
                at = numbers.index(conversation_id) if conversation_id in numbers else 0
                rest = numbers[at + 1 :] + numbers[:at][::-1]
                if rest:
                    self.open(rest[0])
                else:
                    self.new_conversation()
            self.undo_offered.emit(self.tr("Deleted “{title}”.").format(title=title), undo)

        self._run(lambda: self._session.delete(conversation_id), deleted)

    def _with_conversation(self, then: Callable[[int], None]) -> None:
        """Do something in the conversation that is open; a new one is stored first."""
        if self._current is not None:
            then(self._current)
            return
        self._wait_for_new.append(then)
        if len(self._wait_for_new) > 1:
            return  # it is being stored already

        def made(summary: ConversationSummary) -> None:
            waiting, self._wait_for_new = self._wait_for_new, []
            if self._current is None:
                self._chosen = True
                self._current = summary.id
                self._summaries = [summary, *self._summaries]
                self._show_header()
            for each in waiting:
                each(summary.id)

        def failed(error: SatchelError) -> None:
            self._wait_for_new = []
            self.pane.show_problem(error)

        self._bridge.run(self._session.new_conversation, made, failed)

    # -- asking and answering -----------------------------------------------------------------------------------------

    def _send(self, text: str) -> None:
        self.pane.show_problem(None)
        self._with_conversation(lambda number: self._ask(number, lambda: self._session.send(number, text), text))

    def _regenerate(self) -> None:
        number = self._current
        if number is not None and not self._is_busy():
            self.pane.show_problem(None)
            self._ask(number, lambda: self._session.regenerate(number), "")

    def _ask(self, number: int, work: Callable[[], Message], text: str) -> None:
        self._sending.add(number)
        self._show_busy()

        def ended(error: SatchelError | None = None) -> None:
            self._sending.discard(number)
            self._show_busy()
            if error is not None and number == self._current:
                self.pane.show_problem(error)
                said = [message.text for message in self.pane.messages.messages if message.role == "user"]
                if text and text not in said[-1:] and not self.pane.composer.draft:
                    self.pane.composer.set_draft(text)

        self._bridge.run(work, lambda _: ended(), ended)

    def _use_example(self, text: str) -> None:
        self.pane.composer.set_draft(text)
        self.pane.composer.input.setFocus()

    def _is_busy(self) -> bool:
        return self._current in self._sending or any(
            reply.message.conversation_id == self._current for reply in self._live.values()
        )

    def _show_busy(self) -> None:
        self.pane.composer.set_busy(self._is_busy())

    # -- events -------------------------------------------------------------------------------------------------------

    def _happened(self, event: Event) -> None:
        match event:
            case ConversationsChanged():
                self._refresh()
            case MessageAdded(message):
                self._message_added(message)
            case EvidenceFound() | PromptRead() | TextArrived():
                self._reply_goes_on(event)
            case MessageFinished(message):
                self._message_finished(message)
            case ModelStateChanged(state):
                self._show_model(state)
            case LibraryChanged():
                self._read_library()
            case CollectionsChanged(infos):
                self._show_collections(infos)
            case _:
                pass

    def _message_added(self, message: Message) -> None:
        if message.role == "assistant" and message.state == "streaming":
            attached = next((s.collection_ids for s in self._summaries if s.id == message.conversation_id), ())
            self._live[message.id] = LiveReply(message, searching=bool(attached))
        if message.conversation_id == self._current:
            self.pane.messages.add(message)
            self.pane.show_messages()
            self._show_busy()

    def _reply_goes_on(self, event: EvidenceFound | PromptRead | TextArrived) -> None:
        reply = self._live.get(event.message_id)
        if reply is None or event.message_id in self._stopping:
            return
        shown = event.conversation_id == self._current
        widget = self.pane.messages.reply(event.message_id) if shown else None
        match event:
            case EvidenceFound():
                reply.set_evidence(event.evidence)
                if widget is not None:
                    widget.set_evidence(event.evidence)
            case PromptRead():
                reply.done, reply.total = event.done, event.total
                if widget is not None:
                    widget.set_prompt(event.done, event.total)
            case TextArrived():
                reply.add_text(event.text)
                if widget is not None:
                    widget.add_text(event.text)

    def _message_finished(self, message: Message) -> None:
        self._live.pop(message.id, None)
        self._stopping.discard(message.id)
        if message.conversation_id == self._current:
            self.pane.messages.finish(message)
            self._show_busy()

    # -- model and documents ------------------------------------------------------------------------------------------

    def _read_library(self) -> None:
        def show(models: Sequence[LibraryModel]) -> None:
            self._library, self._library_known = list(models), True
            self._show_model(self._state)

        self._bridge.run(self._models.models, show)

    def _show_model(self, state: ModelState) -> None:
        self._state = state
        self.pane.header.show_model(state)
        usable = any(model.summary.kind != "embedding" for model in self._library)
        blocked = hint = ""
        if state.phase == "loading":
            name = state.model.title if state.model is not None else self.tr("The model")
            percent = round(state.fraction * 100)
            blocked = self.tr("{name} is being loaded: {percent} %. You can write meanwhile.").format(
                name=name, percent=percent
            )
            for reply in self._live.values():
                widget = self.pane.messages.reply(reply.message.id)
                if widget is not None:
                    widget.set_waiting(self.tr("Loading the model… {percent} %").format(percent=percent))
        elif state.phase == "failed":
            hint = state.problem
        elif state.phase == "none" and self._library_known and not usable:
            blocked = self.tr("No model is loaded yet: add one on the Models page, or drop a .gguf file here.")
        self.pane.composer.set_blocked(blocked)
        self.pane.composer.set_hint(hint)

    def _show_collections(self, infos: Sequence[CollectionInfo]) -> None:
        self._infos = tuple(infos)
        self._show_header()

    def _show_header(self) -> None:
        summary = self._summary()
        attached = summary.collection_ids if summary is not None else ()
        self.pane.header.title.setText(summary.title if summary is not None else self.tr("New chat"))
        self.pane.header.show_collections(self._infos, attached)
        names = [info for info in self._infos if info.id in attached]
        self.pane.empty.show_collections(names, [info for info in self._infos if info.id not in attached])
        self.pane.composer.set_placeholder(
            self.tr("Ask your documents") if names else self.tr("Ask something, or drop a folder to ask your documents")
        )

    def _attach(self, conversation_id: int, collection_id: int) -> None:
        self._run(lambda: self._session.attach(conversation_id, collection_id), self._refresh)

    def _detach(self, collection_id: int) -> None:
        number = self._current
        if number is not None:
            self._run(lambda: self._session.detach(number, collection_id), self._refresh)

    # -- sources ------------------------------------------------------------------------------------------------------

    def _open_source(self, span: SourceSpan) -> None:
        self._source_asked = span
        if self.source.isHidden():
            if self.width() < NARROW and not self.sidebar.isHidden():
                self._hide_sidebar()
                self._sidebar_gave_way = True
            self.source.show()
        self.source.show_loading(span)

        def show(source: Source) -> None:
            if span is self._source_asked:
                self.source.show_source(source)

        def fail(error: SatchelError) -> None:
            if span is self._source_asked:
                self.source.show_error(error)

        self._bridge.run(lambda: self._documents.read_source(span.file_id, span.start, span.end), show, fail)

    def _run(self, work: Callable[[], object], then: Callable[[], None] | None = None) -> None:
        """Work whose result is not needed; a problem is shown above the composer."""
        self._bridge.run(work, (lambda _: then()) if then is not None else None, self.pane.show_problem)
