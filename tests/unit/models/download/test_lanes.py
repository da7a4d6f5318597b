"""The connections of a file, without a server."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from app.core.connections import NetworkPolicy
from app.core.network import Network
from app.models.download.lanes import Lanes
from app.models.download.partial import PartFiles, PartialFile
from tests.helpers.downloads import MIB, QUICK


class Asked:
    """A client that only counts."""

    def __init__(self) -> None:
        self.times = 0

    def stream(self, *what: object, **options: object) -> None:
        self.times += 1
        raise AssertionError("nothing is to be asked")


class Enough(Exception):
    """The test has waited."""


def test_while_offline_nothing_is_even_tried(tmp_path: Path) -> None:
    """The gate would refuse it, again and again, as fast as a processor can ask."""
    client, network = Asked(), Network(lambda: NetworkPolicy(offline=True), lambda: None)
    ticks = iter(range(4))

    def tick() -> None:
        if next(ticks, None) is None:
            raise Enough

    with contextlib.closing(PartialFile(PartFiles(tmp_path, 0), MIB, same_boot=True)) as file:
        lanes = Lanes(network, client, None, file, QUICK)  # type: ignore[arg-type]
        with pytest.raises(Enough):
            lanes.run(tick)
    assert client.times == 0
