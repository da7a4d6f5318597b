"""Search, details, addresses and refusals, through the real ``huggingface_hub`` against a real server."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.connections import NetworkPolicy
from app.core.errors import HubError, NetworkError, OfflineError
from app.core.network import Network
from app.models.hub.access import OFFICIAL, Access, endpoint_of, may_have_token
from app.models.hub.client import Hub
from app.models.hub.header_cache import HeaderCache
from app.models.hub.refusals import retry_after_s
from app.models.hub.session import MAX_ANSWER_BYTES
from tests.helpers.hub_server import Answer, Behaviour, File, HubServer, Seen

GGUF = {"total": 596_049_920, "architecture": "qwen3", "context_length": 40_960}
LARGE = File(b"GGUF and so on", kept_in_lfs=True)


class Answers(Behaviour):
    """The same answer to every request of one server."""

    def __init__(self, answer: Answer, server: str = "hub") -> None:
        self._answer, self._server = answer, server

    def answer(self, seen: Seen) -> Answer | None:
        return self._answer if seen.server == self._server else None


def test_search_gives_facts_in_pages(server: HubServer, hub: Hub) -> None:
    tags = ("gguf", "license:apache-2.0", "en")
    for number in range(5):
        server.add(f"Qwen/Qwen3-{number}-GGUF", {}, downloads=number, likes=9 - number, tags=tags, gguf=GGUF)
    server.add("other/Llama-GGUF", {})
    server.add("Qwen/Qwen3-Safetensors", {}, tags=("safetensors",))
    page = hub.search("qwen3", limit=2)
    assert [model.repo_id for model in page.models] == ["Qwen/Qwen3-4-GGUF", "Qwen/Qwen3-3-GGUF"]
    first = page.models[0]
    assert (first.author, first.name, first.parameters) == ("Qwen", "Qwen3-4-GGUF", 596_049_920)
    assert (first.architecture, first.n_ctx_train, first.license) == ("qwen3", 40_960, "apache-2.0")
    assert (first.downloads, first.likes, first.updated_at) == (4, 5, datetime(2026, 1, 2, tzinfo=UTC))
    assert (first.gated, first.private, first.tags) == ("", False, tags)
    names = []
    while page.next:
        page = hub.search("qwen3", cursor=page.next, limit=2)
        names += [model.name for model in page.models]
    assert names == ["Qwen3-2-GGUF", "Qwen3-1-GGUF", "Qwen3-0-GGUF"]
    assert len(server.requests) == 3
    assert hub.search("qwen3", sort="likes").models[0].name == "Qwen3-0-GGUF"
    assert hub.search("no such thing").models == ()
    assert len(hub.search("").models) == 6


def test_a_link_to_the_next_page_cannot_lead_elsewhere(server: HubServer, hub: Hub) -> None:
    link = '<https://evil.example/api/models?cursor=1&limit=2>; rel="next"'
    server.behaviour = Answers(Answer(200, {"Link": link, "Content-Type": "application/json"}, b"[]"))
    page = hub.search("x")
    assert page.next == "cursor=1&limit=2"
    hub.search("x", cursor=page.next)
    assert server.requests[-1].query == {"cursor": ["1"], "limit": ["2"]}


def test_details_have_files_a_card_and_the_commit(server: HubServer, hub: Hub) -> None:
    card = b"---\nlicense: apache-2.0\ntags: [x]\n---\n\n<!-- hidden -->\n# Tiny\n\nA *model*.\n"
    files = {"tiny-Q4_K_M.gguf": LARGE, "tiny-Q8_0.gguf": File(b"x" * 99, kept_in_lfs=True), "README.md": card}
    repo = server.add("a/tiny-GGUF", files, gguf=GGUF, card_data={"license": "other", "license_name": "own-terms"})
    details = hub.details("a/tiny-GGUF")
    assert details.revision == repo.head
    assert details.card_markdown == "# Tiny\n\nA *model*."
    assert details.model.license == "own-terms"
    assert [(file.quantization, file.size_bytes) for file in details.files] == [("Q4_K_M", 14), ("Q8_0", 99)]
    assert details.files[0].sha256s == (LARGE.sha256,)
    assert {file.revision for file in details.files} == {repo.head}
    assert hub.url(details.files[0]) == f"{server.url}/a/tiny-GGUF/resolve/{repo.head}/tiny-Q4_K_M.gguf"


def test_a_changed_repository_gives_another_commit_and_the_old_one_stays(server: HubServer, hub: Hub) -> None:
    repo = server.add("a/b", {"m-Q4_0.gguf": LARGE})
    before = hub.details("a/b")
    repo.commit({"m-Q4_0.gguf": File(b"another", kept_in_lfs=True)})
    after = hub.details("a/b")
    assert before.revision != after.revision
    assert before.files[0].sha256s != after.files[0].sha256s
    assert hub.details("a/b", before.revision).files == before.files


def test_paths_that_lead_out_of_a_folder_are_left_out(server: HubServer, hub: Hub) -> None:
    bad = ["../m-Q4_0.gguf", "x/../../m-Q4_0.gguf", "/m-Q4_0.gguf", "c:m-Q4_0.gguf", "x\\m-Q4_0.gguf", "m\n.gguf"]
    server.add("a/b", dict.fromkeys([*bad, "m-Q4_0.gguf"], LARGE))
    assert [file.paths for file in hub.details("a/b").files] == [("m-Q4_0.gguf",)]


def test_a_renamed_repository_is_followed(server: HubServer, hub: Hub) -> None:
    server.add("a/new", {"m-Q4_0.gguf": LARGE})
    server.renamed["a/old"] = "a/new"
    assert hub.details("a/old").model.repo_id == "a/new"
    assert hub.resolve("a/old", "main", "m-Q4_0.gguf").sha256 == LARGE.sha256


def test_a_card_is_bounded_and_its_absence_harmless(server: HubServer, hub: Hub) -> None:
    server.add("a/long", {"README.md": b"word " * 200_000})
    server.add("a/none", {"m-Q4_0.gguf": LARGE})
    text = hub.details("a/long").card_markdown
    assert len(text) < 257 * 1024 and text.endswith("…")
    assert hub.details("a/none").card_markdown == ""
    assert len(server.asked(path="a/none")) == 1

    class NoCard(Behaviour):
        def answer(self, seen: Seen) -> Answer | None:
            return Answer(500) if seen.path.endswith("README.md") else None

    server.behaviour = NoCard()
    assert hub.details("a/long").card_markdown == ""


def test_an_address_leads_to_the_bytes_and_the_token_never_does(
    server: HubServer, hub_for: Callable[[str], Hub], network: Network
) -> None:
    server.tokens["hf_secret"] = "ada"
    repo = server.add("a/b", {"m-Q4_0.gguf": LARGE, "README.md": b"# Hi"}, private=True, allowed=frozenset(["ada"]))
    hub = hub_for("hf_secret")
    assert hub.search("").models[0].private
    assert hub.details("a/b").card_markdown == "# Hi"
    found = hub.resolve("a/b", repo.head, "m-Q4_0.gguf")
    assert found.url.startswith(server.cdn_url)
    assert (found.headers, found.size, found.sha256) == ((), LARGE.size, LARGE.sha256)
    assert (found.etag, found.revision) == (LARGE.sha256, repo.head)
    with network.client("Download", follow_redirects=True) as client:
        assert client.get(found.url, headers=dict(found.headers)).content == LARGE.content
        hub_address = hub.url(hub.details("a/b").files[0])
        assert client.get(hub_address, headers={"Authorization": "Bearer hf_secret"}).content == LARGE.content
    assert all("authorization" in seen.headers for seen in server.asked("hub"))
    assert len(server.asked("cdn")) == 2
    assert not any("authorization" in seen.headers for seen in server.asked("cdn"))
    assert "hf_secret" not in repr(network.connections())


def test_a_hub_that_serves_files_itself_gets_the_token_there(server: HubServer, hub_for: Callable[[str], Hub]) -> None:
    server.tokens["hf_secret"] = "ada"
    server.redirects = False
    server.add("a/b", {"m-Q4_0.gguf": LARGE}, private=True, allowed=frozenset(["ada"]))
    found = hub_for("hf_secret").resolve("a/b", "main", "m-Q4_0.gguf")
    assert found.url.startswith(server.url)
    assert found.headers == (("authorization", "Bearer hf_secret"),)


def test_a_redirect_of_the_api_to_another_host_loses_the_token(
    server: HubServer, hub_for: Callable[[str], Hub]
) -> None:
    server.tokens["hf_secret"] = "ada"
    server.behaviour = Answers(Answer(302, {"Location": f"{server.cdn_url}/api/models/a/b"}))
    with pytest.raises(HubError):
        hub_for("hf_secret").details("a/b")
    assert server.asked("cdn") and not any("authorization" in seen.headers for seen in server.asked("cdn"))


def test_what_cannot_be_had_is_said_with_what_to_do(server: HubServer, hub_for: Callable[[str], Hub]) -> None:
    server.tokens |= {"hf_ada": "ada", "hf_bob": "bob"}
    server.add("a/open", {"m-Q4_0.gguf": LARGE})
    server.add("a/gated", {"m-Q4_0.gguf": LARGE}, gated="manual", allowed=frozenset(["ada"]))
    server.add("a/private", {"m-Q4_0.gguf": LARGE}, private=True, allowed=frozenset(["ada"]))
    stranger, ada, bob, forged = hub_for(""), hub_for("hf_ada"), hub_for("hf_bob"), hub_for("hf_old")

    assert stranger.details("a/gated").model.gated == "manual"
    assert ada.resolve("a/gated", "main", "m-Q4_0.gguf").sha256 == LARGE.sha256
    for attempt, reason, words in (
        (lambda: stranger.details("a/none"), "not_found", "none of this name, or it is private"),
        (lambda: bob.details("a/private"), "not_found", "private and not yours"),
        (lambda: stranger.details("nonsense//name"), "not_found", "has to be like author/name"),
        (lambda: stranger.details("a/open", "f" * 40), "not_found", "does not have this version"),
        (lambda: stranger.resolve("a/open", "main", "x.gguf"), "not_found", "does not have this file"),
        (lambda: stranger.resolve("a/gated", "main", "m-Q4_0.gguf"), "gated", "enter an access token"),
        (lambda: bob.resolve("a/gated", "main", "m-Q4_0.gguf"), "gated", "has not accepted them"),
        (lambda: forged.details("a/open"), "token", "is not taken"),
        (lambda: forged.user_name(), "token", "is not taken"),
        (lambda: stranger.user_name(), "token", "No access token is sent"),
    ):
        with pytest.raises(HubError, match=words) as caught:
            attempt()
        assert caught.value.reason == reason
        assert caught.value.why and caught.value.next_step
    assert (ada.user_name(), bob.user_name()) == ("ada", "bob")


@pytest.mark.parametrize(
    ("headers", "wait", "words"),
    [
        ({"Retry-After": "30"}, 30.0, "Try again in 30 seconds"),
        ({"Retry-After": "300"}, 300.0, "Try again in 5 minutes"),
        ({"Retry-After": "Mon, 01 Jan 2024 00:00:00 GMT"}, 0.0, "Try again in a second"),
        ({}, None, "Try again in a few minutes"),
        ({"Retry-After": "soon"}, None, "Try again in a few minutes"),
        ({"Retry-After": "\xb2"}, None, "Try again in a few minutes"),
        ({"Retry-After": "9" * 400}, 86_400.0, "Try again in 24 hours"),
    ],
)
def test_too_many_requests_is_said_at_once(
    server: HubServer, hub: Hub, headers: dict[str, str], wait: float | None, words: str
) -> None:
    server.behaviour = Answers(Answer(429, headers))
    for attempt in (
        lambda: hub.search("x"),
        lambda: hub.details("a/b"),
        lambda: hub.resolve("a/b", "main", "m.gguf"),
    ):
        with pytest.raises(HubError, match=words) as caught:
            attempt()
        assert (caught.value.reason, caught.value.retry_after_s) == ("busy", wait)
    assert len(server.requests) == 3  # the hub's library would have tried 8 times, minutes long


def test_a_pause_until_a_time_is_counted_by_the_clock_that_told_it() -> None:
    headers = {"Retry-After": "Fri, 02 Jan 2026 03:04:15 GMT", "Date": "Fri, 02 Jan 2026 03:04:05 GMT"}
    assert retry_after_s(headers) == 10.0


def test_trouble_of_the_hub_is_its_own(server: HubServer, hub: Hub) -> None:
    server.behaviour = Answers(Answer(503))
    with pytest.raises(HubError, match=r"trouble of its own.*503"):
        hub.search("x")


@pytest.mark.parametrize(
    "body", [b"<html>Sign in</html>", b"{}", b'{"id": 5}', b"[5]", b'[{"noid": 1}]', b"null", b"\xff"]
)
def test_what_is_no_hub_is_said(server: HubServer, hub: Hub, body: bytes) -> None:
    server.behaviour = Answers(Answer(200, {"Content-Type": "text/html"}, body))
    with pytest.raises(HubError, match="not a model hub"):
        hub.details("a/b")
    if body != b"{}":  # for the library an empty object is an empty list
        with pytest.raises(HubError, match="not a model hub"):
            hub.search("x")


def test_facts_of_the_wrong_kind_are_unknown_facts(server: HubServer, hub: Hub) -> None:
    item = {
        "id": "a/b",
        "tags": ["gguf", 5, None],
        "gguf": {"total": "many", "architecture": 7, "context_length": -1},
        "downloads": "lots",
        "likes": None,
        "gated": "manual",
    }
    server.behaviour = Answers(Answer(200, {"Content-Type": "application/json"}, json.dumps([item]).encode()))
    (model,) = hub.search("x").models
    assert (model.parameters, model.architecture, model.n_ctx_train) == (0, "", 0)
    assert (model.downloads, model.likes, model.gated, model.tags) == (0, 0, "manual", ("gguf",))


def test_offline_nothing_is_requested(server: HubServer, tmp_path: Path) -> None:
    network = Network(lambda: NetworkPolicy(offline=True), lambda: None)
    hub = Hub(network, lambda: Access(server.url), HeaderCache(tmp_path))
    for attempt in (lambda: hub.search("x"), lambda: hub.details("a/b"), lambda: hub.resolve("a/b", "main", "m.gguf")):
        with pytest.raises(OfflineError):
            attempt()
    assert server.requests == []
    assert [connection.state for connection in network.connections()] == ["refused"] * 3


def test_a_hub_that_is_not_there_is_said(network: Network, tmp_path: Path) -> None:
    hub = Hub(network, lambda: Access("http://nothing.invalid"), HeaderCache(tmp_path))
    with pytest.raises(NetworkError, match=r"nothing\.invalid cannot be reached"):
        hub.search("x")
    assert len(network.connections()) == 1


def test_purposes_are_told_in_words(server: HubServer, hub: Hub, network: Network) -> None:
    server.add("a/b", {"m-Q4_0.gguf": LARGE, "README.md": b"# Hi"})
    hub.search("b")
    hub.details("a/b")
    hub.resolve("a/b", "main", "m-Q4_0.gguf")
    assert [connection.purpose for connection in reversed(network.connections())] == [
        "Search for models",
        "Look at a/b",
        "Read the card of a/b",
        "Locate m-Q4_0.gguf",
    ]


def test_nothing_is_sent_that_was_not_asked_for(server: HubServer, tmp_path: Path) -> None:
    """A fresh process with another program's token on the machine: only our requests, without it and telemetry."""
    server.add("a/b", {"m-Q4_0.gguf": LARGE})
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text("hf_of_another_program")
    program = f"""
from app.core.connections import NetworkPolicy
from app.core.network import Network
from app.models.hub.access import Access
from app.models.hub.client import Hub
from app.models.hub.header_cache import HeaderCache
from pathlib import Path
network = Network(NetworkPolicy, lambda: None)
hub = Hub(network, lambda: Access({server.url!r}), HeaderCache(Path({str(tmp_path)!r})))
hub.search("b"); hub.details("a/b"); hub.resolve("a/b", "main", "m-Q4_0.gguf")
print(len(network.connections()))
network.close()
"""
    environment = {"HF_HOME": str(tmp_path / "hf"), "HF_TOKEN": "hf_of_another_program", "HF_ENDPOINT": server.url}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[4],
    )
    assert (done.stdout, done.stderr) == ("3\n", "")
    assert len(server.requests) == 3
    for seen in server.requests:
        assert "authorization" not in seen.headers
        agent = seen.headers["user-agent"]
        assert agent.startswith("satchel/") and "torch" not in agent and "agent/" not in agent


