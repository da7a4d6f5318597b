"""The section of the Settings page for how models are loaded that have no settings of their own."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.models.fit import kv_words
from app.ui.parts import Parts
from app.ui.settings.changes import Changes
from app.ui.settings.controls import choice, entry, section
from app.ui.widgets.basic import column
from app.ui.widgets.words import number

CONTEXTS = (1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072)


class LoadingSection(QWidget):
    """Context and KV cache."""

    def __init__(self, parts: Parts, changes: Changes) -> None:
        super().__init__()
        now, change = parts.settings.current.model, changes.of("model")
        contexts = {n_ctx: self.tr("{n} tokens").format(n=number(n_ctx)) for n_ctx in sorted({*CONTEXTS, now.context})}
        column(
            section(
                self.tr("Models"),
                entry(
                    self.tr("Context"),
                    self.tr("What a model keeps in mind at once. More takes more memory. Holds from the next load on."),
                    choice(contexts, now.context, change("context")),
                    "settings.context",
                ),
                entry(
                    self.tr("KV cache"),
                    self.tr("How exactly the context is kept in memory."),
                    choice(kv_words(self), now.kv_type, change("kv_type")),
                    "settings.kv_type",
                ),
            ),
            parent=self,
        )
