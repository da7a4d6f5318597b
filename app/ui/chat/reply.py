"""A message of the model: what the documents say, the answer, its sources, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.chat.answer import beyond_not_found
from app.chat.sources import Evidence
from app.chat.transcript import Message
from app.services.events import ReplyPhase
from app.ui.chat.blocks import MessageBody
from app.ui.chat.evidence import EvidenceView, SourcesView, span_of
from app.ui.chat.figures import check_text, figures_text, left_out_text, phase_text, state_text
from app.ui.chat.intents import Intents, SourceSpan
from app.ui.chat.live import LiveReply
from app.ui.chat.marks import marks_of, partly_supported, unsupported, used_passages
from app.ui.chat.reply_actions import ReplyActions
from app.ui.chat.versions import VersionSwitch
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, button, label, row
from app.ui.widgets.words import number


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
        self._last = False
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
        theme.changed.connect(self._tint)
        state = row(self._state_icon, spacing=8)
        state.addWidget(self._state, 1)
        state.setAlignment(self._state_icon, Qt.AlignmentFlag.AlignTop)
        self._head_icon = Icon(theme, "unlink", "muted", 15)
        self._head_icon.hide()
        head = row(self._head_icon, spacing=6)
        head.addWidget(self._head, 1)
        head.setAlignment(self._head_icon, Qt.AlignmentFlag.AlignTop)
        self._column.addWidget(self._left_out)
        self._column.addLayout(head)
        self._without = button(
            f" {self.tr('Answer without documents')}",
            f"{self._name}.without_documents",
            lambda: intents.regenerate_requested.emit(False),
            "",
            self.tr("Answer without documents"),
        )
        self._without.setToolTip(self.tr("The model answers from what it knows; nothing is checked"))
        self._without.hide()
        self._tint()
        self._column.addWidget(self.body)
        self._column.addWidget(self._progress)
        self._column.addWidget(self._without, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addLayout(state)
        self._column.addWidget(self._checked)
        self.tools = ReplyActions(theme, intents, message, self._name, self._ask_again, self._toggle_details)
        self._column.addWidget(self.tools)
        self._column.addWidget(self._details)
        for widget in (self._left_out, self._state, self._state_icon, self._checked, self._details, self._progress):
            widget.hide()
        if message.evidence is not None:
            self.set_evidence(message.evidence)
        if live is not None or message.state == "streaming":
            self._begin(live)
        else:
            self.finish(message)

    def _tint(self) -> None:
        self._without.setIcon(self._theme.icon("sparkles", self._theme.colors.accent, 16))

    # -- while it is written ---------------------------------------------------------------------------------------

    def _begin(self, live: LiveReply | None) -> None:
        self.tools.hide()
        self._show_head()
        self._progress.show()
        self.set_phase(live.phase if live is not None else "reading")
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
            self._progress.setText(words.format(done=number(done), total=number(total)))

    def set_phase(self, phase: ReplyPhase) -> None:
        """What the answer waits for, or that it is being checked."""
        if phase == "checking" or not self.body.text:
            self._progress.setText(phase_text(phase, with_documents=self._evidence is not None))

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
        self.set_phase("reading")
        self._show_head()

    # -- when it is complete ---------------------------------------------------------------------------------------

    def finish(self, message: Message) -> None:
        """The reply is complete, or ended otherwise: show its state, its marks and its sources."""
        if message.evidence is not None and message.evidence != self.message.evidence:
            self.set_evidence(message.evidence)
        self.message = message
        self._progress.hide()
        said = message.text
        if message.evidence is not None and not message.evidence.found:
            said = beyond_not_found(said)  # "Not in your documents" stands above already
        if self.body.text == said:
            self.body.finish()
        else:
            self.body.set_text(said)
        self.body.setVisible(bool(said))
        marks = marks_of(message.checks)
        if marks:
            self.body.set_marks(marks)
        self._show_head()
        self._show_state(message)
        self._show_checks(message)
        self._show_sources(message)
        if message.figures is not None:
            self._details.setText(figures_text(message.figures))
        self.tools.finish(message)
        self.tools.show()
        self._show_offer()

    def set_last(self, last: bool) -> None:
        """Only the last answer can be asked for again, with or without documents."""
        self._last = last
        self.tools.set_last(last)
        self._show_offer()

    def set_versions(self, ids: Sequence[int]) -> None:
        """The versions of this answer, oldest first."""
        self.tools.versions.show_versions(ids)

    @property
    def versions(self) -> VersionSwitch:
        """The way to the other versions."""
        return self.tools.versions

    def _show_offer(self) -> None:
        evidence = self.message.evidence
        self._without.setVisible(
            self._last and self.message.state != "streaming" and evidence is not None and not evidence.found
        )

    def _show_head(self) -> None:
        parts = [self.message.model] if self.message.model else []
        self._head_icon.setVisible(self.message.without_documents)
        if self.message.without_documents:
            parts.insert(0, self.tr("Without your documents: the model's own words, not checked"))
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
        said = check_text(unsupported(claims), partly_supported(claims), len(claims))
        self._checked.setText(said)
        self._checked.setVisible(bool(said))
        described = [
            (self.tr("Without support in the passages: {sentences}"), "unsupported"),
            (self.tr("Supported only in part: {sentences}"), "partial"),
        ]
        parts = []
        for words, support in described:
            sentences = [message.text[check.start : check.end] for check in claims if check.support == support]
            if sentences:
                parts.append(words.format(sentences=" / ".join(sentences)))
        self.body.setAccessibleDescription("\n".join(parts))

    def _show_sources(self, message: Message) -> None:
        if self._sources is not None:
            self._sources.deleteLater()
            self._sources = None
        if message.evidence is None or not message.evidence.found:
            return
        used, others = used_passages(message.evidence, message.checks)
        self._sources = SourcesView(used, others, self._intents, f"{self._name}.sources")
        self._column.insertWidget(self._column.indexOf(self.tools), self._sources)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _ask_again(self) -> None:
        self._intents.regenerate_requested.emit(not self.message.without_documents)

    def _toggle_details(self) -> None:
        self._details.setVisible(self._details.isHidden())

    def _cite(self, passage: int, start: int, end: int) -> None:
        evidence = self.message.evidence
        found = next((p for p in evidence.passages if p.number == passage), None) if evidence is not None else None
        if found is not None:
            span = span_of(found)
            self._intents.source_requested.emit(SourceSpan(span.file_id, start, end, span.title, passage))
