"""The first computation after a load: it warms the memory up, and shows how many threads are fastest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.core.jobs import CancelToken
from app.hardware.busy import BusyMeter
from app.inference import threads
from app.inference.abort import AbortFlag
from app.inference.generation import Generator
from app.inference.native_model import NativeModel
from app.inference.protocol import LoadProgress
from app.inference.threads import ThreadCounts

_PROMPT_SAMPLE = 64
_DECODE_SAMPLE = 6


def warm_up(
    native: NativeModel,
    generator: Generator,
    known: ThreadCounts | None,
    counts: Sequence[int],
    others: BusyMeter,
    cancel: CancelToken,
    emit: Callable[[LoadProgress], None],
) -> ThreadCounts | None:
    """Compute a little, so that the first reply does not pay for cold pages; measure threads where that is needed.

    ``counts``: from :func:`threads.candidates`. ``others``: what they did while the weights were read. Sets the threads
    of ``native``, leaves its cache empty, and returns what was measured, if anything was. Errors: :class:`Cancelled`.
    """
    cache, abort = generator.cache, AbortFlag()
    cache.obey(abort)
    cancel.on_cancel(abort.set)
    sample = [number * 37 % generator.vocabulary.size for number in range(min(_PROMPT_SAMPLE, cache.size // 4))]

    def run_prompt(count: int) -> None:
        native.set_threads(ThreadCounts(count, count))
        cache.clear()
        cache.evaluate(sample, lambda done: None)
        cancel.check()

    def run_decode(count: int) -> None:
        native.set_threads(ThreadCounts(count, count))
        for token in sample[:_DECODE_SAMPLE]:
            cache.append(token)
            cancel.check()

    chosen, measured = known or ThreadCounts(counts[0], counts[0]), None
    emit(LoadProgress(0.0, "warm-up"))
    run_decode(chosen.decode)
    if threads.needed(known, others.share()):
        meanwhile = BusyMeter()
        found = threads.measure(
            counts, run_decode, run_prompt, lambda fraction: emit(LoadProgress(fraction, "threads"))
        )
        chosen = measured = threads.judged(found, counts, meanwhile.share())
    native.set_threads(chosen)
    cache.clear()
    emit(LoadProgress(1.0, "warm-up"))
    return measured
