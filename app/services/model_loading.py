"""Loading the chat model: one at a time, seen by whoever listens, and not again and again when it crashes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from app.chat.transcript import RunFigures
from app.core.errors import Cancelled, DoesNotFit, ModelError, SatchelError, WorkerError
from app.core.jobs import CancelToken
from app.hardware.machine import Machine
from app.inference.client import InferenceClient
from app.inference.protocol import Loaded, LoadProgress, LoadSettings
from app.inference.threads import ThreadCounts
from app.models.model import LibraryModel
from app.models.native import llama_cpp_version
from app.services.events import ModelState, ModelStateChanged, Publish
from app.services.library.adapters import adapter_uses
from app.services.model_sizer import ModelSizer
from app.storage.facts import Facts

MAX_CRASHES = 2
"""After so many in a row nothing is loaded unless the person asks for it."""

_CRASHES = "inference.crashes"
_LAST_MODEL = "inference.last_model"
_SMALLEST_STEP = 0.01
_CRASHED = "The model's process ended unexpectedly. It starts again with the next question."


class ModelLoader:
    """What the inference worker has loaded, and how that changes. Safe from any thread; loads wait for each other."""

    def __init__(
        self,
        inference: InferenceClient,
        sizer: ModelSizer,
        facts: Facts,
        machine: Callable[[], Machine],
        publish: Publish,
    ) -> None:
        self._inference = inference
        self._sizer = sizer
        self._facts = facts
        self._machine = machine
        self._publish = publish
        self._load_lock = threading.RLock()
        self._state_lock = threading.Lock()
        self._state = ModelState()
        self._settings = LoadSettings()
        self._loading: CancelToken | None = None

    @property
    def state(self) -> ModelState:
        """The chat model now. "failed" as soon as the worker that had it is gone."""
        state = self._state
        if state.phase == "ready" and self._inference.loaded is None:
            self._lost(state)
        return self._state

    @property
    def last_model(self) -> int | None:
        """The id of the model that was loaded last, in any session."""
        text = self._facts.get(_LAST_MODEL)
        return int(text) if text is not None and text.isdigit() else None

    def load(
        self, model: LibraryModel, settings: LoadSettings, *, force: bool = False, cancel: CancelToken | None = None
    ) -> Loaded:
        """Load because the person asked for it: crashes before do not matter.

        ``force``: try although it does not seem to fit. Errors: :class:`DoesNotFit` (the model that is loaded stays),
        :class:`ModelError`, :class:`WorkerError`, :class:`Cancelled`.
        """
        with self._load_lock:
            loaded = self._load(model, settings, force, cancel)
            self._set_crashes(0)
            return loaded

    def ensure(self, choose: Callable[[], tuple[LibraryModel, LoadSettings]]) -> Loaded:
        """The loaded model; if there is none, load the chosen one.

        Errors: as :meth:`load`; :class:`ModelError` after crashes in a row.
        """
        with self._load_lock:
            state = self.state
            if state.phase == "ready" and state.loaded is not None:
                # The worker has outlived what it was last asked for.
                self._set_crashes(0)
                return state.loaded
            if not self.may_load_by_itself:
                raise ModelError(
                    "No model is loaded now.",
                    f"The model's process crashed {self._crashes()} times in a row, so it is not started by itself.",
                    "Load a model from the Models page; another one if this one keeps crashing.",
                )
            model, settings = choose()
            return self._load(model, settings, force=False, cancel=None)

    @property
    def may_load_by_itself(self) -> bool:
        """Whether a question loads a model; not after crashes in a row."""
        return self._crashes() < MAX_CRASHES

    def decode_threads(self, model: LibraryModel) -> int:
        """With how many threads its last load here found generating fastest; 0: nothing is known."""
        known = ThreadCounts.known(self._threads_known(model), self._machine().logical_cores)
        return known.decode if known is not None else 0

    def stop(self) -> None:
        """Stop the load under way, if there is one: it ends with :class:`Cancelled`."""
        loading = self._loading
        if loading is not None:
            loading.cancel()

    def close(self) -> None:
        """End the worker, and wait until a load under way has seen that it was not a crash."""
        self._inference.close()
        with self._load_lock:
            pass

    def unload(self) -> None:
        """Free the model's memory."""
        with self._load_lock:
            self._set(ModelState())  # first: a worker without a model would look like one that has crashed
            self._inference.unload()

    def use_adapters(self, model: LibraryModel) -> None:
        """If this model is the loaded one, let it use its adapters from now on. Errors: :class:`ModelError`."""
        with self._load_lock:
            state = self.state
            if state.phase == "ready" and state.model is not None and state.model.id == model.id:
                uses = adapter_uses(model)
                self._inference.use_adapters(uses)
                self._settings = msgspec.structs.replace(self._settings, adapters=uses)
                assert state.loaded is not None
                layout = self._sizer.taken(Path(model.path), self._settings, state.loaded)
                self._set(replace(state, model=model, layout=layout))

    def renamed(self, model: LibraryModel) -> None:
        """If this model is the one of the state, it is called otherwise now."""
        with self._state_lock:
            if self._state.model is None or self._state.model.id != model.id:
                return
            self._state = state = replace(self._state, model=model)
        self._publish(ModelStateChanged(state))

    def note_figures(self, figures: RunFigures) -> None:
        """Keep the figures of the last reply in the state."""
        with self._state_lock:
            if self._state.phase != "ready":
                return
            self._state = replace(self._state, last_figures=figures)
            state = self._state
        self._sizer.note_reply(figures)
        self._publish(ModelStateChanged(state))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _load(self, model: LibraryModel, settings: LoadSettings, force: bool, cancel: CancelToken | None) -> Loaded:
        path = Path(model.path)
        before = self.state
        self._loading = cancel = cancel or CancelToken()
        self._set(ModelState("loading", model, step="size"))
        crashes = self._crashes()
        try:
            if not force:
                self._refuse_too_large(model, path, settings)
            cancel.check()
            # Counted before: a load that takes the whole program down with it is a crash, too.
            self._set_crashes(crashes + 1)
            loaded = self._inference.load(path, settings, self._threads_known(model), self._progress(model), cancel)
        except WorkerError as error:
            if self._inference.crashes_in_a_row == 0:  # it was closed
                self._set_crashes(crashes)
            self._set(ModelState("failed", model, problem=str(error)))
            raise
        except SatchelError as error:
            self._set_crashes(crashes)
            if before.phase == "ready" and self._inference.loaded is not None:
                self._set(before)
            else:
                stopped = isinstance(error, Cancelled)
                self._set(ModelState() if stopped else ModelState("failed", model, problem=str(error)))
            raise
        except BaseException:
            self._set(ModelState("failed", model, problem="Something went wrong inside Satchel."))
            raise
        finally:
            self._loading = None
        self._set_crashes(crashes)
        self._facts.set(_LAST_MODEL, str(model.id))
        if loaded.threads_measured:
            self._facts.set(self._threads_key(model), json.dumps(loaded.threads_measured))
        self._sizer.note_load(path, settings, loaded)
        self._settings = settings
        layout = self._sizer.taken(path, settings, loaded)
        self._set(ModelState("ready", model, loaded, fraction=1.0, layout=layout))
        return loaded

    def _refuse_too_large(self, model: LibraryModel, path: Path, settings: LoadSettings) -> None:
        verdict = self._sizer.verdict(
            path,
            settings.n_ctx,
            settings.kv_type,
            n_gpu_layers=settings.n_gpu_layers,
            adapters=settings.adapters,
        )
        if verdict.fit == "does_not_fit":
            # The sentence ends with what would help.
            raise DoesNotFit(f"{model.title} was not loaded.", verdict.sentence)

    def _progress(self, model: LibraryModel) -> Callable[[LoadProgress], None]:
        def report(progress: LoadProgress) -> None:
            state = self._state
            if progress.phase != state.step or abs(progress.fraction - state.fraction) >= _SMALLEST_STEP:
                self._set(ModelState("loading", model, fraction=progress.fraction, step=progress.phase))

        return report

    def _lost(self, state: ModelState) -> None:
        with self._state_lock:
            if self._state is not state:  # another thread saw it first
                return
            crashed = self._inference.crashes_in_a_row > 0  # else it was closed
            gone = ModelState("failed", state.model, problem=_CRASHED, crashed=True)
            self._state = now = gone if crashed else ModelState()
        if crashed:
            self._set_crashes(self._crashes() + 1)
        self._publish(ModelStateChanged(now))

    def _set(self, state: ModelState) -> None:
        with self._state_lock:
            self._state = state
        self._publish(ModelStateChanged(state))

    def _crashes(self) -> int:
        text = self._facts.get(_CRASHES)
        return int(text) if text is not None and text.isdigit() else 0

    def _set_crashes(self, count: int) -> None:
        if count != self._crashes():  # a write waits for the disk
            self._facts.set(_CRASHES, str(count) if count else None)

    def _threads_key(self, model: LibraryModel) -> str:
        """Counts hold for this file, on this machine, with this llama.cpp."""
        machine = self._machine()
        cores = f"{machine.physical_cores}-{machine.usable_cores}-{machine.logical_cores}"
        file = f"{Path(model.path).name}/{model.summary.size_bytes}"
        return f"threads/{machine.processor}/{cores}/{llama_cpp_version()}/{file}"

    def _threads_known(self, model: LibraryModel) -> dict[str, int]:
        text = self._facts.get(self._threads_key(model))
        known: dict[str, int] = json.loads(text) if text is not None else {}
        return known
