"""The database keeps what was committed, mends itself, and refuses what it does not know."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import apsw
import pytest

from app.core.backups import Backups
from app.core.database import Database
from app.core.error_info import ErrorInfo
from app.core.errors import DiskFull, StorageError
from app.core.migrations import Migration

NOTES = Migration("notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
COLOUR = Migration("colour", "ALTER TABLE notes ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'")


def opened(tmp_path: Path, *migrations: Migration, **options: float) -> Database:
    return Database(
        tmp_path / "notes.sqlite",
        tmp_path / "backups",
        migrations or (NOTES,),
        keep_backups=int(options.get("keep_backups", 5)),
        backup_every_s=options.get("backup_every_s", 0.0),
        content="notes",
        called="Your notes",
    )


def add(database: Database, text: str) -> int:
    return database.insert("INSERT INTO notes (text) VALUES (?)", (text,))


def texts(database: Database) -> list[str]:
    return [text for (text,) in database.query("SELECT text FROM notes ORDER BY id")]


def damage(path: Path) -> None:
    # Page 2 on: the header stays, so SQLite opens the file and finds the harm only when it looks.
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(bytes(data))


def test_a_new_database_is_empty_and_durable(tmp_path: Path) -> None:
    database = opened(tmp_path)
    assert database.restored == ""
    assert database.execute("PRAGMA journal_mode") == [("wal",)]
    assert database.execute("PRAGMA synchronous") == [(2,)]
    assert add(database, "first") == 1
    database.close()
    database = opened(tmp_path)
    assert texts(database) == ["first"]
    assert database.restored == ""
    database.close()


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with pytest.raises(ZeroDivisionError), database.transaction():
        add(database, "half")
        raise ZeroDivisionError
    assert texts(database) == []
    with database.transaction():
        add(database, "one")
        with database.transaction():
            add(database, "two")
    assert texts(database) == ["one", "two"]
    database.close()


def test_a_failed_inner_block_undoes_the_whole(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with pytest.raises(apsw.ConstraintError), database.transaction():
        add(database, "one")
        database.execute_many("INSERT INTO notes (text) VALUES (?)", [("two",), (None,)])
    assert texts(database) == []
    database.close()


def test_reading_does_not_wait_for_a_transaction_and_sees_only_what_is_committed(tmp_path: Path) -> None:
    database = opened(tmp_path)
    add(database, "committed")
    seen: list[list[str]] = []
    with database.transaction():
        add(database, "under way")
        reader = threading.Thread(target=lambda: seen.append(texts(database)))
        reader.start()
        reader.join(10)
        assert seen == [["committed"]]
    assert texts(database) == ["committed", "under way"]
    database.close()


def test_many_threads_may_write(tmp_path: Path) -> None:
    database = opened(tmp_path)

    def work(name: str) -> None:
        for n in range(20):
            with database.transaction():
                add(database, f"{name}{n}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(texts(database))) == 80
    database.close()


def test_migrations_run_once_in_order_with_a_backup_before_each(tmp_path: Path) -> None:
    database = opened(tmp_path, NOTES, backup_every_s=1e9)
    add(database, "old")
    database.close()
    before = Backups(tmp_path / "backups", "notes").newest_first()
    database = opened(tmp_path, NOTES, COLOUR, backup_every_s=1e9)
    assert database.query("SELECT text, colour FROM notes") == [("old", "blue")]
    database.close()
    made = [path for path in Backups(tmp_path / "backups", "notes").newest_first() if path not in before]
    assert len(made) == 1
    copy = apsw.Connection(str(made[0]))
    assert copy.execute("SELECT * FROM notes").fetchall() == [(1, "old")]
    copy.close()


def test_a_migration_may_be_a_function_and_one_that_fails_changes_nothing(tmp_path: Path) -> None:
    opened(tmp_path).close()

    def shout(connection: apsw.Connection) -> None:
        connection.execute("ALTER TABLE notes RENAME COLUMN text TO words")
        connection.execute("SELECT * FROM nowhere")

    with pytest.raises(apsw.SQLError):
        opened(tmp_path, NOTES, Migration("shout", shout))
    database = opened(tmp_path)
    add(database, "still text")
    assert texts(database) == ["still text"]
    database.close()


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    opened(tmp_path, NOTES, COLOUR).close()
    before = (tmp_path / "notes.sqlite").read_bytes()
    with pytest.raises(StorageError) as caught:
        opened(tmp_path, NOTES)
    assert "newer version" in str(caught.value)
    assert (tmp_path / "notes.sqlite").read_bytes() == before
    opened(tmp_path, NOTES, COLOUR).close()


def test_a_schema_of_another_line_is_refused(tmp_path: Path) -> None:
    opened(tmp_path, NOTES).close()
    with pytest.raises(StorageError):
        opened(tmp_path, Migration("other", "CREATE TABLE other (id)"), COLOUR)


@pytest.mark.parametrize("harm", ["pages", "not a database", "cut", "emptied", "gone"])
def test_a_damaged_or_missing_database_comes_back_from_the_last_good_backup(tmp_path: Path, harm: str) -> None:
    database = opened(tmp_path, backup_every_s=3600.0)
    for n in range(300):
        add(database, f"note {n}")
    database.backup()
    add(database, "after the backup")
    database.close()
    path = tmp_path / "notes.sqlite"
    match harm:
        case "pages":
            damage(path)
        case "not a database":
            path.write_bytes(b"<html>404</html>" * 1000)
        case "cut":
            os.truncate(path, path.stat().st_size // 2)
        case "emptied":
            path.write_bytes(b"")
        case "gone":
            path.unlink()
    harmed = path.read_bytes() if path.exists() else b""

    database = opened(tmp_path)
    assert len(texts(database)) == 300
    assert "restored from the backup" in database.restored
    add(database, "life goes on")
    database.close()
    if harmed:
        kept = [file for file in (tmp_path / "backups" / "damaged").iterdir() if file.suffix == ".sqlite"]
        assert [file.read_bytes() for file in kept] == [harmed]
        assert str(kept[0]) in database.restored
    database = opened(tmp_path)
    assert database.restored == ""
    database.close()


def test_a_damaged_backup_is_passed_over(tmp_path: Path) -> None:
    database = opened(tmp_path, backup_every_s=float("inf"))
    add(database, "good")
    database.backup()
    add(database, "newer")
    damage(database.backup())
    database.close()
    damage(tmp_path / "notes.sqlite")
    database = opened(tmp_path)
    assert texts(database) == ["good"]
    database.close()


def test_damaged_without_any_backup_starts_empty_and_says_so(tmp_path: Path) -> None:
    database = opened(tmp_path, backup_every_s=float("inf"))
    add(database, "lost")
    database.close()
    damage(tmp_path / "notes.sqlite")
    database = opened(tmp_path, backup_every_s=float("inf"))
    assert texts(database) == []
    assert "no usable backup" in database.restored
    assert list((tmp_path / "backups" / "damaged").iterdir())
    database.close()


def test_backups_rotate(tmp_path: Path) -> None:
    database = opened(tmp_path, keep_backups=3, backup_every_s=float("inf"))
    made = [database.backup() for _ in range(6)]
    assert Backups(tmp_path / "backups", "notes").newest_first() == made[:-4:-1]
    database.close()


def copies(tmp_path: Path) -> list[Path]:
    return Backups(tmp_path / "backups", "notes").newest_first()


def texts_of(copy: Path) -> list[str]:
    connection = apsw.Connection(str(copy))
    try:
        return [text for (text,) in connection.execute("SELECT text FROM notes ORDER BY id")]
    finally:
        connection.close()


def make_older(copy: Path, hours: float) -> Path:
    stem, stamp = copy.stem.rsplit("-", 1)
    made = datetime.strptime(stamp, "%Y%m%dT%H%M%S%f") - timedelta(hours=hours)
    return copy.rename(copy.with_name(f"{stem}-{made:%Y%m%dT%H%M%S%f}.sqlite"))


def test_what_changed_is_copied_when_closing_if_the_last_copy_is_old(tmp_path: Path) -> None:
    database = opened(tmp_path, backup_every_s=3600.0)
    add(database, "one")
    database.close()
    assert [texts_of(copy) for copy in copies(tmp_path)] == [["one"]]
    database = opened(tmp_path, backup_every_s=3600.0)
    add(database, "two")
    database.close()
    assert [texts_of(copy) for copy in copies(tmp_path)] == [["one"]], "that is young enough"
    make_older(copies(tmp_path)[0], 2)
    database = opened(tmp_path, backup_every_s=3600.0)
    add(database, "three")
    database.close()
    assert texts_of(copies(tmp_path)[0])[:2] == ["one", "two"]


def test_what_did_not_change_is_not_copied_again(tmp_path: Path) -> None:
    database = opened(tmp_path, backup_every_s=3600.0)
    add(database, "one")
    database.close()
    made = [make_older(copies(tmp_path)[0], 2)]
    database = opened(tmp_path, backup_every_s=3600.0)
    assert texts(database) == ["one"]
    database.close()
    assert copies(tmp_path) == made


def test_an_empty_database_is_no_backup_worth_the_name(tmp_path: Path) -> None:
    opened(tmp_path, backup_every_s=3600.0).close()
    assert copies(tmp_path) == []
    database = opened(tmp_path, backup_every_s=3600.0)
    database.backup()
    add(database, "the first")
    database.close()
    assert [texts_of(copy) for copy in copies(tmp_path)] == [["the first"], []], "although the empty one is young"


def test_a_long_run_is_copied_meanwhile(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.sqlite", tmp_path / "backups", [NOTES], backup_every_s=0.0, look_every_s=0.01)
    add(database, "while it is open")
    waiting = threading.Event()
    for _ in range(1000):
        if any(texts_of(copy) for copy in copies(tmp_path)):
            break
        waiting.wait(0.02)
    assert texts_of(copies(tmp_path)[0]) == ["while it is open"]
    database.close()


def test_a_copy_does_not_wait_for_a_transaction_under_way(tmp_path: Path) -> None:
    database = opened(tmp_path, backup_every_s=float("inf"))
    add(database, "committed")
    with database.transaction():
        add(database, "under way")
        made: list[Path] = []
        copying = threading.Thread(target=lambda: made.append(database.backup()))
        copying.start()
        copying.join(10)
        assert [texts_of(copy) for copy in made] == [["committed"]]
    database.close()


def test_copies_of_the_last_days_stay_beside_those_of_the_last_hours(tmp_path: Path) -> None:
    database = opened(tmp_path, backup_every_s=float("inf"))
    for days in (3, 2, 1):
        for hours in (2, 1):
            make_older(database.backup(), 24 * days + hours / 3600)
    for _ in range(4):
        newest = database.backup()
    kept = copies(tmp_path)
    assert kept[0] == newest
    assert len(kept) == 5
    assert len({copy.stem.rsplit("-", 1)[-1][:8] for copy in kept}) >= 3
    database.close()


def test_a_full_disk_is_said_in_words_and_harms_nothing(tmp_path: Path) -> None:
    database = opened(tmp_path)
    add(database, "kept")
    pages = database.execute("PRAGMA page_count")[0][0]
    database.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(DiskFull) as caught, database.transaction():
        for _ in range(50):
            add(database, "x" * 4000)
    assert isinstance(ErrorInfo.of(caught.value).to_exception(), DiskFull)
    assert str(caught.value).startswith("Your notes could not be saved. The disk is full.")
    database.execute("PRAGMA max_page_count=1000000")
    add(database, "room again")
    assert texts(database) == ["kept", "room again"]
    database.close()


def test_a_folder_that_cannot_be_used_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.sqlite").mkdir()
    with pytest.raises(StorageError):
        opened(tmp_path)


def test_a_full_disk_at_the_opening_is_said_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.sqlite").mkdir()  # SQLite's words for this are as vague as those for a full disk
    usage = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DiskFull, match="could not be read or saved") as caught:
        opened(tmp_path)
    assert "The disk is full" in caught.value.why


@pytest.mark.skipif(os.name != "posix", reason="permissions are another thing there")
def test_only_the_person_may_read_what_is_kept(tmp_path: Path) -> None:
    database = opened(tmp_path)
    add(database, "private")
    database.backup()
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("notes*") if path.is_file()}
    database.close()
    assert modes == {0o600}


_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from app.core.database import Database
from app.core.migrations import Migration
path = Path(sys.argv[1])
create = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"
database = Database(path, path.parent / "backups", [Migration("notes", create)])
n = 0
while True:
    with database.transaction():
        database.insert("INSERT INTO notes (text) VALUES (?)", (f"{n} a",))
        database.insert("INSERT INTO notes (text) VALUES (?)", (f"{n} b",))
    print(n, flush=True)
    n += 1
"""


def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITE_FOR_EVER, str(tmp_path / "notes.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(25)]
        process.kill()
    database = opened(tmp_path)
    found = texts(database)
    assert found[: 2 * len(acknowledged)] == [f"{n} {part}" for n in acknowledged for part in "ab"]
    assert len(found) % 2 == 0, "half a transaction was kept"
    database.close()
