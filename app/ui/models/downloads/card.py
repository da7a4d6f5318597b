"""One download: what it is, how far it is, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QProgressBar

from app.models.download.values import Download
from app.ui.models.downloads.words import STATE_ICONS, more_words, state_words
from app.ui.models.find.words import file_title
from app.ui.theme import Theme
from app.ui.widgets.basic import Icon, IconButton, button, column, label, restyle, row
from app.ui.widgets.elided import ElidedLabel


class DownloadCard(QFrame):
    """Emits the download's id with what the person wants done."""

    first = Signal(int)
    pause = Signal(int)
    resume = Signal(int)
    retry = Signal(int)
    cancel = Signal(int)
    chat = Signal(int)
    show_model = Signal(int)

    def __init__(self, theme: Theme, download: Download) -> None:
        super().__init__()
        self.download = download
        name = f"models.downloads.{download.id}"
        self.setObjectName(name)
        self.setProperty("kind", "card")
        self._icon = Icon(theme, *STATE_ICONS[download.state], 22)
        self._title = ElidedLabel(kind="strong", name=f"{name}.title")
        self._words = ElidedLabel(kind="small", name=f"{name}.words")
        self._problem = label(kind="bad", wrap=True, selectable=True, name=f"{name}.problem")
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._bar.setObjectName(f"{name}.bar")
        self._bar.setAccessibleName(self.tr("Progress"))
        self._first = IconButton(theme, "arrow-up", self.tr("Download this one first"), f"{name}.first")
        self._pause = IconButton(theme, "pause", self.tr("Pause"), f"{name}.pause")
        self._resume = IconButton(theme, "play", self.tr("Go on"), f"{name}.resume")
        self._cancel = IconButton(theme, "x", self.tr("Cancel"), f"{name}.cancel")
        self._retry = button(self.tr("Try again"), f"{name}.retry")
        self._show = button(self.tr("Show"), f"{name}.show")
        self._show.setToolTip(self.tr("Show it in the library"))
        self._chat = button(self.tr("Chat with it"), f"{name}.chat", kind="primary")
        for made, signal in (
            (self._first, self.first),
            (self._pause, self.pause),
            (self._resume, self.resume),
            (self._cancel, self.cancel),
            (self._retry, self.retry),
            (self._show, self.show_model),
            (self._chat, self.chat),
        ):
            made.clicked.connect(lambda _=False, signal=signal: signal.emit(self.download.id))
        self._lay_out()
        self.show_download(download)

    def _lay_out(self) -> None:
        texts = column(self._title, self._bar, self._words, self._problem, spacing=5)
        inside = row(self._icon, margin=14, spacing=14, parent=self)
        inside.addLayout(texts, 1)
        inside.setAlignment(self._icon, Qt.AlignmentFlag.AlignVCenter)
        actions = row(self._retry, self._chat, self._show, spacing=8)
        actions.addLayout(row(self._first, self._pause, self._resume, self._cancel, spacing=4))
        inside.addLayout(actions)

    def show_download(self, download: Download, *, may_go_first: bool = False) -> None:
        """Show it as it is now. ``may_go_first``: others wait before it."""
        self.download = download
        state = download.state
        self._icon.set_icon(*STATE_ICONS["failed" if state == "done" and download.problem else state])
        self._title.setText(download.title or download.file.name)
        self._words.setText(f"{file_title(download.file)} · {state_words(download)}")
        self._problem.setText(more_words(download))
        self._problem.setVisible(bool(self._problem.text()))
        unusable = state == "done" and bool(download.problem)
        restyle(self._problem, kind="bad" if state == "failed" or unusable else "muted")
        self._show_bar(download)
        self._first.setVisible(may_go_first)
        self._pause.setVisible(download.active or state == "queued")
        self._pause.setEnabled(state != "verifying")
        self._resume.setVisible(state == "paused")
        self._retry.setVisible(state == "failed")
        self._cancel.setVisible(state != "done")
        in_library = state == "done" and not unusable and download.file.role == "model"
        self._show.setVisible(in_library)
        self._chat.setVisible(in_library)
        self.setAccessibleName(self.tr("{title}: {state}").format(title=self._title.text(), state=self._words.text()))

    def _show_bar(self, download: Download) -> None:
        fraction = download.fraction
        begun = bool(download.done_bytes)
        self._bar.setVisible(download.state in ("downloading", "verifying") or (begun and download.state != "done"))
        self._bar.setMaximum(0 if fraction is None and download.active else 1000)
        self._bar.setValue(round((fraction or 0.0) * 1000))
        restyle(self._bar, state={"failed": "error", "paused": "quiet", "queued": "quiet"}.get(download.state, ""))
