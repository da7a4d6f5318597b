"""Headers of files that are not here: how much is transferred for them, and what strange servers and files get."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.connections import NetworkPolicy
from app.core.errors import HubError, ModelError, NetworkError, OfflineError
from app.core.network import Network
from app.models.gguf_reader import read_header
from app.models.hub.access import Access
from app.models.hub.client import Hub
from app.models.hub.header_cache import HeaderCache
from app.models.hub.ranges import FIRST_BYTES, LONGEST_BYTES
from app.models.hub.values import HubFile
from app.models.split import read_joined
from tests.helpers import gguf_files
from tests.helpers.gguf_files import Signed
from tests.helpers.hub_server import Answer, Behaviour, File, HangUp, HubServer, Reset, Seen

LIMIT = 1.2


def large_model(path: Path, n_vocab: int, n_merges: int, n_layers: int) -> Path:
    """A model with a vocabulary as large models have it: short tokens first, long ones last."""
    return gguf_files.llama(
        path,
        n_layers=n_layers,
        n_embd=512,
        tokenizer__ggml__model="gpt2",
        tokenizer__ggml__tokens=["x" * (1 + 16 * number // n_vocab) for number in range(n_vocab)],
        tokenizer__ggml__token_type=[Signed(1)] * n_vocab,
        tokenizer__ggml__merges=["x" * (3 + 20 * number // n_vocab) for number in range(n_merges)] or ["a b"],
        tokenizer__chat_template="{{ messages }}" * 500,
    )


def offer(server: HubServer, hub: Hub, file: Path | bytes, name: str = "m-Q4_0.gguf") -> HubFile:
    """The file, as the hub lists it."""
    server.add("a/b", {name: File(file, kept_in_lfs=True)})
    return hub.details("a/b").files[0]


@pytest.mark.parametrize(
    ("n_vocab", "n_merges", "n_layers"),
    [(30_000, 0, 12), (49_152, 48_900, 30), (152_000, 151_000, 36), (262_144, 0, 26), (32_000, 0, 300)],
)
def test_a_header_costs_barely_more_than_its_length(
    server: HubServer, hub: Hub, tmp_path: Path, n_vocab: int, n_merges: int, n_layers: int
) -> None:
    path = large_model(tmp_path / "m.gguf", n_vocab, n_merges, n_layers)
    file = offer(server, hub, path)
    server.requests.clear()
    found = hub.header(file)
    assert found.header == read_header(path)
    assert server.sent_bytes() <= LIMIT * found.header.data_start
    assert found.received_bytes == server.sent_bytes()
    assert len(server.asked("hub")) == 1
    assert len(server.asked("cdn")) <= 9
    assert len({seen.connection for seen in server.asked("cdn")}) == 1


def test_a_header_that_is_longer_than_any_models_is_given_up(server: HubServer, hub: Hub) -> None:
    start, data_bytes = gguf_files.header({"key": ["x" * 1000] * 40_000}, {})
    file = offer(server, hub, start + b"\0" * data_bytes)
    with pytest.raises(ModelError, match="goes on beyond 32 MiB") as refused:
        hub.header(file)
    assert "m-Q4_0.gguf" in refused.value.what
    assert server.sent_bytes() <= LONGEST_BYTES + FIRST_BYTES


def test_a_starter_models_header_gives_the_same_file_to_llama_cpp(
    server: HubServer, hub: Hub, chat_model: Path
) -> None:
    found = hub.header(offer(server, hub, chat_model))
    assert found.path.stat().st_size == chat_model.stat().st_size
    with chat_model.open("rb") as original, found.path.open("rb") as kept:
        length = found.header.data_start
        assert original.read(length) == kept.read(length)
    assert found.received_bytes <= LIMIT * length


def test_a_tiny_header_costs_one_range(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    file = offer(server, hub, gguf_files.llama(tmp_path / "m.gguf"))
    hub.header(file)
    assert [seen.sent_bytes for seen in server.asked("cdn")] == [FIRST_BYTES]


def test_the_second_time_costs_nothing_also_offline(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    file = offer(server, hub, gguf_files.llama(tmp_path / "m.gguf"))
    first = hub.header(file)
    server.requests.clear()
    offline = Network(lambda: NetworkPolicy(offline=True), lambda: None)
    again = Hub(offline, lambda: Access(server.url), HeaderCache(tmp_path / "headers")).header(file)
    assert (again.path, again.header, again.received_bytes) == (first.path, first.header, 0)
    assert server.requests == []


def test_another_commit_is_another_header(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    old = offer(server, hub, gguf_files.llama(tmp_path / "old.gguf", n_layers=2))
    server.repos["a/b"].commit({"m-Q4_0.gguf": gguf_files.llama(tmp_path / "new.gguf", n_layers=3)})
    new = hub.details("a/b").files[0]
    assert hub.header(old).header.integer("llama.block_count") == 2
    assert hub.header(new).header.integer("llama.block_count") == 3
    assert hub.header(old).header.integer("llama.block_count") == 2


def test_a_damaged_kept_header_is_fetched_again(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    file = offer(server, hub, gguf_files.llama(tmp_path / "m.gguf"))
    kept = hub.header(file)
    kept.path.write_bytes(b"x" * file.size_bytes)
    assert hub.header(file).header == kept.header


def test_parts_of_a_split_model_lie_together(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    parts = gguf_files.split(gguf_files.llama(tmp_path / "whole.gguf"), tmp_path, 3, "big-Q4_0")
    server.add("a/b", {f"Q4_0/{part.name}": part for part in parts})
    (file,) = hub.details("a/b").files
    paths = [hub.header(file, part).path for part in range(3)]
    assert read_joined(paths[0]) == read_joined(parts[0])


# -- strange servers ---------------------------------------------------------------------------------------------------


def test_a_server_without_ranges_does_not_send_the_whole_file(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    path = large_model(tmp_path / "m.gguf", 49_152, 48_900, 30)
    with path.open("r+b") as longer:
        longer.truncate(10**9)
    server.add("a/b", {"m-Q4_0.gguf": File(path, known_sha256="a" * 64)})
    server.ranges = False
    found = hub.header(hub.details("a/b").files[0])
    assert found.header == read_header(path)
    assert len(server.asked("cdn")) == 1
    assert found.received_bytes <= LIMIT * found.header.data_start
    assert server.sent_bytes("/repos/") < 10**8  # what lies in the buffers of two sockets


class Once(Behaviour):
    """Does something to the first body from the CDN that begins at or after ``start``."""

    def __init__(self, start: int, do: Callable[[], None]) -> None:
        self._start = start
        self._do = do
        self.done = 0

    def answer(self, seen: Seen) -> Answer | None:
        if seen.server == "cdn" and not self.done and seen.range is not None and seen.range[0] >= self._start:
            self._do()
        return None


def test_an_address_that_expires_is_asked_for_again(server: HubServer, hub: Hub, chat_model: Path) -> None:
    file = offer(server, hub, chat_model)

    def expire() -> None:
        behaviour.done += 1
        server.expire_urls()

    behaviour = server.behaviour = Once(FIRST_BYTES, expire)
    assert hub.header(file).header == read_header(chat_model)
    assert behaviour.done == 1
    assert len(server.asked("hub", "HEAD")) == 2
    assert [seen.status for seen in server.asked("cdn")].count(403) == 1


@pytest.mark.parametrize("end", [Reset, HangUp])
def test_a_range_that_breaks_off_is_asked_for_once_more(
    server: HubServer, hub: Hub, chat_model: Path, end: type[Exception]
) -> None:
    file = offer(server, hub, chat_model)

    class Breaks(Behaviour):
        broken = 0

        def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
            if seen.server == "cdn" and start > FIRST_BYTES and not self.broken:
                self.broken += 1
                yield next(chunks)
                raise end
            yield from chunks

    behaviour = server.behaviour = Breaks()
    assert hub.header(file).header == read_header(chat_model)
    assert behaviour.broken == 1


def test_a_range_that_breaks_off_twice_is_said(server: HubServer, hub: Hub, chat_model: Path) -> None:
    file = offer(server, hub, chat_model)

    class Breaks(Behaviour):
        def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
            raise Reset

    server.behaviour = Breaks()
    with pytest.raises(NetworkError, match="broke off"):
        hub.header(file)
    assert len(server.asked("cdn")) == 2


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer(429, {"Retry-After": "7"}), HubError, "Try again in 7 seconds"),
        (Answer(503), HubError, "trouble of its own"),
        (Answer(404), HubError, "answered with 404"),
        (Answer(302, {"Location": "?again"}), HubError, "sends in circles"),
        (Answer(416), ModelError, "another file than the hub lists"),
        (Answer(206, {"Content-Range": "bytes 5-9/99"}, b"12345"), ModelError, "another file than the hub lists"),
        (Answer(200, {"Content-Type": "text/html"}, b"<html>Sign in"), ModelError, "sends a web page"),
        (Answer(200, {}, b"GGUF"), ModelError, "another file than the hub lists"),
    ],
)
def test_a_strange_answer_is_said(
    server: HubServer, hub: Hub, tmp_path: Path, answer: Answer, error: type[Exception], words: str
) -> None:
    file = offer(server, hub, gguf_files.llama(tmp_path / "m.gguf"))

    class Strange(Behaviour):
        def answer(self, seen: Seen) -> Answer | None:
            return answer if seen.server == "cdn" else None

    server.behaviour = Strange()
    with pytest.raises(error, match=words):
        hub.header(file)


def test_offline_no_header_is_fetched(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    file = offer(server, hub, gguf_files.llama(tmp_path / "m.gguf"))
    server.requests.clear()
    offline = Network(lambda: NetworkPolicy(offline=True), lambda: None)
    with pytest.raises(OfflineError):
        Hub(offline, lambda: Access(server.url), HeaderCache(tmp_path / "none")).header(file)
    assert server.requests == []


# -- strange files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html><body>Not found</body></html>" * 100, "not a GGUF model"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60), "claims to have"),
        (b"GGUF" + struct.pack("<IQQ", 3, 60_000, 4_000), "incomplete"),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + gguf_files.text("a") + struct.pack("<IIQ", 9, 8, 2**60),
            "claims to have",
        ),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + gguf_files.text("a") + struct.pack("<IIQ", 9, 8, 3_999_999),
            "incomplete",
        ),
        (b"GGUF", "incomplete"),
    ],
)
def test_what_is_no_model_is_said_and_costs_little(server: HubServer, hub: Hub, content: bytes, words: str) -> None:
    file = offer(server, hub, content)
    with pytest.raises(ModelError, match=words):
        hub.header(file)
    assert server.sent_bytes("/repos/") <= len(content)


def test_a_header_that_claims_much_is_given_up_early(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    """4 million texts are claimed; what follows is none."""
    path = tmp_path / "m.gguf"
    start = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + gguf_files.text("a") + struct.pack("<IIQ", 9, 8, 3_999_999)
    with path.open("wb") as file:
        file.write(start + gguf_files.text("fine") * 2000 + b"\xff" * 100)
        file.truncate(10**9)
    server.add("a/b", {"m-Q4_0.gguf": File(path, known_sha256="b" * 64)})
    with pytest.raises(ModelError, match="claims to have a text"):
        hub.header(hub.details("a/b").files[0])
    assert server.sent_bytes("/repos/") <= 5 * 2**20


def test_a_truncated_file_is_said(server: HubServer, hub: Hub, chat_model: Path) -> None:
    file = offer(server, hub, chat_model.read_bytes()[:500_000])
    with pytest.raises(ModelError, match="ends in the middle of its header"):
        hub.header(file)


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_the_longest_unused_headers_go(tmp_path: Path) -> None:
    model = gguf_files.llama(tmp_path / "m.gguf")
    header, start = read_header(model), model.read_bytes()
    cache = HeaderCache(tmp_path / "kept", max_bytes=20_000)
    places = [cache.place(f"a/{number}", "f" * 40, "m.gguf") for number in range(10)]
    for place in places:
        cache.keep(place, header, start[: header.data_start], 1)
        assert cache.get(places[0], 0) is not None  # in use, so it stays
    assert cache.get(places[9], 0) is not None
    assert cache.get(places[3], 0) is None
    assert sum(file.stat().st_blocks * 512 for file in (tmp_path / "kept").glob("*/*")) <= 20_000


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    cache = HeaderCache(tmp_path)
    for path in ("../../x.gguf", "..", "a/..", "x\0.gguf", "nul:.gguf", "a" * 500 + ".gguf", "m.gguf"):
        place = cache.place("a/b", "f" * 40, path)
        assert place.parent.parent == tmp_path and place.suffix == ".gguf" and len(place.name) <= 210
