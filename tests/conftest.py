"""Fixtures for every kind of test: a private data folder and the real starter models."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from app.core.paths import Home
from app.models.starters import starter_folder

if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # else Qt aborts the whole run

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Begun with "&" in a script: the programs that we start would inherit that, and no Ctrl+C would reach them.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure() -> None:
    """Close what llama-cpp-python opens at import for its own use and leaves open, which Python complains of at the
    end."""
    opened = sys.modules.get("llama_cpp._utils")
    if opened is not None:
        opened.outnull_file.close()
        opened.errnull_file.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty data folder of this test's own; ``SATCHEL_HOME`` points to it, child processes included."""
    root = tmp_path / "home"
    monkeypatch.setenv("SATCHEL_HOME", str(root))
    return Home(root).create()


@pytest.fixture(scope="session")
def chat_model() -> Path:
    """The starter chat model: SmolLM2-135M-Instruct."""
    return _starter("smollm2-135m-instruct-q8_0.gguf")


@pytest.fixture(scope="session")
def embedding_model() -> Path:
    """The starter embedding model: all-MiniLM-L6-v2."""
    return _starter("all-minilm-l6-v2-q8_0.gguf")


def _starter(name: str) -> Path:
    # Not a skip: a suite that silently tests nothing would look as green as one that works.
    path = starter_folder() / name
    if not path.is_file():
        pytest.fail(
            f"{path} is missing. Make the starter models with: python packaging/starter_models.py", pytrace=False
        )
    return path
