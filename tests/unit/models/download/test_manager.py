"""The queue: pause, resume, order, room on the disk, several processes, orphans."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.core.errors import ModelError
from app.models.download.journal import RANGE_BYTES
from app.models.download.names import target_paths
from app.models.download.room import RESERVE_BYTES
from app.models.download.values import Download
from app.models.hub.values import HubFile
from tests.helpers.downloads import MIB, QUICK, REPO, Bench, publish, random_bytes, running
from tests.helpers.hostile_hub import Calls, Stalls
from tests.helpers.hub_server import HubServer

DATA = random_bytes(10 * MIB + 1)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def test_a_pause_is_heard_while_the_server_stalls_and_the_rest_is_fetched_later(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = stalls = Stalls(3 * MIB)
    with running(Bench(tmp_path, hub.url)) as bench:
        added = bench.manager.add(publish(hub, {"model.gguf": DATA}))
        assert stalls.stalled.wait(20)
        bench.wait(lambda download: download.done_bytes > 0)
        bench.manager.pause(added.id)
        paused = bench.wait(lambda download: download.state == "paused")
        assert all(seen.done_bytes > 0 for seen in bench.history if seen.state == "paused")
        assert not stalls.let_go.is_set()
        assert paused.problem == ""
        assert not Path(paused.target).exists()

        bench.manager.resume(added.id)
        done = bench.ended_after("paused")
        stalls.let_go.set()

    assert Path(done.target).read_bytes() == DATA
    assert hub.sent_bytes("/repos/") - len(DATA) <= RANGE_BYTES


def test_while_the_hub_is_asked_again_what_is_there_counts(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = stalls = Stalls(3 * MIB)
    with running(Bench(tmp_path, hub.url)) as bench:
        added = bench.manager.add(publish(hub, {"model.gguf": DATA}))
        assert stalls.stalled.wait(20)
        bench.wait(lambda download: download.done_bytes > 0)
        bench.manager.pause(added.id)
        paused = bench.wait(lambda download: download.state == "paused")
        bench.offline = True
        bench.manager.resume(added.id)
        asking = bench.wait(lambda download: download.state == "checking" and bool(download.note))
        stalls.let_go.set()

    assert asking.done_bytes == paused.done_bytes


def test_what_was_paused_stays_paused_and_what_ran_goes_on_after_a_restart(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = stalls = Stalls(2 * MIB, times=1)
    one = publish(hub, {"one.gguf": DATA})
    two = publish(hub, {"two.gguf": random_bytes(MIB, seed=2)})
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(one)
        bench.manager.pause(bench.manager.add(two).id)
        assert stalls.stalled.wait(20)
        bench.wait(lambda download: download.done_bytes > 0)
    stalls.let_go.set()
    hub.requests.clear()

    with running(Bench(tmp_path, hub.url)) as bench:
        done = bench.wait(lambda download: download.state == "done")
        assert bench.manager.all()[1].state == "paused"

    assert Path(done.target).read_bytes() == DATA
    assert 0 < hub.sent_bytes("/repos/") < len(DATA)


def test_cancelling_deletes_what_arrived(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = stalls = Stalls(3 * MIB)
    with running(Bench(tmp_path, hub.url)) as bench:
        added = bench.manager.add(publish(hub, {"model.gguf": DATA}))
        assert stalls.stalled.wait(20)
        bench.manager.cancel(added.id)
        bench.gone()
        stalls.let_go.set()

    assert sorted(path.name for path in (tmp_path / "downloads").iterdir()) == [
        "adding.lock",
        "last-id.json",
        "queue.lock",
    ]
    assert not list((tmp_path / "models").iterdir())
    with pytest.raises(ModelError, match="not in the list any more"):
        bench.manager.get(added.id)


def test_cancelling_leaves_no_part_of_a_split_model_behind(hub: HubServer, tmp_path: Path) -> None:
    names = [f"model-{number:05}-of-00003.gguf" for number in (1, 2, 3)]
    with running(Bench(tmp_path, hub.url)) as bench:
        file = publish(hub, {name: random_bytes(1000, seed) for seed, name in enumerate(names)})
        first, *others = target_paths(tmp_path / "models", file)
        first.mkdir(parents=True)  # in the way of the last one to be put in place
        added = bench.manager.add(file)
        assert bench.ended().state == "failed"
        assert all(other.is_file() for other in others)
        bench.manager.cancel(added.id)
        bench.gone()

    assert not any(other.exists() for other in others)


def test_the_same_file_again_is_the_same_download(hub: HubServer, tmp_path: Path) -> None:
    file = publish(hub, {"model.gguf": DATA})
    with running(Bench(tmp_path, hub.url)) as bench:
        first = bench.manager.add(file)
        assert bench.manager.add(file).id == first.id
        done = bench.ended()
        again = bench.manager.add(file)
        assert (again.id, again.state) == (first.id, "done")

        Path(done.target).unlink()
        anew = bench.manager.add(file)
        assert anew.state == "queued"
        assert bench.wait(lambda download: download.id == anew.id and download.state == "done").target == done.target
        bench.manager.clear_done()
        bench.gone()
        assert Path(done.target).read_bytes() == DATA


def test_the_same_content_at_a_later_commit_is_the_same_download(hub: HubServer, tmp_path: Path) -> None:
    first = publish(hub, {"model.gguf": DATA})
    hub.behaviour = stalls = Stalls(3 * MIB)
    with running(Bench(tmp_path, hub.url)) as bench:
        added = bench.manager.add(first)
        assert stalls.stalled.wait(20)
        bench.manager.pause(added.id)
        bench.wait(lambda download: download.state == "paused")
        stalls.let_go.set()

        later = publish(hub, {"model.gguf": DATA})
        del hub.repos[REPO].commits[first.revision]
        hub.requests.clear()
        again = bench.manager.add(later)
        assert (again.id, again.revision) == (added.id, later.revision)
        assert bench.ended_after("paused").state == "done"

    assert hub.sent_bytes("/repos/") < len(DATA)


def test_another_version_takes_the_place_of_an_unfinished_one(hub: HubServer, tmp_path: Path) -> None:
    old = publish(hub, {"model.gguf": DATA})
    new = publish(hub, {"model.gguf": random_bytes(1000, seed=5)})
    hub.behaviour = stalls = Stalls(3 * MIB)
    with running(Bench(tmp_path, hub.url)) as bench:
        first = bench.manager.add(old)
        assert stalls.stalled.wait(20)
        second = bench.manager.add(new)
        done = bench.wait(lambda download: download.id == second.id and download.state == "done")
        stalls.let_go.set()
        assert [download.id for download in bench.manager.all()] == [second.id]

    assert first.target == second.target
    assert Path(done.target).read_bytes() == random_bytes(1000, seed=5)
    assert bench.left() == []


def test_why_a_finished_one_is_not_in_the_library_is_told_beside_it(hub: HubServer, tmp_path: Path) -> None:
    bench = Bench(tmp_path, hub.url)

    def refuse(download: Download) -> None:
        raise ModelError(f"{download.title} cannot be used.", "It is no model.", "Choose another one.")

    bench.on_finished = refuse
    with running(bench):
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()

    assert (done.state, done.problem) == ("done", "model.gguf cannot be used. It is no model. Choose another one.")


def test_a_waiting_one_can_go_first(hub: HubServer, tmp_path: Path) -> None:
    bench = Bench(tmp_path, hub.url)
    files = [publish(hub, {f"{name}.gguf": random_bytes(1000, seed)}) for seed, name in enumerate("abc")]
    added = [bench.manager.add(file) for file in files]
    bench.manager.move_first(added[1].id)
    bench.manager.move_first(added[2].id)
    assert [download.title for download in bench.manager.all()] == ["c.gguf", "b.gguf", "a.gguf"]
    with running(bench):
        bench.ended(2)

    assert [Path(download.target).name for download in bench.finished] == ["c.gguf", "b.gguf", "a.gguf"]


def test_without_room_nothing_is_fetched_until_there_is(hub: HubServer, tmp_path: Path) -> None:
    free = [RESERVE_BYTES + len(DATA) - 1]
    with running(Bench(tmp_path, hub.url, free_bytes=lambda folder: free[0])) as bench:
        added = bench.manager.add(publish(hub, {"model.gguf": DATA}))
        paused = bench.ended()
        assert paused.state == "paused"
        assert paused.problem.startswith("There is no room for model.gguf. 10.5 MB are still to come, and 510 MB are")
        assert hub.asked("cdn") == []

        free[0] += 1
        bench.manager.resume(added.id)
        assert bench.ended_after("paused").state == "done"


def test_a_disk_that_fills_meanwhile_pauses_and_goes_on_where_it_was(hub: HubServer, tmp_path: Path) -> None:
    free = [10**12]
    hub.behaviour = stalls = Stalls(3 * MIB)
    with running(Bench(tmp_path, hub.url, free_bytes=lambda folder: free[0])) as bench:
        added = bench.manager.add(publish(hub, {"model.gguf": DATA}))
        assert stalls.stalled.wait(20)
        free[0] = 99_000_000
        paused = bench.wait(lambda download: download.state == "paused")
        assert paused.problem.startswith("model.gguf was paused: the disk is nearly full. Only 99.0 MB are free")

        stalls.let_go.set()
        hub.requests.clear()
        free[0] = 10**12
        bench.manager.resume(added.id)
        assert bench.ended_after("paused").state == "done"

    assert 0 < hub.sent_bytes("/repos/") < len(DATA)


def test_a_disk_that_takes_no_more_pauses_in_words(hub: HubServer, tmp_path: Path) -> None:
    with running(Bench(tmp_path, hub.url)) as bench:
        file = publish(hub, {"model.gguf": DATA})
        bench.offline = True
        added = bench.manager.add(file)
        bench.wait(lambda download: bool(download.note))
        (tmp_path / "downloads" / str(added.id) / "0.part").symlink_to("/dev/full")
        bench.offline = False
        paused = bench.ended()

    assert paused.state == "paused"
    assert paused.problem.startswith("model.gguf could not be saved. The disk is full:")


def test_a_second_process_adds_and_takes_over(hub: HubServer, tmp_path: Path) -> None:
    with running(Bench(tmp_path, hub.url)) as first:
        first.manager.add(publish(hub, {"one.gguf": DATA}))
        first.ended()
        with running(Bench(tmp_path, hub.url)) as second:
            second.wait(lambda download: download.elsewhere)
            second.manager.add(publish(hub, {"two.gguf": random_bytes(1000)}))
            assert second.ended(1).state == "done"
            assert [download.title for download in first.finished] == ["one.gguf", "two.gguf"]
            assert second.finished == []

            first.manager.close()
            second.wait(lambda download: not download.elsewhere)
            second.manager.add(publish(hub, {"three.gguf": random_bytes(1000)}))
            second.ended(2)
            assert [download.title for download in second.finished] == ["three.gguf"]


_ADD_ALL = """
import sys
from pathlib import Path
import msgspec
from app.models.hub.values import HubFile
from tests.helpers.downloads import Bench
files = msgspec.json.decode(sys.argv[2], type=list[HubFile])
bench = Bench(Path(sys.argv[1]), "http://hub.invalid")
print("ready", flush=True)
sys.stdin.readline()
for file in files:
    bench.manager.add(file)
