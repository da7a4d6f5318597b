"""Finding and getting models by the real program, from a hub on loopback: killed, interrupted, lied to, offline."""

from __future__ import annotations

import io
import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.cli.models.watching import watch
from app.cli.terminal import Terminal
from app.core.paths import Home
from app.models.download.journal import RANGE_BYTES
from app.services.compose import Services
from tests.helpers.command_line import Satchel, until
from tests.helpers.hostile_hub import Corrupts, Stalls
from tests.helpers.hub_repos import File
from tests.helpers.hub_server import Behaviour, HangUp, HubServer, Seen
from tests.helpers.mutants import mutants

REPO = "ada/Tiny-GGUF"
SMALL = "ada/Small-GGUF"
"""One file, of a size to be downloaded again and again."""
TOKEN = "hf_neverToBeSeen"


@pytest.fixture
def hub(chat_model: Path, embedding_model: Path) -> Iterator[HubServer]:
    with HubServer() as server:
        facts = {"total": 134_515_008, "architecture": "llama", "context_length": 8192}
        files = {"tiny-Q8_0.gguf": chat_model, "old-Q8_0.gguf": chat_model, "tiny-F16.gguf": chat_model}
        server.add(REPO, {**files, "README.md": b"# Tiny"}, downloads=12_345, likes=67, gguf=facts)
        server.add(SMALL, {"small-Q8_0.gguf": embedding_model})
        server.add("ada/Secret-GGUF", {"secret-Q8_0.gguf": embedding_model}, private=True, allowed=frozenset({"ada"}))
        server.add("ada/Gated-GGUF", {"gated-Q8_0.gguf": embedding_model}, gated="auto", allowed=frozenset({"ada"}))
        server.tokens[TOKEN] = "ada"
        yield server


@pytest.fixture
def satchel(home: Home, hub: HubServer) -> Satchel:
    home.settings_file.write_text(f'[network]\nendpoint = "{hub.url}"\n')
    return Satchel(home)


class StallsInAll(Stalls):
    """Sends so many bytes in all, then nothing more until ``let_go`` is set."""

    def __init__(self, all_bytes: int) -> None:
        super().__init__(all_bytes, times=1)
        self._left = all_bytes

    def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """See :class:`Behaviour`."""
        for chunk in chunks:
            self._left -= len(chunk)
            if self._left < 0 and not self.let_go.is_set():
                self.stalled.set()
                self.let_go.wait(60)
                raise HangUp
            yield chunk


def models_here(satchel: Satchel) -> list[Path]:
    return sorted(satchel.home.models.rglob("*.gguf"))


def requested(err: str) -> list[dict[str, object]]:
    """What ``--connections --json`` says."""
    return [json.loads(line) for line in err.splitlines() if line.startswith("{")]


def test_a_model_is_found_looked_at_and_got(satchel: Satchel, hub: HubServer, chat_model: Path) -> None:
    out, err = satchel.run("models", "search", "tiny", "--connections")
    assert f"{REPO}       135 M" in out
    assert "1 request to 127.0.0.1" in err
    (found,) = satchel.json("models", "search", "tiny")
    assert (found["repo_id"], found["downloads"], found["architecture"]) == (REPO, 12_345, "llama")
    shown = satchel.json("models", "show", REPO, "--context", "2048")
    best = next(file for file in shown["files"] if file["name"] == shown["best"])
    assert best["exact"]
    assert best["verdict"]["n_ctx"] == 2048
    assert best["verdict"]["measured_by_llama"]
    assert [file["exact"] for file in shown["files"] if file != best] == [False, False]
    assert "by its size" in satchel.run("models", "show", REPO)[0]
    exact = satchel.json("models", "show", REPO, "--exact")
    assert all(file["exact"] for file in exact["files"])
    out, err = satchel.run("models", "get", REPO)
    assert out.startswith("Downloaded and verified: ")
    assert "tokens per second; that is an estimate" in err
    assert "is the most exact one there is" in err
    (model,) = models_here(satchel)
    assert model.read_bytes() == chat_model.read_bytes()