def test_the_hubs_library_sends_nothing_outside_of_a_call(server: HubServer, hub: Hub) -> None:
    from huggingface_hub import HfApi

    hub.search("x")
    with pytest.raises(LookupError):
        HfApi(endpoint=server.url).model_info("a/b")
    assert len(server.requests) == 1


def test_who_may_see_the_token() -> None:
    assert may_have_token(OFFICIAL, "")
    assert not may_have_token("https://mirror.example", "")
    assert not may_have_token("https://mirror.example", "https://other.example")
    assert may_have_token("https://mirror.example", "https://mirror.example/")
    assert not may_have_token("http://huggingface.co", "")


def test_an_endpoint_is_a_web_address() -> None:
    assert endpoint_of("") == OFFICIAL
    assert endpoint_of(" https://mirror.example/hub/ ") == "https://mirror.example/hub"
    for wrong in ("mirror.example", "ftp://mirror.example", "https://", "https://u:p@x.example", "https://x.example?q"):
        with pytest.raises(HubError, match="cannot be used"):
            endpoint_of(wrong)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000 + b"]" * 200_000,
        b'[{"id": "a/b", "more": "' + b"y" * MAX_ANSWER_BYTES + b'"}]',
        gzip.compress(b"[" + b" " * 2 * MAX_ANSWER_BYTES + b"]", 1),
    ],
    ids=["nested", "long", "inflating"],
)
def test_an_answer_made_to_do_harm_is_said(server: HubServer, hub: Hub, body: bytes) -> None:
    headers = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
    server.behaviour = Answers(Answer(200, headers, body))
    for attempt in (lambda: hub.search("x"), lambda: hub.details("a/b")):
        with pytest.raises(HubError, match="not a model hub"):
            attempt()