"""


def test_processes_that_add_the_same_at_the_same_instant_add_it_once(tmp_path: Path) -> None:
    names = [f"{number}.gguf" for number in range(25)]
    files = [HubFile(REPO, "0" * 40, name, (name,), (1000,), ("a" * 64,)) for name in names]
    with ExitStack() as ending:
        command = [sys.executable, "-c", _ADD_ALL, str(tmp_path), msgspec.json.encode(files).decode()]
        adding = [
            ending.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            for _ in range(4)
        ]
        for process in adding:
            ending.callback(process.kill)
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        for process in adding:
            assert process.stdin is not None
            process.stdin.close()
        assert [process.wait(60) for process in adding] == [0] * 4

    there = Bench(tmp_path, "http://hub.invalid").manager.all()
    assert sorted(download.title for download in there) == sorted(names)
    assert len({download.id for download in there}) == len(names)


def test_a_second_process_sees_how_far_the_first_is(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = stalls = Stalls(3 * MIB)
    patient = replace(QUICK, stall_s=60.0, give_up_s=60.0)
    with running(Bench(tmp_path, hub.url, patient)) as first:
        first.manager.add(publish(hub, {"model.gguf": DATA}))
        assert stalls.stalled.wait(20)
        with running(Bench(tmp_path, hub.url)) as second:
            seen = second.wait(lambda download: download.elsewhere and download.done_bytes > 0)
        stalls.let_go.set()
        first.ended()

    assert seen.state == "downloading"


def test_orphans_are_swept_at_the_start(hub: HubServer, tmp_path: Path) -> None:
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        bench.ended()
    folder = tmp_path / "downloads"
    (folder / "77").mkdir()
    (folder / "77" / "0.part").write_bytes(b"left behind")
    (folder / "1" / "0.part").write_bytes(b"left behind by a done one")
    (folder / "stray.tmp").write_bytes(b"?")
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.ended()

    assert sorted(path.name for path in folder.iterdir()) == ["1", "adding.lock", "last-id.json", "queue.lock"]
    assert bench.left() == []


def test_a_hub_that_lies_about_names_writes_nowhere_else(hub: HubServer, tmp_path: Path) -> None:
    bench = Bench(tmp_path, hub.url)
    for name in ("../../evil.gguf", "/etc/evil.gguf", "a\\b.gguf", "con.gguf", ".hidden", "nul\0.gguf", "x" * 300):
        with pytest.raises(ModelError, match="cannot be used here"):
            bench.manager.add(publish(hub, {name: b"evil"}))
    assert bench.manager.all() == ()


def test_a_kill_between_the_last_byte_and_the_end_costs_no_byte(hub: HubServer, tmp_path: Path) -> None:
    """As after a kill at that point: the folder is copied in the middle, and a second manager goes on with the copy."""
    other = tmp_path / "other"

    def copy() -> None:
        shutil.copytree(tmp_path / "one" / "downloads", other / "downloads", dirs_exist_ok=True)

    hub.behaviour = Calls(copy, after_chunks=100)
    with running(Bench(tmp_path / "one", hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        bench.ended()
    hub.requests.clear()
    with running(Bench(other, hub.url)) as bench:
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA
    assert hub.sent_bytes("/repos/") <= len(DATA) - 100 * 64 * 1024 + RANGE_BYTES
