"""The model card: its author's words as Markdown, without pictures; a link shows its address before it opens."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from app.ui.chat.blocks import MessageBody
from app.ui.models.find.card_text import card_text
from app.ui.theme import Theme
from app.ui.widgets.basic import column, label


class CardView(QWidget):
    """Shows one card at a time."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("models.find.card")
        self._body = MessageBody(theme, "models.find.card.body", line_breaks=False)
        self._body.link_clicked.connect(lambda address: ask_to_open(self, address))
        self._words = label(kind="small", wrap=True, name="models.find.card.words")
        title = label(self.tr("In its author's words"), "heading")
        column(title, self._body, self._words, spacing=10, parent=self)

    def show_card(self, markdown: str) -> None:
        """Show a card's Markdown; "" says that there is none."""
        text, cut = card_text(markdown)
        self._body.set_text(text)
        self._body.setVisible(bool(text))
        if not text:
            self._words.setText(self.tr("There is no description."))
        elif cut:
            self._words.setText(self.tr("It goes on; all of it, with its pictures, is on the model's page."))
        else:
            self._words.setText(self.tr("Pictures are left out: nothing but text is loaded."))


def ask_to_open(parent: QWidget, address: str) -> None:
    """Open an address that somebody else wrote, once the person has seen it."""
    box = QMessageBox(parent)
    box.setObjectName("models.find.link.dialog")
    box.setWindowTitle(box.tr("Open a link"))
    box.setTextFormat(Qt.TextFormat.PlainText)  # nothing in the address is to hide or dress up what it is
    box.setText(box.tr("Open this address in your browser?"))
    box.setInformativeText(address if len(address) <= 300 else address[:299] + "…")
    opened = box.addButton(box.tr("Open"), QMessageBox.ButtonRole.AcceptRole)
    opened.setObjectName("models.find.link.open")
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.buttonClicked.connect(lambda clicked: open_page(address) if clicked is opened else None)
    box.finished.connect(box.deleteLater)
    box.open()


def open_page(address: str) -> None:
    """Open an address in the person's browser."""
    QDesktopServices.openUrl(QUrl(address))
