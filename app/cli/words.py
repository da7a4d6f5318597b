"""Counts, times and verdicts as the command line says them. Sizes: :func:`app.core.sizes.size_text`."""

from __future__ import annotations

from datetime import UTC, datetime

from app.core.sizes import size_text
from app.models.former import FormerModel
from app.models.model import Fit, ModelSummary

LONGEST_NAME = 60
FIT_WORDS: dict[Fit, str] = {"fits": "fits", "tight": "tight", "does_not_fit": "does not fit"}


def counted(number: int, noun: str, plural: str = "") -> str:
    """ "1 file", "1,200 files"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def parameters(count: int) -> str:
    """A model's number of weights: "135 M", "1.2 B"; empty when it is not known."""
    if not count:
        return ""
    return f"{count / 1e9:.1f} B" if count >= 950_000_000 else f"{count / 1e6:.0f} M"


def another_model(former: FormerModel, now: ModelSummary) -> str:
    """That a file is another model than it was, and what that is about."""

    def described(model: FormerModel) -> str:
        facts = (model.architecture, parameters(model.parameters))
        return f"{model.title} ({', '.join(fact for fact in facts if fact)})"

    return (
        f"This file is another model than before: it is {described(FormerModel.of(now))}. What you noted and set was"
        f" for {described(former)}."
    )


def shortened(name: str) -> str:
    """A name with its middle left out where it is longer than :data:`LONGEST_NAME`, for a column."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"


def short_number(value: int) -> str:
    """ "912", "34 k", "1.2 M"."""
    if value < 1000:
        return str(value)
    if value < 999_500:
        return f"{value / 1000:.1f} k" if value < 9_950 else f"{value / 1000:.0f} k"
    return f"{value / 1e6:.1f} M"


def day(moment: datetime | None) -> str:
    """ "2026-01-31", where the person is; empty without one."""
    return moment.astimezone().date().isoformat() if moment is not None else ""


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """ "today", "3 days ago", "2 years ago"; empty without one."""
    if moment is None:
        return ""
    days = max(0, ((now or datetime.now(UTC)) - moment).days)
    if days == 0:
        return "today"
    if days < 60:
        return f"{counted(days, 'day')} ago"
    if days < 730:
        return f"{counted(days // 30, 'month')} ago"
    return f"{counted(days // 365, 'year')} ago"


def time_left(seconds: float | None) -> str:
    """ "8 s left", "3 min left", "2 h 10 min left"; empty while it is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min left"
    return f"{minutes // 60} h {minutes % 60} min left"


def amount(done_bytes: int, total_bytes: int) -> str:
    """ "1.2 of 2.8 GB", "840 MB of 2.8 GB"."""
    done, total = size_text(done_bytes), size_text(total_bytes)
    if not total_bytes:
        return done
    if done.rpartition(" ")[2] == total.rpartition(" ")[2]:
        done = done.rpartition(" ")[0]
    return f"{done} of {total}"


def percent(done_bytes: int, total_bytes: int) -> str:
    """ "43 %"; never 100 before all of it is there."""
    if not total_bytes:
        return ""
    return "100 %" if done_bytes >= total_bytes else f"{min(99, 100 * done_bytes // total_bytes)} %"


def expected_speed(tokens_per_s: float | None) -> str:
    """A plan's estimate as a sentence; empty without one."""
    if tokens_per_s is None:
        return ""
    number = f"{tokens_per_s:,.0f}" if tokens_per_s >= 2 else f"{tokens_per_s:.1f}"
    return f"Expect about {number} tokens per second; that is an estimate."
