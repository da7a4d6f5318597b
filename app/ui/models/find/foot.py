"""The foot of the details: download the chosen file, or where it is already."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from app.core.sizes import size_text
from app.models.download.values import Download
from app.models.hub.values import HubFile
from app.models.model import Fit
from app.ui.models.downloads.words import state_words
from app.ui.models.find.words import file_title
from app.ui.widgets.basic import button, column, label, line, restyle, row
from app.ui.widgets.elided import ElidedLabel


class Foot(QFrame):
    """``download_requested``, ``downloads_requested`` (show it there), ``model_requested`` (in the library)."""

    download_requested = Signal()
    downloads_requested = Signal()
    model_requested = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._model_id: int | None = None
        self.setObjectName("models.find.foot")
        self.download = button(
            "", "models.find.download", self.download_requested.emit, "primary", accessible=self.tr("Download")
        )
        self._words = ElidedLabel(kind="strong", name="models.find.foot.words")
        self._small = label(kind="small", name="models.find.foot.state")
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._show = button(self.tr("Show"), "models.find.show", self._do_show)
        self._here = QWidget()
        inside = row(spacing=12, parent=self._here)
        inside.addLayout(column(self._words, self._small, self._bar, spacing=3), 1)
        inside.addWidget(self._show)
        layout = column(line(), self.download, self._here, spacing=12, parent=self)
        layout.setContentsMargins(22, 0, 18, 16)

    def offer(self, file: HubFile, fit: Fit | None, *, newer: bool = False) -> None:
        """It is not here yet. ``newer``: another version of it is."""
        self._arrange(offered=True)
        size = size_text(file.size_bytes)
        if fit == "does_not_fit":
            text = self.tr("Download {name} anyway · {size}")
        elif newer:
            text = self.tr("Replace yours with this version of {name} · {size}")
        else:
            text = self.tr("Download {name} · {size}")
        self.download.setText(text.format(name=file_title(file), size=size))
        self.download.setAccessibleName(self.download.text())
        self.download.setEnabled(True)
        restyle(self.download, kind="" if fit == "does_not_fit" else "primary")

    def wait(self) -> None:
        """It is being added to the downloads."""
        self.download.setEnabled(False)

    def show_download(self, download: Download) -> None:
        """It is on its way."""
        self._arrange(offered=False)
        self._model_id = None
        self._words.setText(state_words(download))
        self._small.hide()
        self._bar.show()
        self._bar.setValue(round((download.fraction or 0.0) * 1000))

    def show_model(self, model_id: int, title: str) -> None:
        """It is in the library."""
        self._arrange(offered=False)
        self._model_id = model_id
        self._words.setText(self.tr("In your library"))
        self._small.setText(title)
        self._small.show()
        self._bar.hide()

    def _arrange(self, *, offered: bool) -> None:
        self.download.setVisible(offered)
        self._here.setVisible(not offered)

    def _do_show(self) -> None:
        if self._model_id is not None:
            self.model_requested.emit(self._model_id)
        else:
            self.downloads_requested.emit()
