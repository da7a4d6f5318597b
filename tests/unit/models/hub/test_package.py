"""What the hub's library reads from the environment with its first import, whoever of ours makes that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("module", ["client", "refusals", "convert", "session", "access"])
def test_the_library_sends_no_telemetry_and_no_token_of_its_own_whichever_module_comes_first(module: str) -> None:
    script = (
        f"import app.models.hub.{module}\n"
        "from huggingface_hub import constants\n"
        "print(constants.HF_HUB_DISABLE_TELEMETRY, constants.HF_HUB_DISABLE_IMPLICIT_TOKEN)\n"
    )
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, env=clean, capture_output=True, text=True)
    assert done.stdout == "True True\n", done.stderr
