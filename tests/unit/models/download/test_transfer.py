"""A file is fetched whole from a real server, however it behaves; nothing wrong is ever accepted."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.models.download import part
from app.models.download.journal import RANGE_BYTES
from app.models.download.names import target_paths
from tests.helpers.downloads import MIB, QUICK, REPO, Bench, publish, random_bytes, running
from tests.helpers.gguf_files import llama
from tests.helpers.hostile_hub import Answers, BreaksOff, Calls, Corrupts, Drips, Stalls
from tests.helpers.hub_repos import File
from tests.helpers.hub_server import Answer, Behaviour, HangUp, HubServer, Seen

DATA = random_bytes(10 * MIB + 12_345)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def test_a_file_arrives_whole_and_nothing_else_is_left(hub: HubServer, tmp_path: Path) -> None:
    file = publish(hub, {"model-Q4_K_M.gguf": DATA})
    with running(Bench(tmp_path, hub.url)) as bench:
        added = bench.manager.add(file, "A model")
        done = bench.ended()

    assert (done.id, done.title, done.state, done.problem) == (added.id, "A model", "done", "")
    assert done.done_bytes == done.total_bytes == len(DATA)
    assert Path(done.target) == tmp_path / "models" / "author" / "Model-GGUF" / "model-Q4_K_M.gguf"
    assert Path(done.target).read_bytes() == DATA
    assert bench.left() == []
    assert [finished.target for finished in bench.finished] == [done.target]
    assert hub.sent_bytes("/repos/") == len(DATA)
    assert len(hub.asked("hub")) <= 2


def test_it_is_told_how_much_was_checked_so_that_the_end_of_a_large_file_does_not_seem_to_hang(
    hub: HubServer, tmp_path: Path
) -> None:
    hub.behaviour = stalls = Stalls(2 * MIB)
    files = {"model-00001-of-00002.gguf": DATA[: 3 * MIB], "model-00002-of-00002.gguf": DATA}
    with running(Bench(tmp_path, hub.url, timing=replace(QUICK, stall_s=60.0))) as bench:
        bench.manager.add(publish(hub, files))
        stalled = bench.wait(lambda download: 0 < download.checked_bytes == download.done_bytes)
        stalls.let_go.set()
        done = bench.ended()

    assert stalled.done_bytes < stalled.total_bytes
    assert done.checked_bytes == done.total_bytes
    assert replace(done, state="verifying", checked_bytes=MIB).fraction == MIB / done.total_bytes


def test_broken_connections_are_gone_on_with(hub: HubServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    hub.behaviour = bad = BreaksOff(12, seed=3)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()

    assert (done.state, bad.done) == ("done", 12)
    assert Path(done.target).read_bytes() == DATA
    assert hub.sent_bytes("/repos/") - len(DATA) <= 12 * RANGE_BYTES
    assert "broke off" in caplog.text


def test_a_connection_that_ends_in_order_but_early_is_gone_on_with(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = BreaksOff(3, seed=4, error=HangUp)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(503), "The server failed (503)."),
        (Answer(500, body=b"oh"), "The server failed (500)."),
        (Answer(200, {"Content-Type": "text/html"}, b"<html>Sign in"), "A web page came instead of the file"),
        (Answer(206, {"Content-Range": f"bytes 5-9/{len(DATA)}"}, b"other"), "another part of the file"),
        (Answer(206, {}, b"no range"), "did not say which part"),
        (Answer(302, {"Location": "http://[x"}), "an address that is none"),
        (Answer(302, {"Location": "file:///etc/hosts"}), "an address that is none"),
        (Answer(206, {"Content-Range": f"bytes 0-{RANGE_BYTES - 1}/{len(DATA)}"}, b"short"), "another length"),
    ],
)
def test_a_wrong_answer_is_asked_again(
    hub: HubServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: Answer, why: str
) -> None:
    caplog.set_level("INFO")
    hub.behaviour = Answers(answer, times=3)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA
    assert caplog.text.count(why) == 3


def test_a_pause_that_the_server_asks_for_is_made_and_said(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = Answers(Answer(429, {"Retry-After": "1"}))
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        bench.wait(lambda download: download.note == "The server asked for a pause. Trying again in 1 s.")
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA
    refused, again = hub.asked("cdn")[:2]
    assert again.started_at - refused.started_at >= 1.0


def test_expired_addresses_are_asked_for_again(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = Calls(hub.expire_urls)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA
    assert [seen.status for seen in hub.asked("cdn")].count(403) == 1


def test_an_address_that_is_always_refused_fails_in_words(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = Answers(Answer(403), times=1000)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        failed = bench.ended()

    assert failed.state == "failed"
    assert failed.problem.startswith("The server does not give out model.gguf. It answered 4 times with 403")


def test_a_flipped_bit_is_found_and_the_file_fetched_once_more(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = Corrupts()
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA
    assert done.note == part.REFETCHED


def test_what_is_wrong_again_is_refused_and_the_old_file_stays(hub: HubServer, tmp_path: Path) -> None:
    file = publish(hub, {"model.gguf": DATA})
    (old,) = target_paths(tmp_path / "models", file)
    old.parent.mkdir(parents=True)
    old.write_bytes(b"the old one")
    hub.behaviour = Corrupts(times=2)
    with running(Bench(tmp_path, hub.url)) as bench:
        added = bench.manager.add(file)
        failed = bench.ended()
        assert (failed.state, old.read_bytes(), bench.finished) == ("failed", b"the old one", [])
        assert failed.problem.startswith("model.gguf was not accepted. It was fetched twice")
        assert bench.left() == []

        bench.manager.resume(added.id)
        bench.wait(lambda download: download.state == "done")
        assert old.read_bytes() == DATA


def test_a_file_that_changes_on_the_hub_is_fetched_anew(hub: HubServer, tmp_path: Path) -> None:
    file, other = publish(hub, {"model.gguf": DATA}), random_bytes(9 * MIB, seed=2)

    def change() -> None:
        hub.repos[REPO].commits[file.revision]["model.gguf"] = File(other, kept_in_lfs=True)
        hub.expire_urls()

    hub.behaviour = Calls(change)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(file)
        done = bench.ended()

    assert Path(done.target).read_bytes() == other
    assert part.CHANGED in done.note
    assert (done.total_bytes, done.file.sha256s) == (len(other), (hashlib.sha256(other).hexdigest(),))


def test_a_file_that_changes_again_and_again_fails_in_words(hub: HubServer, tmp_path: Path) -> None:
    file, seeds = publish(hub, {"model.gguf": DATA}), itertools.count(2)

    def change() -> None:
        other = File(random_bytes(9 * MIB, next(seeds)), kept_in_lfs=True)
        hub.repos[REPO].commits[file.revision]["model.gguf"] = other
        hub.expire_urls()

    hub.behaviour = bad = Calls(change, after_chunks=100, times=20)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(file)
        failed = bench.ended()

    assert failed.state == "failed"
    assert "It is changed on the hub again and again." in failed.problem
    assert bad.done < 10


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"Content-Type": "text/plain"}, b"Please accept our conditions"),
        Answer(416, {"Content-Range": "bytes */7"}),
        Answer(206, {"Content-Range": "bytes 0-6/7"}, b"another"),
    ],
)
def test_what_only_looks_changed_costs_nothing(
    hub: HubServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    caplog.set_level("INFO")
    hub.behaviour = bad = Answers(answer, times=2)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA
    assert (done.note, bad.done) == ("", 2)
    assert caplog.text.count("The server s") == 2


def test_a_trickle_is_hung_up(hub: HubServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    hub.behaviour = Drips()
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA
    assert "The server sent hardly anything." in caplog.text


def test_a_server_without_ranges_sends_all_in_one(hub: HubServer, tmp_path: Path) -> None:
    hub.ranges = False
    hub.behaviour = BreaksOff(1, seed=5)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA
    assert done.note == part.NO_RANGES
    assert len(hub.asked("cdn")) == 2


def test_a_stalled_connection_is_hung_up(hub: HubServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    hub.behaviour = stalls = Stalls(3 * MIB)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        done = bench.ended()
        stalls.let_go.set()

    assert Path(done.target).read_bytes() == DATA
    assert "stopped answering" in caplog.text


def test_patience_ends_in_words_and_a_retry_goes_on(hub: HubServer, tmp_path: Path) -> None:
    hub.behaviour = bad = Answers(Answer(503), times=10_000)
    with running(Bench(tmp_path, hub.url, timing=replace(QUICK, give_up_s=0.4))) as bench:
        added = bench.manager.add(publish(hub, {"model.gguf": DATA}))
        failed = bench.ended()
        assert failed.state == "failed"
        assert failed.problem.startswith("model.gguf is not here yet. Nothing arrived for")
        assert "The server failed (503)." in failed.problem

        bad.times = 0
        bench.manager.resume(added.id)
        bench.wait(lambda download: download.state == "done")


def test_a_file_without_checksum_must_at_least_be_a_whole_model(hub: HubServer, tmp_path: Path) -> None:
    model = llama(tmp_path / "tiny.gguf").read_bytes()
    good = replace(publish(hub, {"model.gguf": model}), sha256s=("",))
    hub.repos[REPO].commits[good.revision]["model.gguf"] = File(model, kept_in_lfs=False)
    bad = replace(good, paths=("broken.gguf",), sizes=(len(model) - 1,))
    hub.repos[REPO].commits[good.revision]["broken.gguf"] = File(model[:-1], kept_in_lfs=False)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(good)
        bench.manager.add(bad)
        done, failed = bench.ended(0), bench.ended(1)

    assert (done.state, done.note) == ("done", part.NO_HASH)
    assert Path(done.target).read_bytes() == model
    assert failed.state == "failed"
    assert "it was no whole GGUF file" in failed.problem


def test_a_split_model_is_one_download_and_appears_as_a_whole(hub: HubServer, tmp_path: Path) -> None:
    names = [f"big/model-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    parts = {name: random_bytes(MIB + number, seed=number) for number, name in enumerate(names)}
    first = tmp_path / "models" / "author" / "Model-GGUF" / names[0]
    hub.behaviour = Calls(lambda: seen_early.append(first.exists()), after_chunks=2, times=3)
    seen_early: list[bool] = []
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, parts))
        done = bench.ended()

    assert seen_early == [False, False, False]
    assert {target.name: target.read_bytes() for target in done.targets} == {
        Path(name).name: content for name, content in parts.items()
    }
    assert done.done_bytes == done.total_bytes == sum(map(len, parts.values()))
    assert bench.left() == []


def test_a_token_is_never_on_the_disk(hub: HubServer, tmp_path: Path) -> None:
    hub.tokens["hf_secret"] = "ada"
    file = publish(hub, {"model.gguf": DATA})
    hub.repos[REPO].gated = "auto"
    hub.repos[REPO].allowed = frozenset({"ada"})
    hub.behaviour = stalls = Stalls(3 * MIB)
    with running(Bench(tmp_path, hub.url, token="hf_secret")) as bench:
        bench.manager.add(file)
        assert stalls.stalled.wait(20)
        bench.wait(lambda download: download.done_bytes > 0)
        kept = b"".join(path.read_bytes() for path in (tmp_path / "downloads").rglob("*.json"))
        stalls.let_go.set()
        bench.ended()

    assert b"model.gguf" in kept
    assert b"hf_secret" not in kept
    assert b"Signature" not in kept
    assert b"http" not in kept
    assert all("authorization" not in seen.headers for seen in hub.asked("cdn"))


def test_a_gated_model_says_what_to_do(hub: HubServer, tmp_path: Path) -> None:
    file = publish(hub, {"model.gguf": DATA})
    hub.repos[REPO].gated = "auto"
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(file)
        failed = bench.ended()

    assert failed.state == "failed"
    assert "author/Model-GGUF is shared under conditions." in failed.problem


def test_offline_in_the_middle_has_no_speed_and_goes_on_where_it_was(hub: HubServer, tmp_path: Path) -> None:
    slowly = threading.Event()
    hub.behaviour = Calls(lambda: slowly.wait(0.05) and None, after_chunks=1, times=1000)
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        bench.wait(lambda download: download.bytes_per_s > 0)
        bench.offline = True
        waiting = bench.wait(lambda download: download.note == part.OFFLINE)
        assert (waiting.bytes_per_s, waiting.seconds_left) == (0.0, None)
        slowly.set()
        bench.offline = False
        done = bench.ended()

    assert Path(done.target).read_bytes() == DATA
    assert hub.sent_bytes("/repos/") - len(DATA) <= RANGE_BYTES


def test_offline_waits_until_the_switch_is_turned(hub: HubServer, tmp_path: Path) -> None:
    with running(Bench(tmp_path, hub.url, offline=True)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        bench.wait(lambda download: download.note == part.OFFLINE)
        assert hub.requests == []
        bench.offline = False
        assert bench.ended().state == "done"


@pytest.mark.parametrize("claimed", [2**40 + 1, 10**18, 10**40])
def test_a_length_that_no_model_has_is_refused_before_it_costs_anything(
    hub: HubServer, tmp_path: Path, claimed: int
) -> None:
    class Boasts(Behaviour):
        def answer(self, seen: Seen) -> Answer | None:
            facts = {"X-Repo-Commit": "f" * 40, "X-Linked-Size": str(claimed), "X-Linked-ETag": '"x"'}
            return Answer(200, facts) if "/resolve/" in seen.path else None

    hub.behaviour = Boasts()
    with running(Bench(tmp_path, hub.url)) as bench:
        bench.manager.add(publish(hub, {"model.gguf": DATA}))
        failed = bench.ended()

    assert failed.state == "failed"
    assert "which no file of a model has" in failed.problem
    assert bench.left() == []


def test_something_in_the_way_is_named_and_what_arrived_is_kept(hub: HubServer, tmp_path: Path) -> None:
    with running(Bench(tmp_path, hub.url)) as bench:
        file = publish(hub, {"model.gguf": DATA})
        (target,) = target_paths(tmp_path / "models", file)
        target.mkdir(parents=True)
        added = bench.manager.add(file)
        failed = bench.ended()
        assert failed.problem.startswith(f"model.gguf could not be put in its place. {target}: Is a directory.")

        target.rmdir()
        hub.requests.clear()
        bench.manager.resume(added.id)
        assert bench.ended_after("failed").state == "done"

    assert target.read_bytes() == DATA
    assert hub.requests == []
