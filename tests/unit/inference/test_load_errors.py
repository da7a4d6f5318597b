from pathlib import Path

import pytest

from app.core.errors import DoesNotFit, ModelError
from app.inference.load_errors import check_file, load_error
from app.models.native import ERROR, INFO, WARNING, LogLine
from tests.helpers import gguf_files

PATH = Path("some/model.gguf")
FAILED = LogLine(ERROR, "llama_model_load_from_file_impl: failed to load model")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "llama_model_load: error loading model: tensor 'blk.2.ffn_up.weight' data is not within the file bounds, "
            "model is corrupted or incomplete",
            "incomplete or damaged",
        ),
        ("llama_model_load: error loading model: unknown model architecture: 'zebra'", "“zebra”"),
        ("error loading vocabulary: unknown pre-tokenizer type: 'smollm9'", "“smollm9”"),
        ("error loading model: missing tensor 'blk.1.attn_q.weight'", "blk.1.attn_q.weight"),
        (
            "check_tensor_dims: tensor 'blk.0.attn_q.weight' has wrong shape; expected 64, 0, got 64",
            "contradicts itself",
        ),
        ("gguf_init_from_reader: failed to read key-value pairs", "header is damaged"),
        ("llama_model_load: error loading model: something new", "llama.cpp says: something new."),
    ],
)
def test_llama_cpps_own_reason_in_words(text: str, why: str) -> None:
    error = load_error(PATH, [LogLine(INFO, "loading"), LogLine(ERROR, text), FAILED])
    assert type(error) is ModelError
    assert "model.gguf" in error.what
    assert why in error.why
    assert error.next_step


def test_no_memory_is_an_error_of_its_own() -> None:
    text = "ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 99999999999"
    assert isinstance(load_error(PATH, [LogLine(WARNING, text), FAILED]), DoesNotFit)


def test_without_any_reason() -> None:
    assert load_error(PATH, []).why == "llama.cpp gave no reason."


def test_what_the_library_would_not_take_is_not_given_to_llama_cpp(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    with pytest.raises(ModelError, match="not there any more"):
        check_file(path, 10**12)
    path.write_bytes(b"<!DOCTYPE html><title>Log in</title>")
    with pytest.raises(ModelError, match="web page"):
        check_file(path, 10**12)
    gguf_files.llama(path, n_layers=2, llama__block_count=600)
    with pytest.raises(ModelError, match="600 layers"):
        check_file(path, 10**12)


def test_weights_larger_than_free_memory(tmp_path: Path) -> None:
    path = gguf_files.llama(tmp_path / "big.gguf", n_layers=8, n_embd=8192, n_ff=28_672, n_heads=64, n_heads_kv=64)
    check_file(path, 5 * 10**9)
    check_file(path, None)
    with pytest.raises(DoesNotFit, match=r"4\.4 GB.*2\.0 GB"):
        check_file(path, 2 * 10**9)
