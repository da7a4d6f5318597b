"""Where the knowledge worker's process begins. Imported by the window's process too, so it imports nothing heavy."""

from __future__ import annotations

import importlib
from multiprocessing.connection import Connection


def run(connection: Connection, home_root: str, embedding_model: str) -> None:
    """Serve :data:`app.knowledge.protocol.PROTOCOL` until the parent says stop or is gone."""
    # By name and only here, in the child: it brings numpy, llama.cpp and Chroma.
    importlib.import_module("app.knowledge.worker").run(connection, home_root, embedding_model)
