"""Child processes: what they say arrives in order, and every way they can end is seen and said."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.core.child import ChildProcess, Exit
from app.core.errors import Cancelled, DocumentError, WorkerDied, WorkerError, WorkerHung
from tests.helpers import echo_child
from tests.helpers.echo_child import Babble, Count, Echo, Fail, Leave, Nested, Number, Said, Wait

TIMEOUT_S = 60.0
Child = ChildProcess[Any, Any]


class Watched:
    """A child, with what it said unasked and how it ended."""

    def __init__(self, entry: Callable[..., None] = echo_child.run, **options: float) -> None:
        self.events: queue.Queue[Any] = queue.Queue()
        self.exits: queue.Queue[Exit] = queue.Queue()
        self.child: Child = ChildProcess(
            echo_child.PROTOCOL, entry, on_event=self.events.put, on_exit=self.exits.put, **options
        )

    def pid(self) -> int:
        self.child.start()
        assert self.child.pid is not None
        return self.child.pid


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make(*args: Any, **options: Any) -> Watched:
        made.append(Watched(*args, **options))
        return made[-1]

    yield make
    for each in made:
        each.child.close(0.2)


def waiting_call(child: Child, stubborn: bool = False) -> Any:
    """A call that the child is certainly working on."""
    begun = threading.Event()
    call = child.call(Wait(stubborn), lambda item: begun.set())
    assert begun.wait(TIMEOUT_S)
    return call


def test_calls_items_and_events(watch: Callable[..., Watched]) -> None:
    watched = watch()
    assert watched.child.call(Echo("grüß")).result(TIMEOUT_S) == Said("grüß")
    assert watched.events.get(timeout=TIMEOUT_S) == Said("heard grüß")
    items: list[Any] = []
    assert watched.child.call(Count(2000), items.append).result(TIMEOUT_S) == Number(2000)
    assert items == [Number(number) for number in range(2000)], "in order, and all before the result"


def test_the_call_after_a_death_is_answered_even_while_the_dead_child_is_still_leaving(tmp_path: Path) -> None:
    child: Child = ChildProcess(echo_child.PROTOCOL, echo_child.run_lingering, (str(tmp_path / "marker"),))
    try:
        with pytest.raises(WorkerDied):
            child.call(Echo("lost")).result(TIMEOUT_S)
        assert child.call(Echo("here")).result(TIMEOUT_S) == Said("here")
    finally:
        child.close()


def test_errors_keep_their_class_and_words(watch: Callable[..., Watched]) -> None:
    child = watch().child
    with pytest.raises(DocumentError) as caught:
        child.call(Fail(bug=False)).result(TIMEOUT_S)
    assert (caught.value.what, caught.value.why, caught.value.next_step) == ("What.", "Why.", "Next.")
    with pytest.raises(WorkerError, match="RuntimeError: oops"):
        child.call(Fail(bug=True)).result(TIMEOUT_S)
    assert child.call(Echo("still here")).result(TIMEOUT_S) == Said("still here")


def test_an_answer_that_cannot_be_read_fails_the_call_and_ends_the_child(watch: Callable[..., Watched]) -> None:
    child = watch().child
    with pytest.raises(WorkerDied):
        child.call(Babble()).result(TIMEOUT_S)
    assert child.call(Echo("a new one")).result(TIMEOUT_S) == Said("a new one")


def test_a_listener_that_raises_harms_nobody(watch: Callable[..., Watched]) -> None:
    def fail(item: Any) -> None:
        raise ValueError("listener")

    assert watch().child.call(Count(3), fail).result(TIMEOUT_S) == Number(3)


def test_cancel_reaches_the_handler(watch: Callable[..., Watched]) -> None:
    child = watch().child
    call = waiting_call(child)
    call.cancel()
    with pytest.raises(Cancelled):
        call.result(TIMEOUT_S)


def test_a_cancelled_call_that_has_not_begun_never_begins(watch: Callable[..., Watched]) -> None:
    child = watch().child
    busy = [waiting_call(child), waiting_call(child)]  # both threads of the child
    items: list[Any] = []
    third = child.call(Count(3), items.append)
    third.cancel()
    busy[0].cancel()
    with pytest.raises(Cancelled):
        third.result(TIMEOUT_S)
    assert items == []


@pytest.mark.parametrize(
    ("code", "words"), [(signal.SIGKILL, "killed"), (signal.SIGABRT, "gave up"), (signal.SIGSEGV, "invalid memory")]
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_child_fails_its_calls_and_starts_again(
    watch: Callable[..., Watched], code: signal.Signals, words: str
) -> None:
    watched = watch()
    pid = watched.pid()
    calls = [waiting_call(watched.child), waiting_call(watched.child)]
    os.kill(pid, code)
    for call in calls:
        with pytest.raises(WorkerDied, match=words):
            call.result(TIMEOUT_S)
    exit_ = watched.exits.get(timeout=TIMEOUT_S)
    assert (exit_.pid, exit_.code, exit_.expected) == (pid, -code, False)
    assert watched.child.crashes_in_a_row == 1
    assert watched.child.call(Echo("again")).result(TIMEOUT_S) == Said("again")
    assert watched.child.pid not in (None, pid)
    assert watched.child.crashes_in_a_row == 0


def test_a_child_that_leaves_by_itself(watch: Callable[..., Watched]) -> None:
    watched = watch()
    with pytest.raises(WorkerDied, match="exit code 7"):
        watched.child.call(Leave(7)).result(TIMEOUT_S)
    with pytest.raises(WorkerDied):
        watched.child.call(Leave(7)).result(TIMEOUT_S)
    assert watched.child.crashes_in_a_row == 2


def test_the_exit_code_is_known_although_two_threads_wait_for_it(watch: Callable[..., Watched]) -> None:
    watched = watch()
    for _ in range(10):
        watched.pid()
        watched.child.close()
        assert watched.exits.get(timeout=TIMEOUT_S).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP")
def test_a_child_that_stands_still_is_found_and_ended(watch: Callable[..., Watched]) -> None:
    watched = watch(hang_timeout_s=2.0)
    pid = watched.pid()
    call = waiting_call(watched.child)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(WorkerHung, match="stopped answering"):
        call.result(TIMEOUT_S)
    assert watched.exits.get(timeout=TIMEOUT_S).hung
    assert not psutil.pid_exists(pid)


def test_a_child_that_is_quiet_but_alive_is_left_alone(watch: Callable[..., Watched]) -> None:
    watched = watch(hang_timeout_s=2.0)
    call = waiting_call(watched.child)
    with pytest.raises(TimeoutError):
        call.result(5.0)  # longer than the time after which silence counts as a hang
    assert watched.exits.empty()
    call.cancel()


def test_another_version_is_not_talked_to(watch: Callable[..., Watched]) -> None:
    with pytest.raises(WorkerDied):
        watch(echo_child.run_older).child.call(Echo("x")).result(TIMEOUT_S)


def test_a_child_that_does_not_come_up(watch: Callable[..., Watched]) -> None:
    with pytest.raises(WorkerDied, match="did not start"):
        watch(echo_child.run_nothing).child.start()


def test_closing_ends_it_politely(watch: Callable[..., Watched]) -> None:
    watched = watch()
    pid = watched.pid()
    call = waiting_call(watched.child)
    watched.child.close()
    with pytest.raises((WorkerDied, Cancelled)):
        call.result(TIMEOUT_S)
    exit_ = watched.exits.get(timeout=TIMEOUT_S)
    assert (exit_.expected, exit_.code) == (True, 0)
    assert not psutil.pid_exists(pid)
    assert watched.child.crashes_in_a_row == 0


def test_closing_does_not_wait_for_a_stubborn_handler(watch: Callable[..., Watched]) -> None:
    watched = watch()
    watched.pid()
    call = waiting_call(watched.child, stubborn=True)
    watched.child.close(grace_s=10.0)
    with pytest.raises(WorkerDied):
        call.result(TIMEOUT_S)
    assert watched.exits.get(timeout=TIMEOUT_S).code == 0, "it left by itself after its own grace"


def test_it_starts_again_after_closing(watch: Callable[..., Watched]) -> None:
    child = watch().child
    child.call(Echo("one")).result(TIMEOUT_S)
    child.close()
    assert child.call(Echo("two")).result(TIMEOUT_S) == Said("two")


def test_a_child_does_not_outlive_its_parent(watch: Callable[..., Watched]) -> None:
    watched = watch()
    pid = watched.pid()
    grandchild = psutil.Process(watched.child.call(Nested()).result(TIMEOUT_S).number)
    psutil.Process(pid).kill()
    gone, alive = psutil.wait_procs([grandchild], timeout=TIMEOUT_S)
    assert gone
    assert not alive


@pytest.mark.skipif(os.name != "posix", reason="there Ctrl-C is no signal")
def test_ctrl_c_while_it_starts_does_not_end_it(watch: Callable[..., Watched]) -> None:
    watched = watch()
    starting = threading.Thread(target=watched.child.start)
    starting.start()
    waiting = threading.Event()
    while (pid := watched.child.pid) is None:
        waiting.wait(0.001)
    os.kill(pid, signal.SIGINT)
    starting.join(TIMEOUT_S)
    assert watched.child.call(Echo("alive")).result(TIMEOUT_S) == Said("alive")
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_many_threads_may_call_at_once(watch: Callable[..., Watched]) -> None:
    child = watch().child
    answers: queue.Queue[bool] = queue.Queue()

    def ask(number: int) -> None:
        answers.put(child.call(Echo(str(number))).result(TIMEOUT_S) == Said(str(number)))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert [answers.get_nowait() for _ in threads] == [True] * 20
