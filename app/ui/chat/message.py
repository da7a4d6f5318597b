"""One message of a conversation: the person's in a bubble, the model's as plain text with what it stands on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.chat.sources import Evidence
from app.chat.transcript import Message
from app.ui.chat.blocks import MessageBody
from app.ui.chat.evidence import EvidenceView, SourcesView, span_of
from app.ui.chat.figures import figures_text, left_out_text, state_text, unsupported_text
from app.ui.chat.intents import Intents, SourceSpan
from app.ui.chat.marks import marks_of, unsupported, used_passages
from app.ui.chat.plain import SHOWN, PlainBlock
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, IconButton, column, frame, label, row

COPIED_MS = 1600
BUBBLE_SHARE = 0.85
_PADDING = 28


@dataclass
class LiveReply:
    """What has arrived of a reply that is still being written: kept for conversations that are not shown, too."""

    message: Message
    searching: bool = False
    done: int = 0
    total: int = 0

    def add_text(self, text: str) -> None:
        """More of the answer."""
        self.message = replace(self.message, text=self.message.text + text)

    def set_evidence(self, evidence: Evidence) -> None:
        """The documents have answered."""
        self.searching = False
        self.message = replace(self.message, evidence=evidence)


class CopyButton(IconButton):
    """Copies a text and says so for a moment."""

    def __init__(self, theme: Theme, tooltip: str, name: str) -> None:
        super().__init__(theme, "copy", tooltip, name, self._copy, size=15)
        self.text_to_copy = ""
        self._tooltip = tooltip
        self._back = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._back.timeout.connect(lambda: self.set_icon("copy", self._tooltip))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text_to_copy)
        self.set_icon("check", self.tr("Copied"))
        self._back.start()


class UserMessage(QWidget):
    """What the person wrote, exactly as written: no Markdown."""

    def __init__(self, theme: Theme, message: Message) -> None:
        super().__init__()
        self.message = message
        name = f"message.{message.id}"
        self.setObjectName(name)
        self.setAccessibleName(self.tr("You: {text}").format(text=message.text[:SHOWN]))
        self._bubble = frame("bubble", f"{name}.bubble")
        self.body = PlainBlock(theme, f"{name}.text")
        inside = column(self.body, parent=self._bubble)
        inside.setContentsMargins(_PADDING // 2, 11, _PADDING // 2, 6)
        self.copy = CopyButton(theme, self.tr("Copy your message"), f"{name}.copy")
        self.copy.text_to_copy = message.text
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addStretch()
        layout.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._bubble)
        self.body.set_text(message.text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        document = self.body.view.document()
        widest = max(120, int(event.size().width() * BUBBLE_SHARE))
        probe = document.clone()
        probe.setTextWidth(-1)
        width = min(widest, int(probe.idealWidth()) + 2 + _PADDING)
        self._bubble.setFixedWidth(widest if len(self.message.text) > SHOWN else max(width, 44))
        super().resizeEvent(event)


class ReplyMessage(QWidget):
    """The evidence, the model's answer, its sources, and what can be done with it."""

    def __init__(self, theme: Theme, message: Message, intents: Intents, live: LiveReply | None = None) -> None:
        super().__init__()
        self.message = message
        self._theme, self._intents = theme, intents
        self._name = f"message.{message.id}"
        self.setObjectName(self._name)
        self.setAccessibleName(self.tr("Answer"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._evidence: EvidenceView | None = None
        self._sources: SourcesView | None = None
        self._left_out = label("", "small", wrap=True, name=f"{self._name}.left_out")
        self._head = label("", "section", wrap=True, name=f"{self._name}.head")
        self.body = MessageBody(theme, f"{self._name}.body")
        self.body.link_clicked.connect(intents.link_clicked)
        self.body.citation_clicked.connect(self._cite)
        self._progress = label("", "muted", wrap=True, name=f"{self._name}.progress")
        self._state = label("", "muted", wrap=True, selectable=True, name=f"{self._name}.state")
        self._state_icon = Icon(theme, "info", "muted", 15)
        self._checked = label("", "small", wrap=True, name=f"{self._name}.checked")
        self._details = label("", "small", wrap=True, selectable=True, name=f"{self._name}.figures")
        state = row(self._state_icon, spacing=8)
        state.addWidget(self._state, 1)
        state.setAlignment(self._state_icon, Qt.AlignmentFlag.AlignTop)
        for widget in (self._left_out, self._head, self.body, self._progress):
            self._column.addWidget(widget)
        self._column.addLayout(state)
        self._column.addWidget(self._checked)
        self._actions = self._make_actions()
        self._column.addWidget(self._actions)
        self._column.addWidget(self._details)
        for widget in (self._left_out, self._state, self._state_icon, self._checked, self._details, self._progress):
            widget.hide()
        if message.evidence is not None:
            self.set_evidence(message.evidence)
        if live is not None or message.state == "streaming":
            self._begin(live)
        else:
            self.finish(message)

    # -- while it is written ---------------------------------------------------------------------------------------

    def _begin(self, live: LiveReply | None) -> None:
        self._actions.hide()
        self._show_head()
        self._progress.show()
        searching = live is not None and live.searching
        self._progress.setText(self.tr("Searching your documents…") if searching else self.tr("Reading your question…"))
        if live is not None and live.total:
            self.set_prompt(live.done, live.total)
        if self.message.text:
            self.add_text(self.message.text)

    def add_text(self, text: str) -> None:
        """Show more of the answer."""
        if text and not self.body.text:
            self._progress.setText(self.tr("Writing…"))
        self.body.append(text)

    def set_prompt(self, done: int, total: int) -> None:
        """How much of the prompt the model has read."""
        if not self.body.text:
            words = self.tr("Reading your question… {done} of {total} tokens")
            self._progress.setText(words.format(done=f"{done:,}", total=f"{total:,}"))

    def set_waiting(self, words: str) -> None:
        """What the answer waits for, as long as it has not begun."""
        if not self.body.text:
            self._progress.setText(words)

    def set_stopping(self) -> None:
        """The person asked it to stop."""
        self._progress.setText(self.tr("Stopping…"))

    def set_evidence(self, evidence: Evidence) -> None:
        """Put the documents' sentences above the answer."""
        self.message = replace(self.message, evidence=evidence)
        if self._evidence is not None:
            self._evidence.deleteLater()
        self._evidence = EvidenceView(self._theme, evidence, self._intents, f"{self._name}.evidence")
        self._column.insertWidget(1, self._evidence)
        self._progress.setText(self.tr("Reading the passages…"))
        self._show_head()

    # -- when it is complete ---------------------------------------------------------------------------------------

    def finish(self, message: Message) -> None:
        """The reply is complete, or ended otherwise: show its state, its marks and its sources."""
        if message.evidence is not None and message.evidence != self.message.evidence:
            self.set_evidence(message.evidence)
        self.message = message
        self._progress.hide()
        if self.body.text == message.text:
            self.body.finish()
        else:
            self.body.set_text(message.text)
        self.body.setVisible(bool(message.text))
        marks = marks_of(message.checks)
        if marks:
            self.body.set_marks(marks)
        self._show_head()
        self._show_state(message)
        self._show_checks(message)
        self._show_sources(message)
        self.copy.text_to_copy = message.text
        self.copy.setVisible(bool(message.text))
        self._info.setVisible(message.figures is not None)
        if message.figures is not None:
            self._details.setText(figures_text(message.figures))
        self._actions.show()

    def set_last(self, last: bool) -> None:
        """Only the last answer can be asked for again."""
        self._again.setVisible(last)

    def _show_head(self) -> None:
        parts = [self.message.model] if self.message.model else []
        if self._evidence is not None:
            done = bool(self.message.checks)
            if done:
                parts.insert(0, self.tr("Model's summary — checked against the passages"))
            elif self._evidence.found:
                parts.insert(0, self.tr("Model's summary"))
            elif parts:
                parts.insert(0, self.tr("The model's own answer, not from your documents"))
        self._head.setContentsMargins(0, 10 if self._evidence is not None else 0, 0, 0)
        self._head.setText("  ·  ".join(parts))
        self._head.setVisible(bool(parts))

    def _show_state(self, message: Message) -> None:
        said = state_text(message)
        bad = message.state == "failed"
        self._state.setText(said)
        self._state.setVisible(bool(said))
        self._state_icon.setVisible(bool(said))
        self._state_icon.set_icon(
            "circle-alert" if bad else "info" if message.state == "stopped" else "triangle-alert",
            "bad" if bad else "muted" if message.state == "stopped" else "warn",
        )
        self._left_out.setText(left_out_text(message.left_out) if message.left_out else "")
        self._left_out.setVisible(message.left_out > 0)

    def _show_checks(self, message: Message) -> None:
        claims = [check for check in message.checks if check.support != "not_a_claim"]
        without = unsupported(claims)
        said = unsupported_text(without, len(claims)) if without else ""
        self._checked.setText(said)
        self._checked.setVisible(bool(said))
        sentences = [message.text[check.start : check.end] for check in claims if check.support == "unsupported"]
        words = self.tr("Without support in the passages: {sentences}").format(sentences=" / ".join(sentences))
        self.body.setAccessibleDescription(words if sentences else "")

    def _show_sources(self, message: Message) -> None:
        if self._sources is not None:
            self._sources.deleteLater()
            self._sources = None
        if message.evidence is None or not message.evidence.found:
            return
        used, others = used_passages(message.evidence, message.checks)
        self._sources = SourcesView(used, others, self._intents, f"{self._name}.sources")
        self._column.insertWidget(self._column.indexOf(self._actions), self._sources)

    # -- what can be done with it ----------------------------------------------------------------------------------

    def _make_actions(self) -> QWidget:
        self.copy = CopyButton(self._theme, self.tr("Copy the answer"), f"{self._name}.copy")
        self._again = IconButton(
            self._theme,
            "refresh-cw",
            self.tr("Answer again"),
            f"{self._name}.regenerate",
            self._intents.regenerate_requested.emit,
            size=15,
        )
        self._info = IconButton(
            self._theme, "gauge", self.tr("Speed and tokens"), f"{self._name}.details", self._toggle_details, size=15
        )
        holder = QWidget()
        holder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        actions = row(self.copy, self._again, self._info, parent=holder, spacing=2)
        actions.setContentsMargins(0, 0, 0, 0)
        for made in (self.copy, self._again, self._info):
            made.setProperty("kind", "inline")
        actions.addStretch()
        return holder

    def _toggle_details(self) -> None:
        self._details.setVisible(self._details.isHidden())

    def _cite(self, passage: int, start: int, end: int) -> None:
        evidence = self.message.evidence
        found = next((p for p in evidence.passages if p.number == passage), None) if evidence is not None else None
        if found is not None:
            span = span_of(found)
            self._intents.source_requested.emit(SourceSpan(span.file_id, start, end, span.title, passage))
