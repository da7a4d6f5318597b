import pytest

from app.core.errors import Cancelled
from app.core.jobs import CancelToken, Progress


def test_a_cancel_calls_each_listener_once() -> None:
    token, calls = CancelToken(), []
    token.on_cancel(lambda: calls.append("a"))
    token.on_cancel(lambda: calls.append("b"))
    token.check()
    token.cancel()
    token.cancel()
    assert calls == ["a", "b"]
    with pytest.raises(Cancelled):
        token.check()


def test_a_listener_that_comes_late_is_called_at_once() -> None:
    token, calls = CancelToken(), []
    token.cancel()
    token.on_cancel(lambda: calls.append("late"))
    assert calls == ["late"]


def test_progress() -> None:
    assert Progress(1, 4, "files").fraction == 0.25
    assert Progress(5, 4, "files").fraction == 1.0
    assert Progress(1, 0, "files").fraction is None
