"""What the hub sends comes from its users: odd fields, odd rows and answers of any shape, over loopback."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.errors import HubError
from app.models.hub.client import Hub
from app.models.hub.values import HubModel
from tests.helpers.hub_server import Answer, Behaviour, HubServer, Seen

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GOOD: dict[str, Any] = {
    "id": "ada/Good-GGUF",
    "sha": COMMIT,
    "author": "ada",
    "lastModified": "2026-01-02T03:04:05.000Z",
    "downloads": 12,
    "likes": 3,
    "gated": False,
    "private": False,
    "tags": ["gguf", "license:mit"],
    "gguf": {"total": 1_000, "architecture": "llama", "context_length": 2048},
    "cardData": {"license": "mit"},
    "siblings": [{"rfilename": "good-Q4_0.gguf", "size": 9, "lfs": {"size": 99, "sha256": "a" * 64, "pointerSize": 1}}],
}
ODD = (
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "yesterday",
    "0001-01-01T00:00:00+14:00",
    "\ud800\x00\u202e",
    [],
    [None],
    {},
    [[]],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(ODD),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(sorted(GOOD)), inside, max_size=4)
    ),
    max_leaves=12,
)
SPOILT = st.dictionaries(st.sampled_from(sorted(GOOD)), JSON, min_size=1, max_size=4).map(lambda odd: GOOD | odd)


class Says(Behaviour):
    """The same JSON to every request."""

    def __init__(self) -> None:
        self.value: object = []

    def answer(self, seen: Seen) -> Answer | None:
        if not seen.path.startswith("/api/"):
            return Answer(404)
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(self.value).encode())


@pytest.fixture
def says(server: HubServer) -> Says:
    server.behaviour = behaviour = Says()
    return behaviour


@pytest.mark.parametrize("field", sorted({*GOOD} - {"id"}))
def test_an_odd_field_is_not_said_and_the_other_rows_stay(hub: Hub, says: Says, field: str) -> None:
    for odd in ODD:
        says.value = [GOOD, {**GOOD, "id": "ada/Odd-GGUF", field: odd}, {**GOOD, "id": "ada/Last-GGUF"}]
        first, second, last = hub.search("x").models
        assert (first.name, second.name, last.name) == ("Good-GGUF", "Odd-GGUF", "Last-GGUF")
        assert first.updated_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        _check(second)


@pytest.mark.parametrize("odd", [*ODD, "../..", "a/b/c", "a b", "a/..", {"id": "a/b"}])
def test_a_row_without_a_usable_name_is_left_out(hub: Hub, says: Says, odd: object) -> None:
    says.value = [{**GOOD, "id": odd}, GOOD, [odd]]
    assert [model.repo_id for model in hub.search("x").models if model.repo_id != "yesterday"] == [GOOD["id"]]


def test_a_number_that_is_longer_than_python_reads_is_not_said(hub: Hub, server: HubServer) -> None:
    class Long(Behaviour):
        def answer(self, seen: Seen) -> Answer | None:
            body = b'[{"id": "a/b", "likes": ' + b"9" * 5000 + b', "downloads": 7}]'
            return Answer(200, {"Content-Type": "application/json"}, body)

    server.behaviour = Long()
    (model,) = hub.search("x").models
    assert (model.likes, model.downloads) == (0, 7)


def test_any_answer_to_a_search_gives_models_or_words(hub: Hub, says: Says) -> None:
    @settings(max_examples=100, deadline=None, database=None)
    @given(st.lists(SPOILT | JSON, max_size=3) | JSON)
    @example([{"id": 1}])
    def check(answer: object) -> None:
        says.value = [*answer, GOOD] if isinstance(answer, list) else answer
        try:
            models = hub.search("x").models
        except HubError as error:
            assert "is not a model hub" in error.what and not isinstance(answer, list)
            return
        assert not isinstance(answer, list) or models[-1].repo_id == GOOD["id"]
        for model in models:
            _check(model)

    check()


def test_any_answer_about_a_repository_gives_its_files_or_words(hub: Hub, says: Says) -> None:
    @settings(max_examples=100, deadline=None, database=None)
    @given(SPOILT | JSON)
    def check(answer: object) -> None:
        says.value = answer
        try:
            details = hub.details("ada/Good-GGUF")
        except HubError as error:
            assert "is not a model hub" in error.what
            return
        _check(details.model)
        assert details.revision == COMMIT
        for file in details.files:
            assert all(isinstance(size, int) and size >= 0 for size in file.sizes)
            assert all(path.isprintable() and ".." not in path.split("/") for path in file.paths)

    check()


def _check(model: HubModel) -> None:
    """All that a front end relies on."""
    assert all(isinstance(number, int) and number >= 0 for number in _numbers(model))
    texts = (model.repo_id, model.author, model.name, model.architecture, model.license, *model.tags)
    assert all(isinstance(text, str) and text.isprintable() for text in texts)
    assert model.gated in ("", "auto", "manual")
    assert isinstance(model.private, bool)
    if model.updated_at is not None:
        assert model.updated_at.astimezone() <= datetime(3001, 1, 1, tzinfo=UTC)


def _numbers(model: HubModel) -> tuple[int, ...]:
    return model.parameters, model.n_ctx_train, model.downloads, model.likes
