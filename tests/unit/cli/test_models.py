"""The commands about models, as far as they can be told without a hub, a process or a model."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import app.__main__ as start
from app.cli.advice import command_for
from app.cli.commands import COMMANDS
from app.cli.models.presets import _with
from app.cli.models.watching import progress_line
from app.cli.models.which_file import parse_wanted
from app.cli.parser import build_parser
from app.cli.terminal import Terminal
from app.cli.words import ago, amount, counted, expected_speed, parameters, percent, short_number, time_left
from app.core.errors import HubError, ModelError, NetworkError, OfflineError
from app.models.preset import NO_PRESET, Preset
from tests.helpers.fake_hub import NOW, download


@pytest.mark.parametrize(
    "typed",
    [
        "models search llama --sort trending --limit 5",
        "models curated --purpose code --json",
        "models show ada/Model-GGUF --context 8192 --kv-type q8_0 --exact",
        "models get ada/Model-GGUF:Q4_K_M --connections",
        "models downloads pause 1",
        "models downloads resume",
        "models list --json",
        "models add x.gguf --copy",
        "models use 1 2 /a/b",
        "models size 1 --context 100 --kv-type q8_0 --gpu-layers 3 --quantization Q4_K_M",
        "models plan 1 --kv-type f16 --kv-type q8_0 --quantization Q4_K_M",
        "models template 1 --diff",
        "models changed 1 --start-afresh",
        "models preset 1 temperature=0.7 top_k=40 --reset",
        "models adapter attach 1 a.gguf --scale -0.5",
        "models note 1",
        "models relink 1",
        "models trash empty --yes",
        "hub token set",
        "hub endpoint https://example.org --send-token",
        "network offline on",
    ],
)
def test_each_command_has_its_function(typed: str) -> None:
    assert build_parser().parse_args(typed.split()).command in COMMANDS


@pytest.mark.parametrize(
    "typed",
    [
        "models",
        "models size 1 --kv-type q3",
        "models size 1 --context 0",
        "models size 1 --context -5",
        "models size 1 --context 99999999999",
        "models size 1 --context many",
        "models search x --sort best",
        "models search x --limit 101",
        "models downloads pause",
        "models downloads pause all",
        "models template 1 --diff --accept",
        "models changed 1 --keep --start-afresh",
        "models preset 1 temperature",
        "models preset 1 =3",
        "models adapter attach 1 a.gguf --scale nan",
        "models adapter attach 1 a.gguf --scale much",
        "models use",
        "hub token set hf_secret",
        "hub token set --token hf_secret",
        "hub endpoint https://example.org --official",
        "network offline maybe",
    ],
)
def test_what_is_not_understood_gives_2(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        start.main(typed.split())
    assert caught.value.code == 2
    assert "usage: satchel" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "command"), [("models downloads", "models downloads list"), ("models trash", "models trash list")]
)
def test_a_list_is_what_is_shown_without_a_word(typed: str, command: str) -> None:
    for json in (["--json"], []):
        options = build_parser().parse_args([*typed.split(), *json])
        assert (options.command, options.json) == (command, bool(json))


def test_json_may_stand_before_or_after_the_last_word() -> None:
    for typed in ("models trash --json list", "models trash list --json"):
        assert build_parser().parse_args(typed.split()).json


@pytest.mark.parametrize(
    ("typed", "repo_id", "file"),
    [
        ("ada/Model", "ada/Model", ""),
        ("ada/Model:Q4_K_M", "ada/Model", "Q4_K_M"),
        ("ada/Model:sub/model.gguf", "ada/Model", "sub/model.gguf"),
        ("https://hub.example/ada/Model", "ada/Model", ""),
        ("https://hub.example/ada/Model/tree/main", "ada/Model", ""),
        ("https://hub.example/ada/Model/blob/main/sub/model%20a.gguf?x=1", "ada/Model", "sub/model a.gguf"),
    ],
)
def test_repositories_are_typed_or_pasted(typed: str, repo_id: str, file: str) -> None:
    assert parse_wanted(typed) == (repo_id, file)


@pytest.mark.parametrize("typed", ["Model", "a/b/c", "/b", "a/", ":Q4", "https://hub.example/", "a/ :Q4"])
def test_what_is_no_repository_is_said(typed: str) -> None:
    with pytest.raises(ModelError, match="is no repository"):
        parse_wanted(typed)


def test_presets_are_typed_as_pairs() -> None:
    chosen = _with(_with(_with(NO_PRESET, "temperature", "0.5"), "n-ctx", "2048"), "system_prompt", "")
    assert chosen == Preset(system_prompt="", temperature=0.5, n_ctx=2048)
    assert _with(chosen, "temperature", "default").temperature is None
    assert _with(chosen, "kv_type", "q8_0").kv_type == "q8_0"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("heat", "1", "no “heat” in a preset"),
        ("top_k", "1.5", "“1.5” is no top_k"),
        ("temperature", "", "“” is no temperature"),
        ("kv_type", "q3", "“q3” is no kv_type"),
    ],
)
def test_what_is_no_choice_is_said(key: str, value: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        _with(NO_PRESET, key, value)


def test_errors_name_the_command_where_they_name_the_settings() -> None:
    settings = "Change it in Settings, under Network."
    assert command_for(OfflineError("Offline.", "", settings)) == "satchel network offline off"
    assert command_for(HubError("Gated.", "", settings, reason="gated")) == "satchel hub token set"
    assert command_for(HubError("A mirror.", "", settings, reason="mirror")) == "satchel hub endpoint URL"
    assert command_for(HubError("Busy.", "", "Try again later.", reason="busy")) == ""
    assert command_for(NetworkError("No address.", "", settings)) == ""


def test_words_of_numbers() -> None:
    assert [counted(n, "file") for n in (0, 1, 1200)] == ["0 files", "1 file", "1,200 files"]
    assert [parameters(n) for n in (0, 134_515_008, 950_000_000, 8_030_000_000)] == ["", "135 M", "0.9 B", "8.0 B"]
    assert [short_number(n) for n in (999, 1234, 34_400, 1_250_000)] == ["999", "1.2 k", "34 k", "1.2 M"]
    assert [time_left(s) for s in (None, 0.2, 89, 300, 7800)] == [
        "",
        "1 s left",
        "89 s left",
        "5 min left",
        "2 h 10 min left",
    ]
    assert [percent(*pair) for pair in ((0, 0), (999, 1000), (1000, 1000))] == ["", "99 %", "100 %"]
    assert [amount(*pair) for pair in ((5_000_000, 0), (840_000_000, 2_800_000_000))] == ["5.0 MB", "840 MB of 2.8 GB"]
    assert (ago(None), ago(NOW, NOW)) == ("", "today")
    assert [expected_speed(speed) for speed in (None, 1.25)] == [
        "",
        "Expect about 1.2 tokens per second; that is an estimate.",
    ]


def test_progress_says_how_far_how_fast_and_how_long() -> None:
    line = progress_line(download(1, "downloading", 0.43))
    assert line.startswith("Qwen3 1.7B: 43 %  ")
    assert "18.4 MB/s" in line
    assert line.endswith("s left")
    waiting = progress_line(download(1, "queued", elsewhere=True), 2)
    assert waiting == "Qwen3 1.7B: waiting for its turn in another Satchel  (and 2 more)"


def test_paths_and_addresses_stay_whole() -> None:
    out = io.StringIO()
    path = str(Path("/a-b") / ("long-name-" * 12) / "model-q4_k_m.gguf")
    Terminal(out, io.StringIO()).paragraph(f"It lies at {path}", rest="  ")
    assert path in out.getvalue()
