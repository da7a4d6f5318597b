"""A bar of memory for each GPU that would get a part of a model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QWidget

from app.core.sizes import size_text
from app.models.model import Verdict
from app.models.plan import DeviceRoom
from app.ui.models.memory_bar import MemoryBar, memory_parts
from app.ui.theme import Theme
from app.ui.widgets.basic import column, label, restyle


class GpuBars(QWidget):
    """GPUs that get nothing are not shown; without one it takes no room."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName(name)
        self._bars: list[tuple[DeviceRoom, QLabel, MemoryBar]] = []
        self._layout = column(spacing=4, parent=self)
        self.hide()

    def show_gpus(self, gpus: Sequence[DeviceRoom]) -> None:
        """These are there."""
        for _, words, bar in self._bars:
            for widget in (words, bar):
                self._layout.removeWidget(widget)
                widget.deleteLater()
        self._bars = []
        for gpu in gpus:
            words, bar = label(gpu.label, "small", wrap=True), MemoryBar(self._theme, f"{self.objectName()}.bar")
            for widget in (words, bar):
                widget.hide()
                self._layout.addWidget(widget)
            words.setContentsMargins(0, 8, 0, 0)
            self._bars.append((gpu, words, bar))
        self.hide()

    def show_verdict(self, verdict: Verdict) -> None:
        """What a verdict puts on each."""
        on = {parts.device: parts for parts in verdict.devices if parts.total_bytes}
        for gpu, words, bar in self._bars:
            words.setVisible(gpu.device in on)
            bar.setVisible(gpu.device in on)
            if gpu.device not in on:
                continue
            used = on[gpu.device]
            parts = memory_parts(used.weights_bytes, used.kv_bytes, used.compute_bytes)
            bar.show_parts(parts, gpu.free_bytes, self.tr("Left free"))
            more = used.total_bytes - gpu.free_bytes
            too_much = self.tr("{gpu}: {size} more than is free there. Put fewer layers on it.")
            words.setText(too_much.format(gpu=gpu.label, size=size_text(more)) if more > 0 else gpu.label)
            restyle(words, kind="bad" if more > 0 else "small")
        self.setVisible(any(gpu.device in on for gpu, _, _ in self._bars))