def test_a_model_that_is_here_is_not_fetched_again(satchel: Satchel, hub: HubServer) -> None:
    got = satchel.json("models", "get", SMALL)
    assert (got["download"]["state"], got["model"]["source"]["repo_id"]) == ("done", SMALL)
    asked = len(hub.asked(server="cdn"))
    out, _ = satchel.run("models", "get", f"{SMALL}:small-q8_0.gguf")
    assert out.startswith("It is here already: ")
    assert len(hub.asked(server="cdn")) == asked


def test_only_what_was_asked_for_is_requested_and_only_of_the_hub(satchel: Satchel, hub: HubServer) -> None:
    _, err = satchel.run("models", "get", SMALL, "--json", "--connections")
    hosts = {hub.url.partition("//")[2], hub.cdn_url.partition("//")[2]}
    assert {line["host"] for line in requested(err)} == hosts
    assert sum(line["requests"] for line in requested(err)) == len(hub.requests)  # type: ignore[misc]
    (fetched,) = (line for line in requested(err) if str(line["purpose"]).startswith("Download"))
    assert fetched["answers"] == [[206, fetched["requests"]]]  # all its ranges
    assert not any("Signature" in str(line["url"]) for line in requested(err))
    for command in ("models list", "models downloads", "models curated", "network status", "hub endpoint"):
        _, err = satchel.run(*command.split(), "--connections")
        assert err.endswith("Nothing was requested.\n")


