"""From the start of the process to the window's first paint: Satchel's against a bare PySide6 window.

Both start as fresh processes, in turns, several rounds; the median counts. Reference: at most twice
the bare one.

    python -m tests.bench.startup [rounds]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REFERENCE = 2.0
ROUNDS = 9

_SINCE = """
import sys, time
def tell():
    print((time.time_ns() - int(sys.argv[1])) / 1e6, flush=True)
    import os
    os._exit(0)
"""

BARE = (
    _SINCE
    + """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QHBoxLayout, QListWidget, QMainWindow, QTextEdit, QWidget
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, tell)
application = QApplication([])
window, body = Window(), QWidget()
layout = QHBoxLayout(body)
layout.addWidget(QListWidget())
layout.addWidget(QTextEdit())
window.setCentralWidget(body)
window.resize(1280, 800)
window.show()
application.exec()
"""
)

SATCHEL = (
    _SINCE
    + """
from app.main import main
main([], on_paint=tell)
"""
)


def first_paint_ms(script: str, home: Path) -> float:
    """Milliseconds from just before the process is made to its first paint."""
    environment = os.environ | {"SATCHEL_HOME": str(home)}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    done = subprocess.run(
        [sys.executable, "-c", script, str(time.time_ns())],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=True,
    )
    return float(done.stdout.split()[-1])


def main(rounds: int = ROUNDS) -> None:
    """Print the figures beside the reference."""
    bare, satchel = [], []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        for script in (BARE, SATCHEL):
            first_paint_ms(script, home)  # the disk's cache and the byte code
        for _ in range(rounds):
            bare.append(first_paint_ms(BARE, home))
            satchel.append(first_paint_ms(SATCHEL, home))
    ratio = statistics.median(satchel) / statistics.median(bare)
    print(f"bare PySide6 window   {statistics.median(bare):7.0f} ms to first paint (median of {rounds})")
    print(f"Satchel               {statistics.median(satchel):7.0f} ms to first paint (median of {rounds})")
    print(f"ratio                 {ratio:7.2f}    reference: at most {REFERENCE:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
