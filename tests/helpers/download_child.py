"""A process that fetches one file and ends, for killing: ``python -m tests.helpers.download_child ROOT HUB FILE``.

``FILE`` is a :class:`HubFile` as JSON. Its exit code is 0 when the file arrived.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from app.models.hub.values import HubFile
from tests.helpers.downloads import Bench, running


def start(root: Path, hub_url: str, file: HubFile) -> subprocess.Popen[bytes]:
    """Start it; what it logs is dropped."""
    arguments = [str(root), hub_url, msgspec.json.encode(file).decode()]
    return subprocess.Popen([sys.executable, "-m", "tests.helpers.download_child", *arguments])


def main() -> int:
    """See the module."""
    root, hub_url, file = sys.argv[1:]
    with running(Bench(Path(root), hub_url)) as bench:
        bench.manager.add(msgspec.json.decode(file, type=HubFile))
        return 0 if bench.ended(timeout_s=300).state == "done" else 1


if __name__ == "__main__":
    raise SystemExit(main())
