"""The window's side of the knowledge worker stays light."""

from __future__ import annotations

import subprocess
import sys


def test_the_window_process_gets_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys, app.knowledge.client\n"
        "heavy = {'llama_cpp', 'chromadb', 'numpy', 'apsw', 'pypdfium2'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