def test_impossible_facts_are_unknown_facts(server: HubServer, hub: Hub) -> None:
    sibling = {"rfilename": "m-Q4_0.gguf", "lfs": {"size": -7, "sha256": "z", "pointerSize": 1}}
    facts = {
        "id": "a/b",
        "sha": "f" * 40,
        "downloads": 10**400,
        "tags": "gguf",
        "gguf": {"total": 10**30, "context_length": 2**70},
        "siblings": [sibling, sibling, {"rfilename": "n-Q4_0.gguf", "size": 10**30}],
    }
    server.behaviour = Answers(Answer(200, {"Content-Type": "application/json"}, json.dumps(facts).encode()))
    details = hub.details("a/b")
    model = details.model
    assert (model.downloads, model.parameters, model.n_ctx_train, model.tags) == (0, 0, 0, ())
    assert [(file.paths, file.sizes, file.sha256s) for file in details.files] == [
        (("m-Q4_0.gguf",), (0,), ("",)),
        (("n-Q4_0.gguf",), (0,), ("",)),
    ]


@pytest.mark.parametrize("name", ["../x", "a/..", "a/b/c", "a/<b>x</b>", "a/b\nc", "a/" + "x" * 500, ""])
def test_repositories_with_impossible_names_are_left_out(server: HubServer, hub: Hub, name: str) -> None:
    body = json.dumps([{"id": name}, {"id": "a/b"}]).encode()
    server.behaviour = Answers(Answer(200, {"Content-Type": "application/json"}, body))
    assert [model.repo_id for model in hub.search("x").models] == ["a/b"]
    server.behaviour = Answers(Answer(200, {"Content-Type": "application/json"}, json.dumps({"id": name}).encode()))
    with pytest.raises(HubError, match="not a model hub"):
        hub.details("a/b")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(302, {"Location": "?again"}),
        Answer(302, {"Location": "http://[x"}),
        Answer(200, {"Content-Encoding": "gzip"}, b"no gzip"),
    ],
    ids=["circle", "no address", "no gzip"],
)
def test_a_card_that_cannot_be_had_costs_nobody_the_files(server: HubServer, hub: Hub, answer: Answer) -> None:
    server.add("a/b", {"m-Q4_0.gguf": LARGE, "README.md": b"# Hi"})

    class OddCard(Behaviour):
        def answer(self, seen: Seen) -> Answer | None:
            return answer if "README" in seen.path else None

    server.behaviour = OddCard()
    details = hub.details("a/b")
    assert (details.card_markdown, len(details.files)) == ("", 1)
