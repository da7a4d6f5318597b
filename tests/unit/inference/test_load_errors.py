import os
import sys
from pathlib import Path

import pytest

from app.core.errors import DoesNotFit, ModelError
from app.inference.load_errors import check_file, load_error
from app.models.native import ERROR, INFO, WARNING, LogLine

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


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><title>Log in</title>", "web page"),
        (b"  <html>", "web page"),
        (b"PK\x03\x04....", "zip archive"),
        (b"\x00\x01\x02", "not a model in the GGUF format"),
        (b"ggml....", "before GGUF"),
    ],
)
def test_files_that_are_no_models(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=why):
        check_file(path, 10**12)


def test_a_file_that_is_gone_a_folder_and_a_pipe(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not there any more"):
        check_file(tmp_path / "gone.gguf", 10**12)
    with pytest.raises(ModelError, match="not a file"):
        check_file(tmp_path, 10**12)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.gguf")
        with pytest.raises(ModelError, match="not a file"):
            check_file(tmp_path / "pipe.gguf", 10**12)


def test_weights_larger_than_free_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.gguf"
    with path.open("wb") as file:
        file.write(b"GGUF")
        file.truncate(3 * 10**9)
    check_file(path, 4 * 10**9)
    check_file(path, None)
    with pytest.raises(DoesNotFit, match=r"3\.0 GB.*2\.0 GB"):
        check_file(path, 2 * 10**9)
