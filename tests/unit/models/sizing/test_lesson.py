from __future__ import annotations

from pathlib import Path

from app.models.gguf_reader import read_header
from app.models.sizing import bits_rows, lesson


def test_parameters_times_bytes_with_the_file_among_them(chat_model: Path) -> None:
    header = read_header(chat_model)
    rows = bits_rows(header)
    assert [row.bits for row in rows if not row.this_file] == [32, 16, 8, 4]
    assert [row.weights_bytes for row in rows if not row.this_file] == [
        4 * header.parameters,
        2 * header.parameters,
        header.parameters,
        header.parameters // 2,
    ]
    (own,) = [row for row in rows if row.this_file]
    assert (own.weights_bytes, rows.index(own)) == (header.weights_bytes, 2)
    assert 8.4 < own.bits < 8.6


def test_what_the_context_adds(chat_model: Path) -> None:
    header = read_header(chat_model)
    found = lesson(header, (512, 4096, 8192))
    assert [point.kv_bytes for point in found.context] == [n_ctx * 30 * 2 * 192 * 2 for n_ctx in (512, 4096, 8192)]
    assert found.bytes_per_token == 30 * 2 * 192 * 2
    assert lesson(header, (512,)).bytes_per_token == 0.0
    assert found.parameters == header.parameters
