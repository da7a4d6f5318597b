"""The Find view: nothing is requested unasked, pages follow each other, details judge the file that is chosen."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QListView, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.errors import HubError, ModelError, NetworkError, SatchelError, StorageError
from app.models.plan import Plan, Room
from app.models.source import ModelSource
from app.services.events import ConnectionsChanged
from app.ui.models.find.view import FindView
from app.ui.models.page import ModelsPage
from app.ui.widgets.rows import ROW_ROLE, RowContent
from tests.helpers.fake_hub import files, found, many, offline, plan_for
from tests.helpers.fake_libraries import model

WidgetT = TypeVar("WidgetT", bound=QWidget)


class Finder:
    """The view on fakes, and what a person does with it."""

    def __init__(self, qtbot: QtBot, world: SimpleNamespace, width: int = 1200) -> None:
        self.qtbot, self.world = qtbot, world
        self.view = FindView(world.parts)
        qtbot.addWidget(self.view)
        self.view.resize(width, 800)
        with qtbot.waitExposed(self.view):
            self.view.show()
        self.until(lambda: self.rows("models.find.start.list") == 7)

    def find(self, kind: type[WidgetT], name: str) -> WidgetT:
        made = self.view.findChild(kind, name)
        assert made is not None, name
        return made

    def until(self, condition: object) -> None:
        self.qtbot.waitUntil(condition, timeout=5000)

    def rows(self, name: str = "models.find.results") -> int:
        return self.find(QListView, name).model().rowCount()

    def row(self, at: int, name: str = "models.find.results") -> RowContent:
        content = self.find(QListView, name).model().index(at, 0).data(ROW_ROLE)
        assert isinstance(content, RowContent)
        return content

    def search(self, text: str) -> None:
        field = self.find(QLineEdit, "models.find.search")
        field.clear()
        self.qtbot.keyClicks(field, text)
        self.qtbot.keyClick(field, Qt.Key.Key_Return)

    def click(self, at: int, name: str = "models.find.results") -> None:
        rows = self.find(QListView, name)
        index = rows.model().index(at, 0)
        rows.scrollTo(index)
        where = rows.visualRect(index).center()
        self.qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=where)

    def shown(self, name: str) -> bool:
        return self.find(QWidget, name).isVisible()

    def text(self, name: str) -> str:
        return self.find(QLabel, name).text()

    def open(self, **changes: object) -> None:
        """Search for one model and look at its details."""
        self.world.hub.models = [found(**changes)]
        self.search("qwen")
        self.until(lambda: self.shown("models.find.results"))
        self.click(0)
        self.until(lambda: self.shown("models.find.details.scroll") or self.shown("models.find.details.problem"))

    def steps(self, name: str) -> list[str]:
        """What the buttons below an error offer."""
        steps = self.find(QWidget, f"{name}.steps")
        return [made.text() for made in steps.findChildren(QPushButton) if made.isVisible()]

    def kinds(self) -> list[str]:
        """What was requested, in order."""
        return [call[0] for call in self.world.hub.calls]


def test_opening_the_view_requests_nothing(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.until(lambda: bool(finder.row(0, "models.find.start.list").badges))
    assert world.hub.calls == []


@pytest.mark.parametrize(
    ("endpoint", "name"), [("", "Hugging Face"), ("https://mirror.example:8443/hub", "mirror.example")]
)
def test_the_hub_that_is_asked_is_named(qtbot: QtBot, world: SimpleNamespace, endpoint: str, name: str) -> None:
    current = world.settings.current
    world.settings.save(replace(current, network=replace(current.network, endpoint=endpoint)))
    finder = Finder(qtbot, world)
    assert finder.find(QPushButton, "models.find.browse").text() == f"Browse all of {name}"
    assert finder.find(QLineEdit, "models.find.search").placeholderText() == f"Search {name} for models"


def test_the_start_list_is_chosen_from_by_purpose(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.find(QPushButton, "models.find.purpose.code").click()
    assert [finder.row(at, "models.find.start.list").title for at in range(finder.rows("models.find.start.list"))] == [
        "Qwen2.5 Coder 3B"
    ]
    finder.find(QPushButton, "models.find.purpose.all").click()
    assert finder.rows("models.find.start.list") == 7
    assert world.hub.calls == []


def test_typing_searches_after_a_pause_and_clearing_returns_to_the_start(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.models = many(3)
    finder = Finder(qtbot, world)
    field = finder.find(QLineEdit, "models.find.search")
    qtbot.keyClicks(field, "model")
    finder.until(lambda: finder.shown("models.find.results"))
    assert world.hub.calls == [("search", "model", "downloads", "")]
    field.clear()
    assert finder.shown("models.find.start")


def test_text_that_was_not_typed_is_not_searched(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.find(QLineEdit, "models.find.search").setText("put there by the program")
    assert not finder.view._pause.isActive()
    assert world.hub.calls == []


def test_five_hundred_come_page_by_page_while_the_person_scrolls(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.models = many(500)
    finder = Finder(qtbot, world)
    finder.find(QPushButton, "models.find.browse").click()
    finder.until(lambda: finder.rows() == 31)
    assert finder.row(30).title == "Show more"
    bar = finder.find(QListView, "models.find.results").verticalScrollBar()

    def to_the_end() -> bool:
        bar.setValue(bar.maximum())
        return finder.rows() == 500

    finder.until(to_the_end)
    assert len(world.hub.calls) == 17


def test_the_last_row_asks_for_more_and_again_when_that_failed(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.models = many(40)
    finder = Finder(qtbot, world)
    finder.search("model")
    finder.until(lambda: finder.rows() == 31)
    world.hub.problem = NetworkError("The hub cannot be reached.")
    finder.click(30)
    finder.until(lambda: "Try again" in finder.row(30).title)
    finder.click(30)
    finder.until(lambda: finder.rows() == 40)


def test_an_answer_to_an_older_question_is_not_shown(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.models = many(5)
    finder = Finder(qtbot, world)
    world.hub.hold = threading.Event()
    finder.search("model-001")
    finder.until(lambda: len(world.hub.calls) == 1)
    finder.search("model-002")
    finder.until(lambda: len(world.hub.calls) == 2)
    world.hub.hold.set()
    finder.until(lambda: finder.shown("models.find.results"))
    assert [finder.row(at).title for at in range(finder.rows())] == ["Model 002 4B Instruct"]


def test_only_what_fits_leaves_out_the_large_and_the_unknown(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.models = [found("Small"), found("Huge", parameters=70_000_000_000), found("Unknown", parameters=0)]
    finder = Finder(qtbot, world)
    finder.search("qwen")
    finder.until(lambda: finder.rows() == 3)
    finder.until(lambda: [badge.text for badge in finder.row(1).badges] == ["Too large"])
    assert finder.row(2).badges == ()
    finder.find(QCheckBox, "models.find.fitting").click()
    assert [finder.row(at).title for at in range(finder.rows())] == ["Small"]
    assert finder.text("models.find.count").startswith("2 results left out")


def test_the_memory_of_a_gpu_counts_too(qtbot: QtBot, world: SimpleNamespace) -> None:
    memory, gpu = world.planner.space.memory, replace(world.planner.space.memory, device="CUDA0", label="GPU 0")
    world.planner.space = Room(memory, (replace(gpu, free_bytes=40_000_000_000), replace(gpu, unified=True)))
    world.hub.models = [found(parameters=70_000_000_000)]
    finder = Finder(qtbot, world)
    finder.search("qwen")
    finder.until(lambda: finder.rows() == 1)
    finder.until(lambda: [badge.text for badge in finder.row(0).badges] == ["Should fit"])


def test_another_order_asks_again(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.models = many(3)
    finder = Finder(qtbot, world)
    finder.search("model")
    finder.until(lambda: finder.shown("models.find.results"))
    order = finder.find(QComboBox, "models.find.sort")
    order.setCurrentIndex(order.findData("likes"))
    finder.until(lambda: world.hub.calls[-1] == ("search", "model", "likes", ""))


def test_nothing_found_says_what_was_looked_for(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.search("no such thing")
    finder.until(lambda: finder.shown("models.find.nothing"))
    assert "no such thing" in finder.text("models.find.nothing.title")


def test_without_network_it_says_so_and_tries_again(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.models = many(3)
    world.hub.problem = NetworkError("The hub cannot be reached.", "Its name was not found.", "Check the connection.")
    finder = Finder(qtbot, world)
    finder.search("model")
    finder.until(lambda: finder.shown("models.find.problem"))
    assert "Its name was not found." in finder.text("models.find.problem.words")
    assert not finder.shown("models.find.problem.settings")
    finder.find(QPushButton, "models.find.problem.retry").click()
    finder.until(lambda: finder.rows() == 3)


def test_offline_is_said_and_leads_to_the_settings(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    assert not finder.shown("models.find.offline")
    current = world.settings.current
    world.settings.save(replace(current, network=replace(current.network, offline=True)))
    world.bridge.publish(ConnectionsChanged())
    finder.until(lambda: finder.shown("models.find.offline"))
    world.hub.problem = offline()
    finder.search("model")
    finder.until(lambda: finder.shown("models.find.problem"))
    assert not finder.shown("models.find.problem.retry")
    with qtbot.waitSignal(finder.view.settings_requested):
        finder.find(QPushButton, "models.find.problem.settings").click()


def test_details_judge_the_advised_file_and_then_the_one_that_is_chosen(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.kinds() == ["search", "details", "verdict"])
    assert "Q8_0" in finder.text("models.find.advice.title")
    finder.until(lambda: "Fits" in finder.text("models.find.fit.sentence"))
    badges = {
        finder.row(at, "models.find.files").title: [badge.text for badge in finder.row(at, "models.find.files").badges]
        for at in range(finder.rows("models.find.files"))
    }
    assert badges["Q8_0"] == ["Best here", "Fits"]
    assert badges["Q4_K_M"] == ["Should fit"]
    finder.click(0, "models.find.files")
    finder.until(lambda: world.hub.calls[-1] == ("verdict", "Q4_K_M", 4096))
    finder.until(lambda: [badge.text for badge in finder.row(0, "models.find.files").badges] == ["Fits"])
    assert finder.find(QPushButton, "models.find.download").text() == "Download Q4_K_M · 1.1 GB"


def test_the_planner_says_which_file_is_best(qtbot: QtBot, world: SimpleNamespace) -> None:
    planner = world.planner
    planner.answer = plan_for(files(found(), ["Q4_K_M"])[0])
    planner.hold = threading.Event()
    finder = Finder(qtbot, world)
    finder.open()
    assert finder.text("models.find.advice.title") == "Working out which file is best here…"
    assert not finder.shown("models.find.foot")
    assert "verdict" not in finder.kinds()
    planner.hold.set()
    finder.until(lambda: finder.text("models.find.advice.title") == "Best for this machine: Q4_K_M")
    words = "It is the most exact one that is quick here. Expect about 21 tokens per second: an estimate."
    assert finder.text("models.find.advice.words") == words
    assert not finder.shown("models.find.advice.reasons")
    finder.find(QPushButton, "models.find.advice.why").click()
    assert finder.text("models.find.advice.reasons") == "The KV cache stays at F16."
    finder.until(lambda: world.hub.calls[-1] == ("verdict", "Q4_K_M", 4096))


def test_a_plan_does_not_take_away_what_the_person_chose(qtbot: QtBot, world: SimpleNamespace) -> None:
    planner = world.planner
    planner.answer = plan_for(files(found(), ["Q4_K_M"])[0])
    planner.hold = threading.Event()
    finder = Finder(qtbot, world)
    finder.open()
    finder.click(0, "models.find.files")
    finder.until(lambda: finder.find(QPushButton, "models.find.download").text().startswith("Download IQ4_XS"))
    planner.hold.set()
    finder.until(lambda: finder.text("models.find.advice.title") == "Best for this machine: Q4_K_M")
    assert finder.find(QPushButton, "models.find.download").text().startswith("Download IQ4_XS")


def test_when_nothing_fits_the_plan_says_what_would_help(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.planner.answer = Plan(False, changes=("Free 2 GB more.",))
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.text("models.find.advice.title") == "None of its files fits this machine")
    assert finder.text("models.find.advice.words") == "Free 2 GB more."
    finder.until(lambda: world.hub.calls[-1] == ("verdict", "Q2_K", 4096))


def test_without_an_answer_of_the_planner_sizes_decide(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.planner.problem = NetworkError("The hub cannot be reached.")
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.text("models.find.advice.title") == "Best for this machine: Q8_0")


def test_the_context_goes_as_far_as_the_header_says_where_the_hub_does_not(
    qtbot: QtBot, world: SimpleNamespace
) -> None:
    finder = Finder(qtbot, world)
    finder.open(n_ctx_train=0)
    finder.until(lambda: finder.shown("models.find.fit.context"))
    fit = finder.view.details.choice.fit
    fit.slider.setValue(fit.slider.maximum())
    assert fit.n_ctx == 32_768


def test_what_is_opened_stays_marked_when_memory_is_read_again(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.open()
    rows = finder.find(QListView, "models.find.results")
    world.planner.space = Room(replace(world.planner.space.memory, free_bytes=900_000_000))
    finder.view.hide()
    finder.view.show()
    finder.until(lambda: [badge.text for badge in finder.row(0).badges] == ["Too large"])
    assert [index.row() for index in rows.selectionModel().selectedIndexes()] == [0]


def test_all_sizes_are_shown_when_asked(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.open()
    assert finder.rows("models.find.files") == 5
    finder.find(QPushButton, "models.find.files.all").click()
    assert finder.rows("models.find.files") == 9
    assert not finder.shown("models.find.files.all")


def test_one_that_does_not_fit_says_so_and_can_be_had_anyway(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.open(parameters=70_000_000_000)
    finder.until(lambda: "Does not fit" in finder.text("models.find.fit.sentence"))
    assert finder.text("models.find.advice.title") == "None of its files fits this machine"
    assert finder.find(QPushButton, "models.find.download").text().startswith("Download Q2_K anyway")


def test_a_download_goes_into_the_queue_and_then_into_the_library(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.shown("models.find.download"))
    finder.find(QPushButton, "models.find.download").click()
    finder.until(lambda: finder.shown("models.find.foot.words"))
    (item,) = world.downloads.all()
    assert (item.title, item.file.quantization) == ("Qwen3 1.7B", "Q8_0")
    with qtbot.waitSignal(finder.view.downloads_requested):
        finder.find(QPushButton, "models.find.show").click()
    world.downloads.finish(item.id)
    finder.until(lambda: finder.text("models.find.foot.words") == "In your library")
    with qtbot.waitSignal(finder.view.model_requested) as asked:
        finder.find(QPushButton, "models.find.show").click()
    assert asked.args == [1]


def test_one_that_is_here_already_says_so(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.models.put(replace(model(7), source=ModelSource("Qwen/Qwen3-1.7B-GGUF", "", "Qwen3-1.7B-Q8_0.gguf")))
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.text("models.find.foot.words") == "In your library")
    assert not finder.shown("models.find.download")


def test_the_same_content_from_elsewhere_is_in_the_library_too(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.sha256s["Q8_0"] = "a" * 64
    world.models.put(replace(model(7), sha256s=("a" * 64,)))
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.text("models.find.foot.words") == "In your library")


def test_one_whose_file_is_gone_can_be_had_again(qtbot: QtBot, world: SimpleNamespace) -> None:
    source = ModelSource("Qwen/Qwen3-1.7B-GGUF", "", "Qwen3-1.7B-Q8_0.gguf")
    world.models.put(replace(model(7), source=source, present=False))
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.shown("models.find.download"))
    assert finder.find(QPushButton, "models.find.download").text() == "Download Q8_0 · 1.8 GB"


def test_another_version_of_one_that_is_here_replaces_it(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.sha256s["Q8_0"] = "b" * 64
    source = ModelSource("Qwen/Qwen3-1.7B-GGUF", "", "Qwen3-1.7B-Q8_0.gguf")
    world.models.put(replace(model(7), source=source, sha256s=("a" * 64,)))
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.shown("models.find.download"))
    words = "Replace yours with this version of Q8_0 · 1.8 GB"
    finder.until(lambda: finder.find(QPushButton, "models.find.download").text() == words)


def test_files_with_the_same_quantization_are_told_apart(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.types = ["Q8_0", "Q4_K_M"]
    world.hub.more_files = [replace(files(found(), ["Q8_0"])[0], name="other-Q8_0", paths=("other-Q8_0.gguf",))]
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.rows("models.find.files") == 3)
    titles = {finder.row(at, "models.find.files").title for at in range(3)}
    assert titles == {"Q4_K_M", "Qwen3-1.7B-Q8_0.gguf", "other-Q8_0"}


def test_a_model_that_lacks_a_part_says_so(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.types = []
    paths = ("m-00001-of-00003.gguf", "m-00003-of-00003.gguf")
    part = replace(files(found(), ["Q8_0"])[0], paths=paths, sizes=(1, 1), sha256s=("", ""), role="other")
    world.hub.more_files = [part]
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.shown("models.find.details.none"))
    assert "1 part cannot be found" in finder.text("models.find.details.none")


def test_a_download_that_cannot_begin_says_why(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.downloads.problem = StorageError("There is no room for it.", "It needs 1.8 GB.", "Make room.")
    finder = Finder(qtbot, world)
    finder.open()
    finder.until(lambda: finder.shown("models.find.download"))
    finder.find(QPushButton, "models.find.download").click()
    finder.until(lambda: bool(world.notes))
    assert world.notes[0].why == "It needs 1.8 GB."
    assert finder.find(QPushButton, "models.find.download").isEnabled()


def test_a_gated_one_explains_what_to_do(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.open(gated="auto")
    assert "accept conditions" in finder.text("models.find.gate.words")
    with qtbot.waitSignal(finder.view.settings_requested):
        finder.find(QPushButton, "models.find.gate.token").click()
    finder.world.hub.models = [found()]
    finder.click(0)
    finder.until(lambda: not finder.shown("models.find.gate"))


GATED = HubError("It is shared under conditions.", "Not accepted.", "See its page.", reason="gated")


def test_a_gated_one_with_a_token_asks_for_access_and_goes_on_once_it_is_given(
    qtbot: QtBot, world: SimpleNamespace
) -> None:
    world.hub.token = "hf_secret"
    world.hub.refused["verdict"] = world.planner.problem = GATED
    finder = Finder(qtbot, world)
    finder.open(gated="manual")
    words = finder.text("models.find.gate.words")
    assert "hub.example/Qwen/Qwen3-1.7B-GGUF" in words
    assert "the account of your access token" in words
    assert not finder.shown("models.find.gate.token")
    finder.until(lambda: "conditions" in finder.text("models.find.fit.sentence"))
    assert finder.shown("models.find.gate")

    world.hub.refused.clear()
    world.planner.problem = None
    finder.find(QPushButton, "models.find.gate.retry").click()
    finder.until(lambda: "Fits" in finder.text("models.find.fit.sentence"))
    assert not finder.shown("models.find.gate")


def test_a_token_that_the_mirror_does_not_get_is_said_and_one_that_was_added_is_seen(
    qtbot: QtBot, world: SimpleNamespace
) -> None:
    world.hub.token, world.hub.approved = "hf_secret", False
    finder = Finder(qtbot, world)
    finder.open(gated="auto")
    assert "not sent to this mirror" in finder.text("models.find.gate.words")
    finder.view.hide()
    world.hub.approved = True
    finder.view.show()
    finder.until(lambda: finder.shown("models.find.gate.retry"))


@pytest.mark.parametrize(
    ("error", "steps"),
    [
        (NetworkError("The hub cannot be reached."), ["Try again"]),
        (NetworkError("The proxy does not answer.", reason="proxy"), ["Network settings", "Try again"]),
        (offline(), ["Network settings"]),
        (HubError("Too many requests.", reason="busy"), ["Try again"]),
        (HubError("No hub.", reason="mirror"), ["Network settings", "Try again"]),
        (HubError("The token is not taken.", reason="token"), ["Access token", "Try again"]),
        (HubError("Not found.", reason="not_found"), ["Back to the list", "Access token"]),
        (GATED, ["Open its page", "Access token", "Try again"]),
        (ModelError("It is damaged."), ["Try again"]),
    ],
)
def test_each_error_offers_what_helps_against_it(
    qtbot: QtBot, world: SimpleNamespace, error: SatchelError, steps: list[str]
) -> None:
    finder = Finder(qtbot, world)
    world.hub.refused = {"details": error}
    world.hub.models = [found()]
    finder.search("qwen")
    finder.until(lambda: finder.rows() == 1)
    finder.click(0)
    finder.until(lambda: finder.shown("models.find.details.problem"))
    assert finder.steps("models.find.details") == steps
    world.hub.refused = {"verdict": error}
    finder.view.details.open("Qwen/Qwen3-1.7B-GGUF", "Qwen3")
    finder.until(lambda: error.what in finder.text("models.find.fit.sentence"))
    known = {"Network settings", "Access token", "Try again"}
    assert finder.steps("models.find.fit") == [step for step in steps if step in known]
    world.hub.refused = {"search": error}
    finder.search("other")
    finder.until(lambda: finder.shown("models.find.problem"))
    assert finder.steps("models.find.problem") == [step for step in steps if step in known]


def test_what_failed_is_tried_again(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.models = [found()]
    finder = Finder(qtbot, world)
    finder.search("qwen")
    finder.until(lambda: finder.rows() == 1)
    world.hub.problem = NetworkError("The hub cannot be reached.")
    finder.click(0)
    finder.until(lambda: finder.shown("models.find.details.problem"))
    world.hub.problem = GATED
    finder.find(QPushButton, "models.find.details.retry").click()
    finder.until(lambda: finder.shown("models.find.details.to_page"))
    finder.find(QPushButton, "models.find.details.retry").click()
    finder.until(lambda: finder.shown("models.find.details.scroll"))


def test_a_link_of_the_card_shows_its_address_first(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world)
    finder.open()
    card = finder.view.details._card
    finder.until(lambda: bool(card._body.text))
    assert "logo.png" not in card._body.text
    card._body.link_clicked.emit("https://example.org/<b>report</b>")
    box = finder.find(QMessageBox, "models.find.link.dialog")
    assert box.informativeText() == "https://example.org/<b>report</b>"
    assert box.textFormat() == Qt.TextFormat.PlainText
    box.reject()


def test_in_a_small_window_the_details_take_the_lists_place(qtbot: QtBot, world: SimpleNamespace) -> None:
    finder = Finder(qtbot, world, width=760)
    finder.open()
    assert not finder.shown("models.find.search")
    finder.find(QWidget, "models.find.details.back").click()  # type: ignore[attr-defined]
    assert finder.shown("models.find.search")
    finder.view.resize(1200, 800)
    finder.click(0)
    finder.until(lambda: finder.shown("models.find.details") and finder.shown("models.find.search"))


def test_by_keyboard_from_the_field_into_the_list_and_its_details(qtbot: QtBot, world: SimpleNamespace) -> None:
    world.hub.models = [found()]
    finder = Finder(qtbot, world)
    rows = finder.find(QListView, "models.find.start.list")
    qtbot.keyClick(finder.find(QLineEdit, "models.find.search"), Qt.Key.Key_Down)
    finder.until(rows.hasFocus)
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    finder.until(lambda: finder.shown("models.find.details.scroll"))
    finder.view.close_details()
    assert not finder.shown("models.find.details")


def test_the_page_has_three_views(qtbot: QtBot, world: SimpleNamespace) -> None:
    page = ModelsPage(world.parts)
    qtbot.addWidget(page)
    page.resize(1200, 800)
    page.show()
    assert page.view == "library"
    for view in ("find", "downloads", "library"):
        page.findChild(QPushButton, f"models.view.{view}").click()
        assert page.view == view
        assert page.findChild(QWidget, "models.add").isVisible() == (view == "library")
    assert world.hub.calls == []
