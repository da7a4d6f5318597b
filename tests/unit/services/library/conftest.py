from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.paths import Home
from tests.helpers.library import Bench


@pytest.fixture
def bench(home: Home, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(home, tmp_path)
    yield made
    made.close()