def test_kill_9_in_the_middle_then_again_goes_on(satchel: Satchel, hub: HubServer, embedding_model: Path) -> None:
    size = embedding_model.stat().st_size
    satchel.run("models", "show", SMALL)
    before = hub.sent_bytes()
    stalls = hub.behaviour = StallsInAll(size // 2)
    process = satchel.start("models", "get", SMALL)
    assert stalls.stalled.wait(60)
    process.kill()
    process.communicate(timeout=60)
    stalls.let_go.set()
    (waiting,) = satchel.json("models", "downloads")
    assert waiting["state"] in ("queued", "checking", "downloading")
    assert models_here(satchel) == []
    out, _ = satchel.run("models", "get", SMALL)
    assert out.startswith("Downloaded and verified: ")
    (model,) = models_here(satchel)
    assert model.read_bytes() == embedding_model.read_bytes()
    assert hub.sent_bytes() - before <= size + RANGE_BYTES, "from the beginning it would be 1.5 times the size"
    satchel.run("models", "downloads", "clear")
    assert list(satchel.home.downloads.glob("[0-9]*")) == []


def test_ctrl_c_pauses_and_says_how_to_go_on(satchel: Satchel, hub: HubServer, embedding_model: Path) -> None:
    stalls = hub.behaviour = Stalls(RANGE_BYTES // 2, times=100)
    process = satchel.start("models", "get", SMALL)
    assert stalls.stalled.wait(60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    stalls.let_go.set()
    hub.behaviour = Behaviour()
    assert (process.returncode, out) == (130, "")
    (paused,) = satchel.json("models", "downloads")
    assert paused["state"] == "paused"
    assert f"Go on with: satchel models downloads resume {paused['id']}" in err
    out, _ = satchel.run("models", "downloads", "resume", str(paused["id"]))
    assert out.startswith("Downloaded and verified: ")
    assert models_here(satchel)[0].read_bytes() == embedding_model.read_bytes()


def test_a_wrong_byte_is_never_accepted(satchel: Satchel, hub: HubServer) -> None:
    satchel.run("models", "show", SMALL)  # the header is whole
    hub.behaviour = Corrupts(times=100)
    out, err = satchel.run("models", "get", SMALL, code=1)
    assert out == ""
    assert "was not downloaded" in err
    assert models_here(satchel) == []
    (failed,) = satchel.json("models", "downloads")
    assert failed["state"] == "failed"
    assert failed["problem"]
    hub.behaviour = Behaviour()
    assert "Downloaded and verified" in satchel.run("models", "downloads", "retry")[0]


def test_a_download_is_cancelled_with_all_that_had_arrived(satchel: Satchel, hub: HubServer) -> None:
    satchel.run("models", "show", SMALL)  # the header is whole
    hub.behaviour = Corrupts(times=100)
    satchel.run("models", "get", SMALL, code=1)
    (failed,) = satchel.json("models", "downloads")
    assert "What had arrived is deleted" in satchel.run("models", "downloads", "cancel", str(failed["id"]))[0]
    assert satchel.json("models", "downloads") == []
    assert list(satchel.home.downloads.rglob("*.part*")) == []
    _, err = satchel.run("models", "downloads", "pause", str(failed["id"]), code=1)
    assert err.startswith(f"satchel: There is no download {failed['id']}.")


def test_hostile_headers_are_said_and_nothing_is_downloaded(
    satchel: Satchel, hub: HubServer, chat_model: Path, tmp_path: Path
) -> None:
    files: dict[str, File] = {"page-Q4_K_M.gguf": File(b"<html>Sign in</html>" * 50, kept_in_lfs=True)}
    for number, (_, path) in enumerate(mutants(tmp_path, chat_model, 25, seed=7)):
        target = shutil.copy(path, tmp_path / f"kept-{number}.gguf")
        files[f"m{number}-Q8_0.gguf"] = File(Path(target))
    hub.add("eve/Evil-GGUF", files)
    shown = satchel.json("models", "show", "eve/Evil-GGUF", "--exact")
    problems = {file["name"]: file["problem"] for file in shown["files"]}
    assert len(problems) == 26
    assert "web page" in problems["page-Q4_K_M"]
    assert sum(bool(problem) for problem in problems.values()) > 5
    out, err = satchel.run("models", "get", "eve/Evil-GGUF:Q4_K_M", code=1)
    assert (out, err.splitlines()[0]) == ("", "satchel: page-Q4_K_M.gguf is not a GGUF model.")
    assert satchel.json("models", "downloads") == []
    assert models_here(satchel) == []


def test_what_others_wrote_cannot_steer_the_terminal(satchel: Satchel, hub: HubServer, chat_model: Path) -> None:
    files = {"\x1b[31mred\x07-Q8_0.gguf": chat_model, "../../out-Q4_0.gguf": chat_model}
    hub.add("eve/Red-GGUF", files, gguf={"architecture": "\x1b]0;title\x07", "total": 1})
    for command in ("models search red", "models show eve/Red-GGUF", "models show eve/Red-GGUF --exact"):
        out, err = satchel.run(*command.split())
        assert "eve/Red-GGUF" in out
        assert "\x1b" not in out + err
    satchel.run("models", "get", "eve/Red-GGUF:Q4_0", code=1)
    assert models_here(satchel) == []
    assert not (satchel.home.root.parent / "out-Q4_0.gguf").exists()


def test_offline_nothing_is_requested_and_what_is_here_works(satchel: Satchel, hub: HubServer) -> None:
    assert "offline" in satchel.run("network", "offline", "on")[0]
    for command in (
        "models search tiny",
        f"models show {REPO}",
        f"models get {REPO}",
        f"models plan {REPO}",
    ):
        out, err = satchel.run(*command.split(), code=1)
        assert out == ""
        assert err.startswith("satchel: Satchel is offline.")
        assert "In a terminal: satchel network offline off" in err
    for command in ("models list", "models curated", "models find", "models downloads", "hub token status"):
        satchel.run(*command.split())
    assert hub.requests == []
    satchel.run("network", "offline", "off")
    assert REPO in satchel.run("models", "search", "tiny")[0]


def test_the_token_goes_nowhere_but_to_the_hub_that_may_have_it(satchel: Satchel, hub: HubServer) -> None:
    satchel.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    _, err = satchel.run("models", "get", "ada/Gated-GGUF", code=1)
    assert "In a terminal: satchel hub token set" in err
    out, err = satchel.run("hub", "token", "set", typed=f"{TOKEN}\n")
    assert TOKEN not in out + err
    assert "in a file only you can read" in out
    assert (satchel.home.root / "secrets.toml").stat().st_mode & 0o777 == 0o600
    _, err = satchel.run("hub", "token", "check", code=1)
    assert f"satchel hub endpoint {hub.url} --send-token" in err
    satchel.run("models", "search", "tiny")
    assert not any("authorization" in seen.headers for seen in hub.requests)
    satchel.run("hub", "endpoint", hub.url, "--send-token")
    assert satchel.json("hub", "token", "check")["user"] == "ada"

    stalls = hub.behaviour = Stalls(0, times=1)
    process = satchel.start("--verbose", "models", "get", "ada/Secret-GGUF", "--connections")
    assert stalls.stalled.wait(60)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    assert not any(TOKEN in argument for each in family for argument in each.cmdline())
    stalls.let_go.set()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert TOKEN not in out + err
    assert any("authorization" in seen.headers for seen in hub.asked(server="hub"))
    assert not any("authorization" in seen.headers for seen in hub.asked(server="cdn"))
    kept = [path for path in satchel.home.root.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert kept == [satchel.home.root / "secrets.toml"]
    assert "There is no access token" in satchel.run("hub", "token", "forget")[0]
    assert not (satchel.home.root / "secrets.toml").exists()


def test_what_is_no_token_is_refused(satchel: Satchel) -> None:
    for typed in ("", "two words\n"):
        _, err = satchel.run("hub", "token", "set", code=1, typed=typed)
        assert err.startswith("satchel: This is not an access token.")


def test_mistakes_are_said(satchel: Satchel, hub: HubServer) -> None:
    for typed, words in (
        ("tiny", "“tiny” is no repository."),
        ("ada/Nothing", "ada/Nothing was not found."),
        (f"{REPO}:Q3_K_M", f"There is no “Q3_K_M” in {REPO}."),
        (f"{REPO}:Q8_0", f"More than one file of {REPO} is “Q8_0”."),
    ):
        out, err = satchel.run("models", "get", typed, code=1)
        assert out == ""
        assert err.startswith(f"satchel: {words}")
    _, err = satchel.run("hub", "endpoint", "nonsense", code=1)
    assert "cannot be used" in err
    assert satchel.json("hub", "endpoint")["endpoint"] == hub.url


def test_a_hub_that_is_not_there_is_said(satchel: Satchel, hub: HubServer) -> None:
    satchel.home.settings_file.write_text('[network]\nendpoint = "http://127.0.0.1:9"\n')
    _, err = satchel.run("models", "search", "tiny", code=1)
    assert "cannot be reached" in err
    assert hub.requests == []


def test_a_download_that_another_satchel_transfers_is_watched(satchel: Satchel, hub: HubServer) -> None:
    stalls = hub.behaviour = Stalls(RANGE_BYTES // 2, times=100)
    process = satchel.start("models", "get", SMALL)
    assert stalls.stalled.wait(60)
    services = Services.open(satchel.home)
    try:
        (download,) = services.downloads.all()
        services.downloads.resume(download.id)
        until(lambda: services.downloads.get(download.id).elsewhere)
        hub.behaviour = Behaviour()
        stalls.let_go.set()
        watched = watch(services, Terminal(io.StringIO(), io.StringIO()), [download.id])
        assert [each.state for each in watched.downloads] == ["done"]
    finally:
        services.close()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "Downloaded and verified" in out


def test_a_download_is_paused_from_another_terminal(satchel: Satchel, hub: HubServer) -> None:
    stalls = hub.behaviour = Stalls(RANGE_BYTES // 2, times=100)
    process = satchel.start("models", "get", SMALL)
    assert stalls.stalled.wait(60)
    (download,) = satchel.json("models", "downloads")
    assert satchel.run("models", "downloads", "pause", str(download["id"]))[0].startswith("Paused: ")
    out, err = process.communicate(timeout=60)
    stalls.let_go.set()
    assert (process.returncode, out) == (1, "")
    assert "It was paused elsewhere." in err
    assert f"satchel models downloads resume {download['id']}" in err
