"""Renders the chat page in its states to PNG files, to look at: ``python -m tests.helpers.screens_chat FOLDER``."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, Qt
from PySide6.QtGui import QFont, QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from app.chat.answer import not_found_answer
from app.chat.sources import CheckedSentence, Citation, Evidence, Passage, Quote
from app.chat.transcript import Message, MessageState
from app.core.errors import ModelError, SatchelError
from app.knowledge.protocol import PageImage, Rect, Source
from app.services.events import EventHub, MessageAdded, ModelState, ModelStateChanged, PromptRead, TextArrived
from app.ui.bridge import Bridge
from app.ui.chat.page import ChatPage
from app.ui.theme import Theme, ThemeChoice
from tests.helpers.fake_libraries import FakeDocumentLibrary, FakeModelLibrary, collection, model
from tests.helpers.fake_services import FIGURES, FakeChatSession, Script

MANUAL = (
    "Care for the table top with a damp cloth only. The base is covered for five years against breakage under normal "
    "use. The lamp and its cable are covered for two years. To claim, send the receipt and a photograph of the damage."
)
PATH = "/home/ada/Documents/House/Standing desk manual.pdf"
QUESTION = "How long is the warranty on the base, and what do I need to claim it?"
ANSWER = (
    "The base is covered for **five years** against breakage. To claim, you need the receipt and a photograph of the "
    "damage.\n\nThe warranty also covers accidental spills. You can extend it to ten years on the maker's website."
)
RICH = """\
## A small plan

