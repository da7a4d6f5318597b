"""However a header is shaped, reading it from afar never transfers much more than it has."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.gguf_reader import parse_header
from app.models.header_cursor import HeaderCursor
from app.models.hub.ranges import FIRST_BYTES, GENEROSITY, just_enough
from tests.helpers import gguf_files

KEYS = st.lists(
    st.one_of(
        st.integers(0, 2**32 - 1),
        st.text(alphabet="xyz", max_size=2000),
        st.tuples(st.integers(1, 40_000), st.integers(0, 30)).map(lambda shape: ["x" * shape[1]] * shape[0]),
        st.integers(1, 40_000).map(lambda count: [1.5] * count),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(KEYS, st.integers(0, 1500))
def test_no_more_is_read_than_allowed(values: list[object], n_tensors: int) -> None:
    metadata = {f"key.{number}": value for number, value in enumerate(values)}
    tensors = {f"blk.{number}.attn_q.weight": ("F32", (32,)) for number in range(n_tensors)}
    start, data_bytes = gguf_files.header(metadata, tensors)  # type: ignore[arg-type]
    file = io.BytesIO(start + b"\0" * (data_bytes + 10**6))
    header = parse_header(HeaderCursor(file, "m.gguf", len(file.getbuffer()), just_enough))
    assert header.data_start == len(start)
    assert len(header.tensors) == n_tensors
    assert file.tell() <= max(FIRST_BYTES, GENEROSITY * len(start))
