"""A load that the person stops, with the real worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.errors import Cancelled
from app.core.paths import Home
from app.hardware.read import read_machine
from app.inference.client import InferenceClient
from app.inference.protocol import LoadSettings
from app.models.model import LibraryModel
from app.models.summary import read_summary
from app.services.events import Event, ModelState, ModelStateChanged
from app.services.model_loading import ModelLoader
from app.services.model_sizer import ModelSizer
from app.storage.facts import Facts
from app.storage.schema import open_database
from tests.helpers.fake_libraries import ADDED

SMALL = LoadSettings(n_ctx=512, n_threads=1)


class Stage:
    """A loader with a worker. ``on_step``: called within each step of a load, with its name."""

    def __init__(self, home: Home, chat_model: Path) -> None:
        self.on_step: Callable[[str], None] = lambda step: None
        self.database = open_database(home)
        self.inference = InferenceClient(home)
        sizer = ModelSizer(self.inference)
        self.loader = ModelLoader(self.inference, sizer, Facts(self.database), read_machine, self._happened)
        self.model = LibraryModel(1, str(chat_model), read_summary(chat_model)[1], in_place=True, added_at=ADDED)

    def _happened(self, event: Event) -> None:
        if isinstance(event, ModelStateChanged) and event.state.phase == "loading":
            self.on_step(event.state.step)

    def stop_in(self, step: str) -> None:
        """Stop the next load in this step."""
        self.on_step = lambda now: self.loader.stop() if now == step else None


@pytest.fixture
def stage(home: Home, chat_model: Path) -> Iterator[Stage]:
    made = Stage(home, chat_model)
    yield made
    made.loader.close()
    made.database.close()


def test_a_load_is_stopped_while_weights_are_read(stage: Stage) -> None:
    stage.stop_in("weights")
    with pytest.raises(Cancelled):
        stage.loader.load(stage.model, SMALL)
    assert stage.loader.state == ModelState()

    stage.stop_in("none of them")
    assert stage.loader.load(stage.model, SMALL).n_ctx == 512


def test_stopped_before_anything_was_read_the_loaded_model_stays(stage: Stage) -> None:
    stage.loader.load(stage.model, SMALL)
    stage.stop_in("size")
    with pytest.raises(Cancelled):
        stage.loader.load(stage.model, SMALL)
    assert stage.loader.state.phase == "ready"
    assert stage.inference.loaded is not None


def test_without_a_load_there_is_nothing_to_stop(stage: Stage) -> None:
    stage.loader.stop()
    assert stage.loader.load(stage.model, SMALL).n_ctx == 512
    stage.loader.stop()
    assert stage.loader.state.phase == "ready"


def test_a_load_that_a_question_asked_for_can_be_stopped_too(stage: Stage) -> None:
    stage.stop_in("weights")
    with pytest.raises(Cancelled):
        stage.loader.ensure(lambda: (stage.model, SMALL))
    assert stage.loader.may_load_by_itself
