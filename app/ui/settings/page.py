"""The Settings page: what a person chose, each change kept at once in the settings file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QComboBox, QStackedWidget, QWidget

from app.ui.models.fit import kv_words
from app.ui.parts import Parts
from app.ui.reveal import show_in_file_manager
from app.ui.settings.about import AboutCard
from app.ui.settings.connections import ConnectionsView
from app.ui.settings.controls import decimal, entry, section, text, whole_number
from app.ui.settings.network import NetworkSection
from app.ui.theme import ThemeChoice
from app.ui.widgets.basic import button, column
from app.ui.widgets.page import centred_column, header, scrolling
from app.ui.widgets.segments import Segments
from app.ui.widgets.words import number, short_path

WIDTH = 780
CONTEXTS = (1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072)
TEXT_SCALES = (0.9, 1.0, 1.1, 1.25, 1.5)
SAVE_AFTER_MS = 300


View = Literal["preferences", "connections"]


class SettingsPage(QWidget):
    """Rows of a name, a sentence and a control; and in a view of its own, every request that was made."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._chosen = parts.settings.current
        self._unsaved: dict[tuple[str, str], Any] = {}
        self.setObjectName("settings")
        self._save_later = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._save_later.timeout.connect(self._save)
        content, inside = centred_column(WIDTH, spacing=10)
        for made in (
            self._appearance(),
            self._chat(),
            self._documents(),
            self._models(),
            self._sampling(),
            self._network(),
            self._storage(),
        ):
            inside.addWidget(made)
        inside.addWidget(AboutCard(parts))
        inside.addStretch()
        words = {"preferences": self.tr("Preferences"), "connections": self.tr("Connections")}
        self._segments = Segments(parts.theme, "settings.view", self.tr("Views"), words)
        self._segments.chosen.connect(lambda name: self.show_view(name))
        self._scroll = scrolling(content, "settings.scroll")
        self._connections: ConnectionsView | None = None
        self._stack = QStackedWidget()
        self._stack.addWidget(self._scroll)
        top = header(self.tr("Settings"), name="settings.header", views=self._segments)
        column(top, self._stack, spacing=0, parent=self).setStretch(1, 1)

    def show_view(self, view: View) -> None:
        """Show what can be chosen, or the requests."""
        if view == "connections" and self._connections is None:
            self._connections = ConnectionsView(self._parts)
            self._stack.addWidget(self._connections)
        self._segments.show_view(view)
        wanted = self._connections if view == "connections" else self._scroll
        if wanted is not None:
            self._stack.setCurrentWidget(wanted)

    def show_network(self) -> None:
        """Show the settings of the network."""
        self.show_view("preferences")
        QTimer.singleShot(0, self, lambda: self._scroll.verticalScrollBar().setValue(self._network_section.y() - 16))

    # -- sections -----------------------------------------------------------------------------------------------------

    def _appearance(self) -> QWidget:
        theme = QComboBox()
        for words, value in (
            (self.tr("As the system"), "system"),
            (self.tr("Light"), "light"),
            (self.tr("Dark"), "dark"),
        ):
            theme.addItem(words, value)
        theme.setCurrentIndex(max(0, theme.findData(self._chosen.appearance.theme)))
        theme.currentIndexChanged.connect(lambda _index: self._choose_theme(theme.currentData()))
        size = QComboBox()
        for scale in sorted({*TEXT_SCALES, self._chosen.appearance.text_scale}):
            size.addItem(self.tr("{n} %").format(n=round(scale * 100)), scale)
        size.setCurrentIndex(size.findData(self._chosen.appearance.text_scale))
        size.currentIndexChanged.connect(lambda _index: self._scale_text(size.currentData()))
        return section(
            self.tr("Appearance"),
            entry(self.tr("Theme"), self.tr("Light, dark, or what the system shows."), theme, "settings.theme"),
            entry(self.tr("Size of text"), self.tr("Of all text in the window."), size, "settings.text_scale"),
        )

    def _chat(self) -> QWidget:
        now, change = self._chosen.chat, self._changes("chat")
        enter = QCheckBox()
        enter.setChecked(now.send_on_enter)
        enter.toggled.connect(change("send_on_enter"))
        longest = whole_number(
            now.max_reply_tokens, 16, 32768, change("max_reply_tokens"), step=64, suffix=self.tr(" tokens")
        )
        return section(
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
        )

    def _documents(self) -> QWidget:
        now, change = self._chosen.documents, self._changes("documents")
        return section(
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
        )

    def _models(self) -> QWidget:
        now, change = self._chosen.model, self._changes("model")
        context = QComboBox()
        for step in sorted({*CONTEXTS, now.context}):
            context.addItem(self.tr("{n} tokens").format(n=number(step)), step)
        context.setCurrentIndex(context.findData(now.context))
        context.currentIndexChanged.connect(lambda _index: change("context")(context.currentData()))
        kv = QComboBox()
        for kind, words in kv_words(self).items():
            kv.addItem(words, kind)
        kv.setCurrentIndex(max(0, kv.findData(now.kv_type)))
        kv.currentIndexChanged.connect(lambda _index: change("kv_type")(kv.currentData()))
        return section(
            self.tr("Models"),
            entry(
                self.tr("Context"),
                self.tr("What a model keeps in mind at once. More takes more memory. Holds from the next load on."),
                context,
                "settings.context",
            ),
            entry(
                self.tr("KV cache"),
                self.tr("How exactly the context is kept in memory."),
                kv,
                "settings.kv_type",
            ),
        )

    def _sampling(self) -> QWidget:
        now, change = self._chosen.sampling, self._changes("sampling")
        return section(
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
        )

    def _network(self) -> QWidget:
        self._network_section = NetworkSection(self._parts, self._changes("network"))
        self._network_section.connections_requested.connect(lambda: self.show_view("connections"))
        return self._network_section

    def _storage(self) -> QWidget:
        home = self._parts.home
        show = button(self.tr("Show the folder"), "settings.home", lambda: _open(str(home.root)))
        show_file = button(self.tr("Show the file"), "settings.file", lambda: show_in_file_manager(home.settings_file))
        return section(
            self.tr("Where things are"),
            entry(
                self.tr("Satchel's folder"),
                self.tr("Conversations, the index of your documents, and models it copied: {path}").format(
                    path=short_path(str(home.root))
                ),
                show,
                "settings.home",
            ),
            entry(
                self.tr("These settings"),
                self.tr("A text file you can read and edit: {name}").format(name=home.settings_file.name),
                show_file,
                "settings.file",
            ),
        )

    # -- changes ---------------------------------------------------------------------------------------------------

    def _choose_theme(self, theme: ThemeChoice) -> None:
        self._parts.theme.choose(theme)
        self._changes("appearance")("theme")(theme)

    def _scale_text(self, scale: float) -> None:
        self._parts.theme.scale_text(scale)
        self._changes("appearance")("text_scale")(scale)

    def _changes(self, table: str) -> Callable[[str], Callable[[Any], None]]:
        """``_changes("chat")("max_reply_tokens")`` is what a control calls with the new value."""

        def of_field(name: str) -> Callable[[Any], None]:
            def change(value: Any) -> None:
                self._unsaved[table, name] = value
                self._save_later.start()

            return change

        return of_field

    def _save(self) -> None:
        """Only what was changed here: the rest may be another meanwhile (the offline switch has its own ways)."""
        changes, self._unsaved = self._unsaved, {}
        settings = self._parts.settings

        def save() -> None:
            chosen = settings.current
            for (table, name), value in changes.items():
                chosen = replace(chosen, **{table: replace(getattr(chosen, table), **{name: value})})
            settings.save(chosen)

        self._parts.bridge.run(save)


def _open(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
