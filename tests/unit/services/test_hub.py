"""What a person does with the hub: purposes, the access token, mirrors, and verdicts from headers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.connections import NetworkPolicy
from app.core.errors import HubError, ModelError
from app.core.network import Network
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.models.hub.catalogue import SHIPPED, read_catalogue
from app.models.hub.client import Hub
from app.models.hub.header_cache import HeaderCache
from app.services.hub import TOKEN, ModelHub, access_of
from app.services.model_sizer import ModelSizer
from app.storage.secrets import Secrets
from app.storage.settings import SettingsFile
from tests.helpers import gguf_files
from tests.helpers.hub_server import HubServer


class Bench:
    """The service as it is put together for a home, with a hub on loopback as its mirror."""

    def __init__(self, home: Home, server: HubServer) -> None:
        self.home, self.server = home, server
        self.settings = SettingsFile(home.settings_file)
        self.set(endpoint=server.url)
        self.secrets = Secrets(home, lambda: None)
        self.network = Network(NetworkPolicy, lambda: None)
        client = Hub(self.network, lambda: access_of(self.settings, self.secrets), HeaderCache(home.cache / "headers"))
        sizer = ModelSizer(InferenceClient(home), lambda: 16 * 10**9)
        self.hub = ModelHub(client, sizer, self.secrets, self.settings, read_catalogue(SHIPPED))

    def set(self, **choices: object) -> None:
        """Change the network settings."""
        current = self.settings.current
        self.settings.save(replace(current, network=replace(current.network, **choices)))


@pytest.fixture
def bench(home: Home) -> Iterator[Bench]:
    with HubServer() as server:
        bench = Bench(home, server)
        yield bench
        bench.network.close()


def test_models_of_the_curated_list_say_what_for(bench: Bench) -> None:
    bench.server.add("Qwen/Qwen3-0.6B-GGUF", {})
    bench.server.add("Qwen/Qwen3-Unknown-GGUF", {})
    found = {model.name: model.purpose for model in bench.hub.search("qwen3").models}
    assert found == {"Qwen3-0.6B-GGUF": "tiny", "Qwen3-Unknown-GGUF": ""}
    assert bench.hub.details("Qwen/Qwen3-0.6B-GGUF").model.purpose == "tiny"
    assert len(bench.hub.curated()) >= 25


def test_the_token_goes_to_a_mirror_only_when_it_is_approved(bench: Bench) -> None:
    bench.server.tokens["hf_secret"] = "ada"
    bench.hub.set_token("  hf_secret\n")
    assert bench.hub.has_token() and not bench.hub.token_is_sent()
    bench.hub.search("x")
    with pytest.raises(HubError, match="No access token is sent"):
        bench.hub.check_token()
    assert not any("authorization" in seen.headers for seen in bench.server.requests)

    bench.hub.approve_endpoint()
    assert bench.hub.token_is_sent()
    assert bench.hub.check_token() == "ada"
    assert bench.server.requests[-1].headers["authorization"] == "Bearer hf_secret"

    bench.server.requests.clear()
    bench.set(endpoint=bench.server.cdn_url)  # another mirror: approved was the first one
    assert not bench.hub.token_is_sent()
    with pytest.raises(HubError):
        bench.hub.search("x")
    assert bench.server.requests and not any("authorization" in seen.headers for seen in bench.server.requests)

    bench.set(endpoint="")
    assert access_of(bench.settings, bench.secrets).token == "hf_secret"
    assert (bench.hub.endpoint, bench.hub.token_is_sent()) == ("https://huggingface.co", True)


def test_a_token_is_kept_and_forgotten_and_never_shown(bench: Bench) -> None:
    for wrong in ("", "  ", "two words", "töken", "hf_\x00"):
        with pytest.raises(HubError, match="not an access token") as caught:
            bench.hub.set_token(wrong)
        assert not wrong.strip() or wrong not in str(caught.value)
    bench.hub.set_token("hf_secret")
    assert "only you can read" in bench.hub.token_place()
    assert "hf_secret" not in bench.home.settings_file.read_text()
    bench.hub.forget_token()
    assert not bench.hub.has_token() and bench.secrets.get(TOKEN) == ""


def test_starting_imports_no_http_library(home: Home) -> None:
    """They take longer to import than the window takes to show."""
    program = """
import sys
from app.core.paths import Home
from app.services.compose import Services
services = Services.open(Home.locate().create())
services.hub.curated()
services.connections.list()
services.close()
print({"httpx2", "huggingface_hub", "keyring"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[3]
    )
    assert done.stdout == "set()\n", done.stderr


def test_a_mirror_that_is_no_address_is_said(bench: Bench) -> None:
    bench.set(endpoint="nonsense")
    with pytest.raises(HubError, match="mirror's address cannot be used"):
        bench.hub.search("x")


def test_a_verdict_needs_the_header_only(bench: Bench, tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "m-Q4_0.gguf", n_layers=4, n_embd=2048, n_ff=8192, n_heads=16, n_vocab=32_000)
    bench.server.add("a/b", {path.name: path, "mmproj-F16.gguf": gguf_files.write(tmp_path / "p", CLIP, {})})
    model, projector = bench.hub.details("a/b").files
    verdict = bench.hub.verdict(model, measure=False)
    assert verdict.fit == "fits"
    assert verdict.n_ctx == bench.settings.current.model.context
    assert verdict.weights_bytes > 100 * 10**6 > 10 * bench.server.sent_bytes("/repos/")
    assert bench.hub.verdict(model, 32_768, measure=False).kv_bytes == 8 * verdict.kv_bytes
    assert bench.hub.verdict(model, 32_768, "q8_0", measure=False).kv_bytes < 8 * verdict.kv_bytes
    with pytest.raises(ModelError, match="is not a language model"):
        bench.hub.verdict(projector)


def test_a_verdict_of_a_split_model_counts_all_parts(bench: Bench, tmp_path: Path) -> None:
    whole = gguf_files.llama(tmp_path / "whole-Q4_0.gguf", n_layers=4)
    parts = gguf_files.split(whole, tmp_path, 3, "parts-Q4_0")
    bench.server.add("a/b", {path.name: path for path in (whole, *parts)})
    verdicts = [bench.hub.verdict(file, measure=False) for file in bench.hub.details("a/b").files]
    assert verdicts[0].weights_bytes == verdicts[1].weights_bytes > 0


CLIP = {"general.architecture": "clip", "general.type": "mmproj"}
