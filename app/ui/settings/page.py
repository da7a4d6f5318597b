"""The Settings page: what a person chose, each change kept at once in the settings file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from app.storage.settings import Settings
from app.ui.models.fit import kv_words
from app.ui.parts import Parts
from app.ui.settings.about import AboutCard
from app.ui.theme import ThemeChoice
from app.ui.widgets.basic import button, column, frame, label, line, row
from app.ui.widgets.page import centred_column, header, scrolling

WIDTH = 780
CONTEXTS = (1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072)
SAVE_AFTER_MS = 300
FIELD_MARGINS = (8, 0, 0, 0)
"""A spin box with buttons of our own has no padding of the style sheet's."""


class SettingsPage(QWidget):
    """Rows of a name, a sentence and a control."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._chosen = parts.settings.current
        self.setObjectName("settings")
        self._save_later = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._save_later.timeout.connect(self._save)
        content, inside = centred_column(WIDTH, spacing=10)
        for section in (self._appearance(), self._chat(), self._models(), self._sampling(), self._storage()):
            inside.addWidget(section)
        inside.addWidget(AboutCard(parts))
        inside.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(header(self.tr("Settings"), name="settings.header"))
        layout.addWidget(scrolling(content, "settings.scroll"), 1)

    # -- sections -----------------------------------------------------------------------------------------------------

    def _appearance(self) -> QWidget:
        choice = QComboBox()
        for text, value in (
            (self.tr("As the system"), "system"),
            (self.tr("Light"), "light"),
            (self.tr("Dark"), "dark"),
        ):
            choice.addItem(text, value)
        choice.setCurrentIndex(max(0, choice.findData(self._chosen.appearance.theme)))
        choice.currentIndexChanged.connect(lambda _index: self._choose_theme(choice.currentData()))
        return _section(
            self.tr("Appearance"),
            _entry(self.tr("Theme"), self.tr("Light, dark, or what the system shows."), choice, "settings.theme"),
        )

    def _chat(self) -> QWidget:
        enter = QCheckBox()
        enter.setChecked(self._chosen.chat.send_on_enter)
        enter.toggled.connect(lambda on: self._change(lambda s: replace(s, chat=replace(s.chat, send_on_enter=on))))
        longest = _spin(self._chosen.chat.max_reply_tokens, 16, 32768, 64, self.tr(" tokens"))
        longest.valueChanged.connect(
            lambda n: self._change(lambda s: replace(s, chat=replace(s.chat, max_reply_tokens=n)))
        )
        return _section(
            self.tr("Chat"),
            _entry(
                self.tr("Enter sends"),
                self.tr("Shift+Enter makes a new line. Off: Ctrl+Enter sends."),
                enter,
                "settings.send_on_enter",
            ),
            _entry(
                self.tr("Longest reply"),
                self.tr("A reply that reaches it is cut, and says so."),
                longest,
                "settings.max_reply",
            ),
        )

    def _models(self) -> QWidget:
        context = QComboBox()
        steps = sorted({*CONTEXTS, self._chosen.model.context})
        for step in steps:
            context.addItem(self.tr("{n} tokens").format(n=f"{step:,}"), step)
        context.setCurrentIndex(context.findData(self._chosen.model.context))
        context.currentIndexChanged.connect(
            lambda _index: self._change(lambda s: replace(s, model=replace(s.model, context=context.currentData())))
        )
        kv = QComboBox()
        for kind, words in kv_words(self).items():
            kv.addItem(words, kind)
        kv.setCurrentIndex(max(0, kv.findData(self._chosen.model.kv_type)))
        kv.currentIndexChanged.connect(
            lambda _index: self._change(lambda s: replace(s, model=replace(s.model, kv_type=kv.currentData())))
        )
        return _section(
            self.tr("Models"),
            _entry(
                self.tr("Context"),
                self.tr("What a model keeps in mind at once. More takes more memory. Holds from the next load on."),
                context,
                "settings.context",
            ),
            _entry(
                self.tr("KV cache"),
                self.tr("How exactly the context is kept in memory."),
                kv,
                "settings.kv_type",
            ),
        )

    def _sampling(self) -> QWidget:
        now = self._chosen.sampling

        def number(value: float, low: float, high: float, step: float, name: str) -> QDoubleSpinBox:
            made = QDoubleSpinBox()
            made.setRange(low, high)
            made.setSingleStep(step)
            made.setDecimals(2)
            made.setValue(value)
            made.setFixedWidth(120)
            made.lineEdit().setTextMargins(*FIELD_MARGINS)
            made.valueChanged.connect(
                lambda chosen: self._change(
                    lambda s: replace(s, sampling=replace(s.sampling, **{name: round(chosen, 4)}))
                )
            )
            return made

        top_k = _spin(now.top_k, 0, 1_000_000, 5, "")
        top_k.valueChanged.connect(lambda n: self._change(lambda s: replace(s, sampling=replace(s.sampling, top_k=n))))
        return _section(
            self.tr("How the next word is chosen"),
            _entry(
                self.tr("Temperature"),
                self.tr(
                    "0 always takes the likeliest word; higher is more varied. "
                    "Answers from documents use their own, lower one."
                ),
                number(now.temperature, 0.0, 5.0, 0.1, "temperature"),
                "settings.temperature",
            ),
            _entry(
                self.tr("Likeliest words only (top-k)"),
                self.tr("Choose among this many; 0 for all."),
                top_k,
                "settings.top_k",
            ),
            _entry(
                self.tr("Share of likelihood (top-p)"),
                self.tr("Leave out the unlikely rest; 1 keeps all."),
                number(now.top_p, 0.0, 1.0, 0.05, "top_p"),
                "settings.top_p",
            ),
            _entry(
                self.tr("Least likelihood (min-p)"),
                self.tr("Leave out words less likely than this part of the likeliest; 0 keeps all."),
                number(now.min_p, 0.0, 1.0, 0.01, "min_p"),
                "settings.min_p",
            ),
            _entry(
                self.tr("Against repetition"),
                self.tr("Above 1, words that were just said become less likely."),
                number(now.repeat_penalty, 0.1, 5.0, 0.05, "repeat_penalty"),
                "settings.repeat_penalty",
            ),
        )

    def _storage(self) -> QWidget:
        home = self._parts.home
        show = button(self.tr("Show the folder"), "settings.home", lambda: _open(str(home.root)))
        show_file = button(self.tr("Show the file"), "settings.file", lambda: _open(str(home.root)))
        return _section(
            self.tr("Where things are"),
            _entry(
                self.tr("Satchel's folder"),
                self.tr("Conversations, the index of your documents, and models it copied: {path}").format(
                    path=home.root
                ),
                show,
                "settings.home",
            ),
            _entry(
                self.tr("These settings"),
                self.tr("A text file you can read and edit: {name}").format(name=home.settings_file.name),
                show_file,
                "settings.file",
            ),
        )

    # -- changes ---------------------------------------------------------------------------------------------------

    def _choose_theme(self, theme: ThemeChoice) -> None:
        self._parts.theme.choose(theme)
        self._change(lambda s: replace(s, appearance=replace(s.appearance, theme=theme)))

    def _change(self, how: Callable[[Settings], Settings]) -> None:
        self._chosen = how(self._chosen)
        self._save_later.start()

    def _save(self) -> None:
        chosen = self._chosen
        self._parts.bridge.run(lambda: self._parts.settings.save(chosen))


def _section(title: str, *entries: QWidget) -> QWidget:
    made = QWidget()
    card = frame("card")
    inside = column(spacing=0, parent=card)
    inside.setContentsMargins(18, 4, 18, 4)
    for position, entry in enumerate(entries):
        if position:
            inside.addWidget(line())
        inside.addWidget(entry)
    layout = column(label(title, "section"), card, spacing=8, parent=made)
    layout.setContentsMargins(0, 4, 0, 8)
    return made


def _entry(title: str, sentence: str, control: QWidget, name: str) -> QWidget:
    made = QWidget()
    control.setObjectName(name)
    control.setAccessibleName(title)
    control.setAccessibleDescription(sentence)
    words = column(label(title, "strong"), label(sentence, "small", wrap=True, selectable=False), spacing=2)
    layout: QHBoxLayout = row(spacing=24, parent=made)
    layout.setContentsMargins(0, 12, 0, 12)
    layout.addLayout(words, 1)
    layout.addWidget(control)
    return made


def _spin(value: int, low: int, high: int, step: int, suffix: str) -> QSpinBox:
    made = QSpinBox()
    made.setRange(low, high)
    made.setSingleStep(step)
    made.setValue(value)
    made.setSuffix(suffix)
    made.setGroupSeparatorShown(True)
    made.setFixedWidth(150 if suffix else 120)
    made.lineEdit().setTextMargins(*FIELD_MARGINS)
    return made


def _open(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
