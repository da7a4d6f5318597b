"""The log never gets in the way of what it tells about."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.core.paths import Home

REPOSITORY = Path(__file__).resolve().parents[3]

_LOG = """
import logging, sys
from pathlib import Path
from app.core import log
from app.core.paths import Home
log.configure(Home(Path(sys.argv[1])), "x")
logging.getLogger("y").error("lost")
"""


def logged(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _LOG, str(root)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)


def test_it_writes_one_file_a_process(tmp_path: Path) -> None:
    assert logged(tmp_path).returncode == 0
    assert "lost" in (Home(tmp_path).logs / "x.log").read_text()


def test_a_log_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    logs = Home(tmp_path).create().logs
    (logs / "x.log").symlink_to("/dev/full")
    done = logged(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_neither_is_a_folder_that_cannot(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("this is no folder")
    done = logged(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
