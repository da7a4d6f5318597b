"""Which model an adapter is to be attached to."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from app.core.sizes import size_text
from app.models.adapter import AdapterSummary
from app.models.library_values import AdapterOffer
from app.models.model import LibraryModel
from app.ui.models.facts_grid import FactsGrid
from app.ui.widgets.basic import column, label, line
from app.ui.widgets.page import scrolling


class BaseChoice(QWidget):
    """What the adapter's header says, and the models of the library that it belongs to, the likeliest chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._facts = FactsGrid("add_model.adapter.facts")
        self._words = label(wrap=True, name="add_model.adapter.words")
        self._group = QButtonGroup(self)
        self._bases: tuple[LibraryModel, ...] = ()
        self._list = column(spacing=10)
        inner = QWidget()
        inside = column(self._facts, line(), self._words, spacing=12, parent=inner)
        inside.setContentsMargins(0, 0, 8, 0)
        inside.addLayout(self._list)
        inside.addStretch()
        column(scrolling(inner), parent=self)

    @property
    def chosen(self) -> LibraryModel | None:
        """The model to attach it to; None where there is none."""
        number = self._group.checkedId()
        return self._bases[number] if 0 <= number < len(self._bases) else None

    @property
    def count(self) -> int:
        """How many there are to choose from."""
        return len(self._bases)

    def show_offer(self, offer: AdapterOffer) -> None:
        """Offer these; once."""
        self._bases = offer.bases
        self._facts.show_facts(_facts(offer.summary))
        self._words.setText(
            self.tr("An adapter changes what another model says. Attach it to:")
            if offer.bases
            else self.tr(
                "An adapter changes what another model says, and the one it was made for is not in your library. "
                "Keep it: when that model is here, its details offer to use it."
            )
        )
        for number, model in enumerate(offer.bases):
            made = QRadioButton(model.title.replace("&", "&&"))
            made.setObjectName(f"add_model.adapter.base.{model.id}")
            made.setChecked(number == 0)
            self._group.addButton(made, number)
            self._list.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)


def _facts(summary: AdapterSummary) -> list[tuple[str, str]]:
    family = _t("a model of the architecture {name}").format(name=summary.architecture)
    return [
        (_t("Kind"), _t("Adapter (LoRA) of rank {rank}").format(rank=summary.rank)),
        (_t("Made for"), summary.base_name or family),
        (_t("Size"), size_text(summary.size_bytes)),
        (_t("Licence"), summary.license or _t("not stated in the file")),
    ]


def _t(text: str) -> str:
    return QCoreApplication.translate("models", text)
