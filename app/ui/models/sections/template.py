"""A model's chat template: code from its file that decides what the model sees of a conversation."""

from __future__ import annotations

import difflib

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit

from app.models.library_values import ChatTemplate
from app.models.model import LibraryModel
from app.ui.models.sections.section import Section
from app.ui.parts import Parts
from app.ui.theme import mono_font, room_px
from app.ui.widgets.basic import button, label, restyle
from app.ui.widgets.words import counted


class TemplateSection(Section):
    """To read; a changed one is flagged until the person has seen it. ``acknowledged`` when they have."""

    acknowledged = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts, self.tr("Chat template"), "models.template")
        self._words = label(kind="small", wrap=True, name="models.template.words")
        self._text = QPlainTextEdit()
        self._text.setObjectName("models.template.text")
        self._text.setAccessibleName(self.tr("Chat template"))
        self._text.setProperty("kind", "viewer")
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setFixedHeight(room_px(220))
        self._seen = button(self.tr("I have seen it"), "models.template.seen", self._acknowledge)
        self._seen.hide()
        for widget in (self._words, self._text, self._seen):
            self.inside.addWidget(widget)
        parts.theme.changed.connect(self._set_font)
        self._set_font()

    def summarize(self, model: LibraryModel) -> None:
        self.setVisible(bool(model.summary.chat_template) or model.template_changed)
        if model.template_changed:
            self.set_summary(self.tr("changed"), "warn")
        else:
            lines = model.summary.chat_template.count("\n") + 1
            self.set_summary(counted(self.tr("%Ln line(s)", "", lines), lines))

    def fill(self, model: LibraryModel) -> None:
        def came(template: ChatTemplate) -> None:
            if self.is_of(model):
                self._show(template)

        self.parts.bridge.run(lambda: self.parts.models.template(model.id), came, owner=self)

    def _show(self, template: ChatTemplate) -> None:
        self._words.setText(
            self.tr(
                "The file's template is another than the one you have seen, so the model sees conversations in "
                "another form now. Lines that begin with + are new, those with − are gone."
            )
            if template.changed
            else self.tr("This code from the file decides in which form the model sees a conversation.")
        )
        restyle(self._words, kind="warn" if template.changed else "small")
        self._text.setPlainText(_differences(template) if template.changed else template.text)
        self._seen.setVisible(template.changed)

    def _acknowledge(self) -> None:
        model = self.model
        if model is not None:
            models = self.parts.models
            self.parts.bridge.run(
                lambda: models.acknowledge_template(model.id), lambda _none: self.acknowledged.emit(), owner=self
            )

    def _set_font(self) -> None:
        self._text.setFont(mono_font(12))


def _differences(template: ChatTemplate) -> str:
    """The whole of it, each line with what became of it."""
    lines = difflib.ndiff(template.accepted.splitlines(), template.text.splitlines())
    return "\n".join(line.replace("-", "−", 1) if line[0] == "-" else line for line in lines if line[0] != "?")
