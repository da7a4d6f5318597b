"""Which model a question loads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.errors import ModelError
from app.models.model import LibraryModel
from app.services.library.choosing import chat_model
from tests.helpers.fake_libraries import model

EMBEDDING, BASE, CHAT, OTHER = (
    model(1, kind="embedding"),
    model(2, kind="base"),
    model(3, kind="chat"),
    model(4, kind="chat"),
)
ALL = [EMBEDDING, BASE, CHAT, OTHER]


def gone(entry: LibraryModel) -> LibraryModel:
    return replace(entry, present=False)


@pytest.mark.parametrize("last", [BASE, CHAT, OTHER])
def test_the_model_that_was_used_last_comes_first(last: LibraryModel) -> None:
    assert chat_model(ALL, last.id) == last


def test_without_one_the_first_that_can_talk_then_any_that_writes() -> None:
    assert chat_model(ALL, None) == chat_model(ALL, 99) == chat_model(ALL, EMBEDDING.id) == CHAT
    assert chat_model([EMBEDDING, BASE], None) == BASE


def test_what_is_not_there_is_not_chosen() -> None:
    assert chat_model([BASE, gone(CHAT), OTHER], CHAT.id) == OTHER
    with pytest.raises(ModelError, match="There is no chat model yet"):
        chat_model([EMBEDDING, gone(CHAT)], CHAT.id)
