"""How models talk: sections of the Settings page for conversations, answers from documents, and the next word."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QWidget

from app.ui.parts import Parts
from app.ui.settings.changes import Changes
from app.ui.settings.controls import decimal, entry, section, text, whole_number
from app.ui.widgets.basic import column


class ChatSection(QWidget):
    """Typing, and replies without documents."""

    def __init__(self, parts: Parts, changes: Changes) -> None:
        super().__init__()
        now, change = parts.settings.current.chat, changes.of("chat")
        enter = QCheckBox()
        enter.setChecked(now.send_on_enter)
        enter.toggled.connect(change("send_on_enter"))
        longest = whole_number(
            now.max_reply_tokens, 16, 32768, change("max_reply_tokens"), step=64, suffix=self.tr(" tokens")
        )
        column(
            section(
                self.tr("Chat"),
                entry(
                    self.tr("Enter sends"),
                    self.tr("Shift+Enter makes a new line. Off: Ctrl+Enter sends."),
                    enter,
                    "settings.send_on_enter",
                ),
                entry(
                    self.tr("Longest reply"),
                    self.tr("A reply that reaches it is cut, and says so."),
                    longest,
                    "settings.max_reply",
                ),
                entry(
                    self.tr("Instructions"),
                    self.tr(
                        "What a model is told before a conversation without documents; small models follow short ones."
                    ),
                    text(now.instructions, self.tr("Empty: Satchel's own"), change("instructions")),
                    "settings.instructions",
                    below=True,
                ),
            ),
            parent=self,
        )


class DocumentsSection(QWidget):
    """What is looked up, and how closely a model keeps to it."""

    def __init__(self, parts: Parts, changes: Changes) -> None:
        super().__init__()
        now, change = parts.settings.current.documents, changes.of("documents")
        column(
            section(
                self.tr("Answers from documents"),
                entry(
                    self.tr("Passages"),
                    self.tr("How many are looked up for a question."),
                    whole_number(now.passages, 1, 20, change("passages")),
                    "settings.documents.passages",
                ),
                entry(
                    self.tr("Quoted sentences"),
                    self.tr("How many of their sentences are quoted, at most, before the model speaks."),
                    whole_number(now.quotes, 1, 10, change("quotes")),
                    "settings.documents.quotes",
                ),
                entry(
                    self.tr("Temperature"),
                    self.tr("Low, so that the model stays with the text."),
                    decimal(now.temperature, 0.0, 5.0, change("temperature"), step=0.1),
                    "settings.documents.temperature",
                ),
                entry(
                    self.tr("Longest summary"),
                    self.tr("What the model may write below the quotes."),
                    whole_number(
                        now.max_reply_tokens, 16, 32768, change("max_reply_tokens"), step=32, suffix=self.tr(" tokens")
                    ),
                    "settings.documents.max_reply",
                ),
            ),
            parent=self,
        )


class SamplingSection(QWidget):
    """llama.cpp's sampler chain, in words."""

    def __init__(self, parts: Parts, changes: Changes) -> None:
        super().__init__()
        now, change = parts.settings.current.sampling, changes.of("sampling")
        column(
            section(
                self.tr("How the next word is chosen"),
                entry(
                    self.tr("Temperature"),
                    self.tr(
                        "0 always takes the likeliest word; higher is more varied. "
                        "Answers from documents use their own, lower one."
                    ),
                    decimal(now.temperature, 0.0, 5.0, change("temperature"), step=0.1),
                    "settings.temperature",
                ),
                entry(
                    self.tr("Likeliest words only (top-k)"),
                    self.tr("Choose among this many; 0 for all."),
                    whole_number(now.top_k, 0, 1_000_000, change("top_k"), step=5),
                    "settings.top_k",
                ),
                entry(
                    self.tr("Share of likelihood (top-p)"),
                    self.tr("Leave out the unlikely rest; 1 keeps all."),
                    decimal(now.top_p, 0.0, 1.0, change("top_p"), step=0.05),
                    "settings.top_p",
                ),
                entry(
                    self.tr("Least likelihood (min-p)"),
                    self.tr("Leave out words less likely than this part of the likeliest; 0 keeps all."),
                    decimal(now.min_p, 0.0, 1.0, change("min_p"), step=0.01),
                    "settings.min_p",
                ),
                entry(
                    self.tr("Against repetition"),
                    self.tr("Above 1, words that were just said become less likely."),
                    decimal(now.repeat_penalty, 0.1, 5.0, change("repeat_penalty"), step=0.05),
                    "settings.repeat_penalty",
                ),
            ),
            parent=self,
        )
