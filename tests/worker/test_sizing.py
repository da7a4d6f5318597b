"""Predictions against real loads: to the byte, for networks of every kind (all of them: tests.bench.sizing)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.chat.transcript import ChatMessage
from app.core.errors import DoesNotFit, ModelError
from app.core.paths import Home
from app.inference.client import InferenceClient
from app.inference.probe import Probe
from app.inference.protocol import AdapterUse, LoadSettings, Sampling
from app.models.gguf_reader import read_header
from app.models.requantized import requantized, write_without_weights
from app.models.sizing import estimate
from app.models.summary import read_summary
from app.services.layouts import layout_of
from app.services.measured_loads import MeasuredLoads
from app.services.model_sizer import ModelSizer
from app.storage.measurements import LayoutRecords, MeasurementRecords
from app.storage.schema import open_database
from tests.helpers import gguf_files
from tests.helpers.embedders import load_embedder, write_embedder
from tests.helpers.lora import write_lora
from tests.helpers.synthetic_models import Storage, write
from tests.helpers.synthetic_shapes import SHAPES

MIB = 2**20
KINDS = ("llama-tied", "gemma2", "mixtral", "openelm", "deepseek2", "mamba", "jamba", "lfm2")
STARTER_MATRICES = tuple(
    f"blk.{layer}.{part}.weight" for layer in range(30) for part in ("attn_q", "ffn_up", "ffn_down")
)
KNOWN = {"decode": 1, "prompt": 1}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InferenceClient]:
    client = InferenceClient(Home(tmp_path_factory.mktemp("sizing")).create())
    yield client
    client.close()


@pytest.mark.parametrize("name", KINDS)
def test_every_buffer_is_as_large_as_predicted(client: InferenceClient, tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    settings = LoadSettings(n_ctx=1536, kv_type="q8_0")
    predicted = client.probe(path, settings)
    loaded = client.load(path, settings, KNOWN)
    assert loaded.memory.buffers == predicted.buffers != ()
    assert predicted.weights_bytes > 2 * MIB
    assert predicted.kv_bytes > 0
    formula = estimate(read_summary(path)[0], 1536, "q8_0")
    assert (formula.weights_bytes, formula.kv_bytes) == (predicted.weights_bytes, predicted.kv_bytes)
    assert formula.compute_bytes == pytest.approx(predicted.compute_bytes, rel=0.3)


def test_without_flash_attention(client: InferenceClient, tmp_path: Path) -> None:
    path = write(tmp_path, "openelm")
    settings = LoadSettings(n_ctx=2048, flash_attention=False)
    predicted = client.probe(path, settings)
    assert client.load(path, settings, KNOWN).memory.buffers == predicted.buffers
    assert predicted.compute_bytes > 3 * client.probe(path, LoadSettings(n_ctx=2048)).compute_bytes


def test_a_repacked_model_is_counted_where_its_weights_lie(client: InferenceClient, tmp_path: Path) -> None:
    path = write(tmp_path, "llama", Storage("Q4_0"))
    predicted = client.probe(path, LoadSettings(n_ctx=512))
    assert client.load(path, LoadSettings(n_ctx=512), KNOWN).memory.buffers == predicted.buffers
    assert layout_of(predicted).on("CPU").weights_bytes == predicted.weights_bytes


def test_a_header_alone_tells_the_same_also_of_a_split_model(client: InferenceClient, tmp_path: Path) -> None:
    real = write(tmp_path / "real", "llama", Storage(parts=3))
    bare = tmp_path / "bare"
    bare.mkdir()
    for part in sorted(real.parent.glob("*.gguf")):
        with (bare / part.name).open("wb") as file:
            file.write(part.read_bytes()[: read_header(part).data_start])
            file.truncate(part.stat().st_size)
    settings = LoadSettings(n_ctx=1024)
    predicted = client.probe(bare / real.name, settings)
    assert predicted.buffers == client.probe(real, settings).buffers
    assert client.load(real, settings, KNOWN).memory.buffers == predicted.buffers
    whole = client.probe(write(tmp_path, "llama"), settings)
    assert (predicted.weights_bytes, predicted.kv_bytes) == (whole.weights_bytes, whole.kv_bytes)


def test_a_full_context_takes_what_was_predicted(client: InferenceClient, tmp_path: Path) -> None:
    path = write(tmp_path, "mixtral")
    settings = LoadSettings(n_ctx=4096)
    predicted = client.probe(path, settings).resident_bytes
    client.load(path, settings, KNOWN)
    figures = client.generate([ChatMessage("user", "the and " * 1010)], Sampling(), max_tokens=4).result().figures
    assert figures.prompt_tokens > 3900
    assert figures.peak_bytes >= figures.resident_bytes > 0
    assert 0.99 * figures.resident_bytes <= predicted <= figures.resident_bytes + 16 * MIB


def test_a_quantization_that_does_not_exist_yet(client: InferenceClient, home: Home, tmp_path: Path) -> None:
    path = write(tmp_path, "llama", Storage("F16"))
    header = ModelSizer(client).quantized(path, "Q4_0")
    by_name = {tensor.name: tensor.type.name for tensor in header.tensors}
    assert by_name["blk.0.ffn_up.weight"] == "Q4_0"
    assert by_name["blk.0.attn_norm.weight"] == "F32"
    assert 0.25 < header.weights_bytes / read_header(path).weights_bytes < 0.4
    layout = ModelSizer(client).quantized_layout(path, "Q4_0", LoadSettings(n_ctx=512))
    assert layout is not None
    assert layout.source == "llama.cpp"
    assert layout.weights_bytes == pytest.approx(header.weights_bytes, rel=0.01)


def test_a_dry_run_of_a_split_model_gives_one_file(client: InferenceClient, tmp_path: Path) -> None:
    path = write(tmp_path, "llama", Storage(parts=3))
    header, _ = read_summary(path)
    changed = requantized(header, client.tensor_types(path, "Q8_0"), "Q8_0")
    target = tmp_path / "q8.gguf"
    write_without_weights(changed, path, target)
    again = read_header(target)
    assert again.tensors == changed.tensors
    assert again.integer("general.file_type") == 7
    assert client.probe(target, LoadSettings(n_ctx=512)).weights_bytes == changed.weights_bytes


def test_a_type_that_is_not_known_is_said(client: InferenceClient, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no quantization called Q9"):
        client.tensor_types(write(tmp_path, "llama"), "Q9")


def test_a_header_that_claims_a_giant_state_does_not_fill_the_memory(home: Home, tmp_path: Path) -> None:
    """llama.cpp really allocates recurrent state, even in a layout without allocation."""
    keys: dict[str, gguf_files.Scalar] = {
        **{f"mamba.{key}": value for key, value in SHAPES["mamba"].keys.items() if isinstance(value, int | float)},
        "general.architecture": "mamba",
        "mamba.ssm.state_size": 2**20,
        "mamba.vocab_size": 512,
        "tokenizer.ggml.model": "no_vocab",
    }
    large = {"ssm_a": (2**20, 512), "ssm_x.weight": (512, 16 + 2 * 2**20)}
    tensors = {
        name: ("F32", next((shape for end, shape in large.items() if name.endswith(end)), shape))
        for name, shape in SHAPES["mamba"].tensors.items()
    }
    path = gguf_files.write(tmp_path / "giant.gguf", keys, tensors)
    probe = Probe(home)
    try:
        with pytest.raises(DoesNotFit, match="not enough free memory"):
            probe.measure(path, LoadSettings(n_ctx=512))
        assert probe.measure(write(tmp_path, "mamba"), LoadSettings(n_ctx=512)).kv_bytes > 0
    finally:
        probe.close()


@pytest.mark.parametrize("name", ["llama", "openelm"])
def test_adapters_are_laid_out_with_their_model(client: InferenceClient, tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    matrices = [
        each.name for each in read_header(path).tensors if each.name.startswith("blk.") and "norm" not in each.name
    ]
    lora = write_lora(tmp_path / "lora.gguf", path, matrices, rank=64)
    sizer, bare = ModelSizer(client), LoadSettings(n_ctx=2048)
    attached = LoadSettings(n_ctx=2048, adapters=(AdapterUse(str(lora)),))
    without, found = sizer.layout(path, bare), sizer.layout(path, attached)
    assert without is not None
    assert found is not None
    more = read_header(lora).weights_bytes
    assert more > 3_000_000
    assert found.weights_bytes == without.weights_bytes + more
    assert sizer.estimate(path, attached).weights_bytes == found.weights_bytes
    plain = client.load(path, bare, KNOWN).memory
    loaded = client.load(path, attached, KNOWN).memory
    assert loaded.compute_bytes == found.compute_bytes > without.compute_bytes == plain.compute_bytes
    assert loaded.kv_bytes == found.kv_bytes


def test_an_adapter_takes_what_was_predicted(home: Home, chat_model: Path, tmp_path: Path) -> None:
    lora = write_lora(tmp_path / "lora.gguf", chat_model, STARTER_MATRICES, rank=128)
    taken, predicted = [], []
    for adapters in ((), (AdapterUse(str(lora)),)):
        client = InferenceClient(home)
        try:
            settings = LoadSettings(n_ctx=512, adapters=adapters)
            layout = ModelSizer(client).layout(chat_model, settings)
            assert layout is not None
            predicted.append(layout.resident_bytes)
            client.load(chat_model, settings, KNOWN)
            reply = client.generate([ChatMessage("user", "the and " * 200)], Sampling(), max_tokens=4).result()
            taken.append(reply.figures.resident_bytes)
        finally:
            client.close()
    assert read_header(lora).weights_bytes > 70 * MIB
    assert predicted[1] - predicted[0] == pytest.approx(taken[1] - taken[0], rel=0.05)


def test_an_adapter_that_is_off_takes_its_weights_only(client: InferenceClient, tmp_path: Path) -> None:
    path = write(tmp_path, "openelm")
    lora = write_lora(tmp_path / "lora.gguf", path, ("blk.0.attn_qkv.weight",), rank=64)
    sizer = ModelSizer(client)
    bare = sizer.layout(path, LoadSettings(n_ctx=512))
    off = sizer.layout(path, LoadSettings(n_ctx=512, adapters=(AdapterUse(str(lora), 0.0),)))
    assert bare is not None
    assert off is not None
    assert off.compute_bytes == bare.compute_bytes
    assert off.weights_bytes == bare.weights_bytes + read_header(lora).weights_bytes


@pytest.mark.parametrize("name", ["starter", "bert", "nomic-bert"])
def test_an_embedding_model_takes_what_was_predicted(
    client: InferenceClient, embedding_model: Path, tmp_path: Path, name: str
) -> None:
    path = embedding_model if name == "starter" else write_embedder(tmp_path, name)
    layout = ModelSizer(client).layout(path, LoadSettings(n_ctx=8192))
    assert layout is not None
    assert layout.source == "llama.cpp"
    real = load_embedder(path)
    assert [layout.weights_bytes, layout.kv_bytes, layout.compute_bytes] == real.buffers
    own = estimate(read_summary(path)[0], 512)
    assert own.weights_bytes == layout.weights_bytes
    assert own.compute_bytes == pytest.approx(layout.compute_bytes, rel=0.3)
    assert 0.99 * real.resident_bytes <= layout.resident_bytes <= real.resident_bytes + 16 * MIB


def test_the_probe_stays_for_the_next_question_and_ends_when_there_is_none(home: Home, tmp_path: Path) -> None:
    path = write(tmp_path, "llama")
    probe = Probe(home, idle_s=1.5)
    probe.measure(path, LoadSettings(n_ctx=512))
    first = probe.pid
    assert first is not None
    child = psutil.Process(first)
    probe.measure(path, LoadSettings(n_ctx=1024))
    assert probe.pid == first
    assert not psutil.wait_procs([child], timeout=20)[1], "it went by itself"
    probe.measure(path, LoadSettings(n_ctx=512))
    assert probe.pid not in (None, first)
    probe.close()
    assert probe.pid is None


def test_layouts_outlive_the_program_and_loads_are_remembered(
    client: InferenceClient, home: Home, tmp_path: Path
) -> None:
    path, settings = write(tmp_path, "qwen3"), LoadSettings(n_ctx=2048)
    database = open_database(home)
    try:
        sizer = _sizer(client, MeasurementRecords(database), LayoutRecords(database))
        asked = sizer.layout(path, settings)
        again = _sizer(client, MeasurementRecords(database), LayoutRecords(database))
        assert again.layout(path, settings, measure=False) == asked
        copy = tmp_path / "copy.gguf"
        copy.write_bytes(path.read_bytes())
        assert again.layout(copy, settings, measure=False) == asked, "the header counts, not where it lies"
        assert again.layout(path, LoadSettings(n_ctx=1024), measure=False) is None

        loaded = client.load(path, settings, KNOWN)
        sizer.note_load(path, settings, loaded)
        reply = client.generate([ChatMessage("user", "the and " * 300)], Sampling(), max_tokens=4).result()
        sizer.note_reply(reply.figures)
        (found,) = again.measurements(copy)
        assert found.predicted == asked
        assert found.peak_bytes >= reply.figures.peak_bytes
        assert found.prompt_tokens > 1000
        assert found.tokens_per_s > 0
        assert found.sentence.startswith("predicted ")
    finally:
        database.close()


def test_a_machine_whose_workers_take_more_is_learned(client: InferenceClient, home: Home, tmp_path: Path) -> None:
    path, settings = write(tmp_path, "llama"), LoadSettings(n_ctx=512)
    database = open_database(home)
    try:
        records = MeasurementRecords(database)
        sizer = _sizer(client, records, LayoutRecords(database))
        before = sizer.layout(path, settings)
        assert before is not None
        loaded = client.load(path, settings, KNOWN)
        sizer.note_load(path, settings, loaded)
        (found,) = sizer.measurements(path)
        heavier = found.predicted.resident_bytes + 50 * MIB
        records.keep(replace(found, peak_bytes=heavier, prompt_tokens=100))
        assert sizer.layout(path, settings) == before, "a short reply says nothing of full buffers"
        records.keep(replace(found, peak_bytes=heavier, prompt_tokens=2000))
        after = sizer.layout(path, settings)
        assert after is not None
        assert after.devices == before.devices
        assert after.other_bytes == before.other_bytes + 50 * MIB
        records.keep(replace(found, peak_bytes=1, prompt_tokens=2000))
        assert sizer.layout(path, settings) == before, "it never promises less than the parts"
    finally:
        database.close()


def _sizer(client: InferenceClient, records: MeasurementRecords, layouts: LayoutRecords) -> ModelSizer:
    return ModelSizer(client, lambda: 16 * 10**9, layouts=layouts, measured=MeasuredLoads(records, "this machine"))