Here is how the *three* parts compare, with a [link to the manual](https://example.org/manual):

| Part  | Covered for | Note                          |
|-------|------------:|-------------------------------|
| Base  | 5 years     | breakage under normal use     |
| Lamp  | 2 years     | with its cable                |
| Top   | –           | care with a **damp** cloth    |

1. Find the receipt.
2. Write a short letter:
   - what broke
   - when it broke
3. Keep `receipt.pdf` in the folder.

```python
from datetime import date, timedelta

def covered(bought: date, years: int = 5) -> bool:
    \"\"\"Whether the base is still covered today.\"\"\"
    return date.today() < bought + timedelta(days=365 * years)  # leap years are in your favour
```

> Care for the table top with a damp cloth only.

That is all.
"""


def passage(number: int, text: str = MANUAL, **changes: object) -> Passage:
    """A retrieved passage of a manual."""
    made = Passage(
        number, number, number, 1, PATH, "Standing desk manual", "Warranty › What is covered", 12, 400, 400, text, 0.9
    )
    return replace(made, end=400 + len(text), **changes)  # type: ignore[arg-type]


def evidence() -> Evidence:
    """Two quotes of the manual and a passage that is only read."""
    first = MANUAL.index("The base")
    claim = MANUAL.index("To claim")
    other = passage(
        2,
        "Assembly takes two people.",
        path="/home/ada/Documents/House/Assembly.md",
        title="Assembly",
        heading="Before you start",
        page=None,
    )
    return Evidence(
        QUESTION,
        (passage(1), other),
        (
            Quote(1, 400 + first, 400 + first + 69, MANUAL[first : first + 69], 0.9, 12),
            Quote(1, 400 + claim, 400 + len(MANUAL), MANUAL[claim:], 0.8, 12),
        ),
        found=True,
        search_s=0.02,
    )


def checks(answer: str = ANSWER) -> tuple[CheckedSentence, ...]:
    """The first two sentences are supported, the others are not."""
    parts = [
        "The base is covered for **five years** against breakage.",
        "To claim, you need the receipt and a photograph of the damage.",
    ]
    made = [
        CheckedSentence(answer.index(p), answer.index(p) + len(p), "supported", (Citation(1, 447, 521, 0.9, 12),))
        for p in parts
    ]
    for part in (
        "The warranty also covers accidental spills.",
        "You can extend it to ten years on the maker's website.",
    ):
        made.append(CheckedSentence(answer.index(part), answer.index(part) + len(part), "unsupported"))
    return tuple(made)


class SourceLibrary(FakeDocumentLibrary):
    """Reads the manual, as a page or as text."""

    with_page = True
    problem: SatchelError | None = None
    changed = False
    path = PATH
    wrapped = False
    """The text as an editor would have wrapped it; offsets stay, as a space and a line break are one character each."""

    def read_source(self, file_id: int, start: int, end: int) -> Source:
        if self.problem is not None:
            raise self.problem
        text = (
            "Warranty\n\nWhat is covered\n\n"
            + "The maker stands behind this desk. " * 8
            + "\n\n"
            + MANUAL
            + "\n\n"
            + "Nothing else is covered by this warranty. " * 12
        )
        image = page_picture() if self.with_page else None
        if self.wrapped:
            text = "\n".join(textwrap.fill(line, 66) for line in text.split("\n"))
        at = 400 - text.index(MANUAL[:20])
        return Source(
            self.path,
            "Standing desk manual",
            "Warranty › What is covered",
            12,
            48,
            text,
            at,
            start,
            end,
            self.changed,
            image,
        )


def page_picture() -> PageImage:
    """A page with text and a mark, drawn here."""
    image = QImage(1200, 1550, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    font = QFont("Inter Variable")
    font.setPixelSize(27)
    painter.setFont(font)
    for number in range(34):
        painter.drawText(
            QRect(120, 120 + number * 40, 960, 40),
            "The base is covered for five years against breakage under normal use.",
        )
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return PageImage(bytes(buffer.data().data()), 1200, 1550, [Rect(118, 804, 880, 36), Rect(118, 844, 420, 36)])


class Stage:
    """A chat page on fakes, and a way to let time pass."""

    def __init__(self, theme: Theme, width: int = 1280, height: int = 820) -> None:
        self.hub = EventHub()
        self.bridge = Bridge()
        self.hub.subscribe(self.bridge.publish)
        self.session = FakeChatSession(self.hub.publish)
        self.documents = SourceLibrary(self.hub.publish, [collection(1, "House"), collection(2, "Trip notes")])
        self.models = FakeModelLibrary(
            self.hub.publish, [model(1), model(2, name="Qwen3 1.7B Instruct", size_bytes=1_280_000_000)]
        )
        self.models.loaded.load(1)
        self.theme, self.size = theme, (width, height)
        self.page: ChatPage | None = None

    def fill(self) -> int:
        """Several conversations; returns the newest."""
        for number, title in enumerate(
            (
                "Packing list for Orkney",
                "Rust borrow checker, explained once more and with rather a long title",
                "Letter to the landlord",
                "Sourdough times",
            )
        ):
            self.session.add(title, ("Hello", "Hello!"), age=timedelta(days=number * 4 + 1))
        return self.session.add(
            "Warranty on the base",
            (QUESTION, ANSWER),
            collection_ids=(1,),
            evidence=evidence(),
            checks=checks(),
            figures=FIGURES,
        )

    def open(self) -> ChatPage:
        self.page = ChatPage(self.theme, self.bridge, self.session, self.documents, self.models)
        self.page.resize(*self.size)
        self.page.show()
        self.settle()
        return self.page

    def settle(self, seconds: float = 0.35) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            QApplication.processEvents()
            time.sleep(0.005)

    def streaming(self, conversation: int, text: str, with_evidence: bool = True) -> Message:
        """A reply that is being written."""
        reply = replace(
            self.session.messages(conversation)[-1],
            id=9000,
            text="",
            state="streaming",
            evidence=None,
            checks=(),
            figures=None,
            parent_id=self.session.messages(conversation)[-1].id,
        )
        question = replace(reply, id=8999, role="user", text="And what about the lamp?", state="complete", model="")
        self.hub.publish(MessageAdded(question))
        self.hub.publish(MessageAdded(replace(reply, parent_id=8999)))
        if text:
            self.hub.publish(TextArrived(conversation, 9000, text))
        return reply


def _cited(stage: Stage) -> None:
    stage.fill()
    stage.open()


def _source(stage: Stage) -> None:
    page = _opened(stage)
    _first_quote(page)
    stage.settle(1.0)


def _source_text(stage: Stage) -> None:
    stage.documents.with_page = False
    stage.documents.changed = True
    _source(stage)


def _source_error(stage: Stage) -> None:
    stage.documents.problem = SatchelError(
        "The file cannot be opened.", "It is not there any more.", "Connect its drive, or scan the collection again."
    )
    _source(stage)


def _opened(stage: Stage) -> ChatPage:
    stage.fill()
    return stage.open()


def _first_quote(page: ChatPage) -> None:
    from app.ui.chat.cards import CardButton

    next(card for card in page.findChildren(CardButton) if card.property("kind") == "quote").click()


def _rich(stage: Stage) -> None:
    stage.fill()
    stage.session.add(
        "A small plan",
        ("Compare the parts and write me some code for it, please.", RICH),
        age=-timedelta(hours=1),
        figures=FIGURES,
    )
    stage.open()


def _empty(stage: Stage) -> None:
    stage.open()


def _empty_documents(stage: Stage) -> None:
    stage.session.add("New conversation", (), collection_ids=(1, 2))
    stage.open()


def _busy(stage: Stage) -> None:
    number = stage.fill()
    stage.documents._infos[1] = collection(
        1, "House", phase="indexing", files=1240, indexed=310, pending=930, seconds_left=80.0
    )
    stage.open()
    stage.streaming(number, "The lamp and its cable are covered for **two")
    stage.settle()


def _reading(stage: Stage) -> None:
    number = stage.fill()
    stage.open()
    stage.streaming(number, "")
    stage.hub.publish(PromptRead(number, 9000, 340, 900))
    stage.settle()


_ENDS: tuple[tuple[str, MessageState, str], ...] = (
    (
        "It was cut",
        "cut",
        "The answer was cut off: the model's context of 4,096 tokens is full. Start a new conversation, or load the "
        "model with more context.",
    ),
    (
        "",
        "failed",
        "The model's process ended unexpectedly. A library gave up: one of its internal checks failed (SIGABRT). It "
        "starts again with the next request; nothing that was saved is lost.",
    ),
    ("Half of it", "interrupted", ""),
)


def _ends(stage: Stage) -> None:
    number = stage.session.add("How replies end", ("One", "This one was stopp"), state="stopped")
    for text, state, problem in _ENDS:
        stage.session.extend(number, "Another", text, state=state, problem=problem, left_out=3 if state == "cut" else 0)
    nothing = Evidence(QUESTION, (passage(1), passage(2, path="/home/ada/notes.md", heading="", page=None)), (), False)
    stage.session.extend(number, "Who won the cup in 1966?", "England won it.", evidence=nothing)
    stage.open()


def _failed_model(stage: Stage) -> None:
    stage.fill()
    page = stage.open()
    stage.hub.publish(
        ModelStateChanged(
            ModelState(
                "failed",
                model(2, name="Qwen3 1.7B Instruct"),
                problem="Qwen3 1.7B Instruct could not be loaded. It needs 1.9 GB and 1.2 GB are free. "
                "Close other programs, or choose a smaller model.",
            )
        )
    )
    page.pane.show_problem(
        ModelError("The question was not answered.", "No model could be loaded.", "Choose another model above.")
    )
    stage.settle()


def _not_found(stage: Stage) -> None:
    stage.fill()
    nothing = Evidence(QUESTION, (passage(1), passage(2, path="/home/ada/notes.md", heading="", page=None)), (), False)
    number = stage.session.add(
        "Who won the cup in 1966?",
        ("Who won the cup in 1966?", not_found_answer(1)),
        collection_ids=(1,),
        age=-timedelta(hours=1),
        evidence=nothing,
        model="",
    )
    assert number
    stage.open()


def _without_documents(stage: Stage) -> None:
    _not_found(stage)
    assert stage.page is not None
    stage.session.script = Script(("England won the cup in **1966**, at Wembley, against West Germany.",))
    stage.page.replies.regenerate(use_documents=False)
    stage.settle(0.8)


def _versions(stage: Stage) -> None:
    stage.fill()
    number = stage.session.add("A small plan", ("Write me a plan", RICH), age=-timedelta(hours=1), figures=FIGURES)
    stage.session.add_version(number, "First the receipt, then the letter.", figures=FIGURES)
    page = stage.open()
    question = stage.session.messages(number)[0]
    stage.session.edit(number, question.id, "Write me a small plan for the claim, please.")
    stage.session.add_version(number, "First the receipt, then the letter, then the photograph.", figures=FIGURES)
    page.new_conversation()
    page.open(number)
    stage.settle()


def _editing(stage: Stage) -> None:
    page = _opened(stage)
    question = page.pane.messages.messages[-2]
    page.intents.edit_requested.emit(question.id, question.text)
    edit = page.findChild(QWidget, f"message.{question.id}.edit")
    assert edit is not None
    stage.settle()


def _pencil(stage: Stage) -> None:
    page = _opened(stage)
    pencil = page.findChild(QWidget, f"message.{page.pane.messages.messages[-2].id}.edit")
    assert pencil is not None
    pencil.setFocus()
    stage.settle()


def _source_wrapped(stage: Stage) -> None:
    stage.documents.with_page = False
    stage.documents.path = "/home/ada/Documents/House/Standing desk manual.md"
    stage.documents.wrapped = True
    _source(stage)


def _long(stage: Stage) -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    stage.session.add(word * 3, ("x" * 4000 + " and " + word, "y" * 30_000), collection_ids=(1, 2))
    stage.open()
    assert stage.page is not None
    stage.page.pane.composer.set_draft("line\n" * 12)
    stage.settle()


def _none_left(stage: Stage) -> None:
    stage.models = FakeModelLibrary(stage.hub.publish, [])
    stage.models.loaded.unload()
    stage.open()


STATES: dict[str, Callable[[Stage], object]] = {
    "cited": _cited,
    "source": _source,
    "source_text": _source_text,
    "source_error": _source_error,
    "rich": _rich,
    "empty": _empty,
    "empty_documents": _empty_documents,
    "busy": _busy,
    "reading": _reading,
    "ends": _ends,
    "failed_model": _failed_model,
    "not_found": _not_found,
    "without_documents": _without_documents,
    "versions": _versions,
    "editing": _editing,
    "pencil": _pencil,
    "source_wrapped": _source_wrapped,
    "long": _long,
    "no_models": _none_left,
}


def main(folder: Path, only: str = "") -> None:
    """Write ``<state>-<theme>.png`` and small ones into ``folder``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    theme = Theme(app, "light")
    choices: tuple[ThemeChoice, ...] = ("light", "dark")
    for choice in choices:
        theme.choose(choice)
        for name, make in STATES.items():
            for label, (width, height) in {"": (1208, 800), "-small": (828, 600)}.items():
                if only and only not in f"{name}{label}-{choice}":
                    continue
                stage = Stage(theme, width, height)
                make(stage)
                assert stage.page is not None
                stage.page.grab().save(str(folder / f"{name}{label}-{choice}.png"))
                stage.page.deleteLater()
                stage.bridge.close()
                stage.settle(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
