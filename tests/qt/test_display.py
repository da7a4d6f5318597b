"""Where no window can be opened, the program says why and what to do; Qt alone would abort."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.paths import Home
from app.ui.display import missing_library, no_display

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")


def _start(home: Home, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if "DISPLAY" not in name and not name.startswith("QT_")}
    environment = kept | {"SATCHEL_HOME": str(home.root)} | variables
    return subprocess.run(
        [sys.executable, "-m", "app"], capture_output=True, text=True, env=environment, timeout=60, check=False
    )


@on_linux
def test_without_a_display_it_says_so_and_ends(home: Home) -> None:
    done = _start(home)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{no_display({}, 'linux')}\n"
    assert "satchel --help" in done.stderr


@on_linux
@pytest.mark.parametrize("variables", [{"DISPLAY": ":9876"}, {"QT_QPA_PLATFORM": "nonsense"}])
def test_a_display_that_cannot_be_used_is_no_abort(home: Home, variables: dict[str, str]) -> None:
    done = _start(home, **variables)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("The window ")
    assert len(done.stderr.splitlines()) == 1


def test_a_platform_without_a_display_needs_none() -> None:
    assert no_display({"QT_QPA_PLATFORM": "offscreen"}, "linux") is None
    assert no_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux") is None
    assert no_display({}, "darwin") is None
    assert no_display({"DISPLAY": ""}, "linux") is not None


def test_a_missing_library_is_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = tmp_path / "apt-get"
    apt.touch(mode=0o755)
    error = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
    monkeypatch.setenv("PATH", str(tmp_path))
    problem = missing_library(error)
    assert problem is not None
    assert problem.why == "libEGL.so.1 was not found."
    assert problem.next_step.endswith("sudo apt-get install libegl1")
    monkeypatch.setenv("PATH", "")
    elsewhere = missing_library(error)
    assert elsewhere is not None
    assert "Debian calls its package libegl1" in elsewhere.next_step


def test_a_library_that_nobody_listed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = missing_library(OSError("libodd-thing.so.7: cannot open shared object file: No such file"))
    assert problem is not None
    assert "libodd-thing.so.7" in problem.next_step
    assert missing_library(ImportError("No module named 'PySide6'")) is None
