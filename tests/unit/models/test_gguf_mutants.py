"""Thousands of damaged headers through our own reader, in this process: its death or hang would be the window's."""

from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.models.summary import read_summary
from app.models.verdict import verdict
from tests.helpers.mutants import mutants

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_5000_damaged_headers_get_an_answer_each(tmp_path: Path, chat_model: Path) -> None:
    refused = accepted = 0
    for name, path in mutants(tmp_path, chat_model, 5_000):
        try:
            header, _ = read_summary(path)
            for n_ctx, kv_type in ((512, "f16"), (131_072, "q4_0")):
                assert verdict(header, n_ctx, kv_type, 8 * 10**9).sentence
            accepted += 1
        except ModelError as error:
            assert error.what and error.why and error.next_step, name
            refused += 1
    assert refused > 1_000, "most damage is seen"
    assert accepted > 500, "some cannot be: it is only another number"
