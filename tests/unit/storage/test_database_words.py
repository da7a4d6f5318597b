from __future__ import annotations

import pytest

from app.core.errors import DiskFull
from app.core.paths import Home
from app.storage.facts import Facts
from app.storage.schema import open_database


def test_a_full_disk_is_said_of_the_conversations_and_not_of_a_file(home: Home) -> None:
    database = open_database(home)
    pages = database.execute("PRAGMA page_count")[0][0]
    database.execute(f"PRAGMA max_page_count={pages + 2}")
    facts = Facts(database)
    try:
        with pytest.raises(DiskFull) as caught:
            for number in range(50):
                facts.set(f"key {number}", "x" * 4000)
        assert caught.value.what == "Your conversations could not be saved."
    finally:
        database.close()
