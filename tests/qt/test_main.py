"""What the window's composition root does before and beside its services."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtWidgets import QApplication

from app.core.paths import Home
from app.main import Program, read_memory
from tests.helpers.program import close_wholly


@pytest.mark.parametrize(
    ("settings", "dark"),
    [
        ('[appearance]\ntheme = "dark"\n', True),
        ('[appearance]\ntheme = "light"\n', False),
        ('[appearance]\ntheme = "plaid"\n', False),
        ("appearance = 3\n", False),
        ("not toml [", False),
    ],
)
def test_the_first_paint_has_the_chosen_colours(qapp: QApplication, home: Home, settings: str, dark: bool) -> None:
    home.settings_file.write_text(settings)
    program = Program(qapp, home)
    assert program.theme.dark is dark
    close_wholly(program)
    program.window.deleteLater()


@pytest.mark.parametrize(("scale", "pixels"), [("1.5", 21), ("0.9", 13), ("7", 14), ('"big"', 14)])
def test_the_first_paint_has_the_chosen_size_of_text(qapp: QApplication, home: Home, scale: str, pixels: int) -> None:
    home.settings_file.write_text(f"[appearance]\ntext_scale = {scale}\n")
    program = Program(qapp, home)
    assert qapp.font().pixelSize() == pixels
    program.theme.scale_text(1.0)
    close_wholly(program)
    program.window.deleteLater()


def test_memory_is_read_within_its_bounds() -> None:
    memory = read_memory()
    assert 0 < memory.used_bytes < memory.total_bytes


def test_the_program_imports_no_service_before_the_first_paint() -> None:
    heavy = ("msgspec", "app.services", "app.storage", "tomlkit", "psutil", "multiprocessing", "PySide6.QtNetwork")
    code = f"import sys, app.main; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_child_that_imports_the_start_again_imports_no_qt() -> None:
    code = "import sys, app.__main__; print([name for name in sys.modules if name.startswith('PySide6')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
