import pytest

from app.knowledge.parse import sheet
from tests.helpers.parsed import outline


def test_rows_say_what_their_values_mean() -> None:
    data = b'part,years,note\nbase,2,"cracks, mostly"\nlid,,"two\nlines"\n'
    assert outline(sheet.parse(data)) == [
        (
            "table",
            "part | years | note\npart: base | years: 2 | note: cracks, mostly\npart: lid | note: two lines",
        )
    ]


def test_without_a_header() -> None:
    assert outline(sheet.parse(b"1,2\n3,4\n")) == [("table", "1 | 2\n3 | 4")]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_delimiters(mark: str) -> None:
    data = f"name{mark}age\nAda{mark}36,5\n".encode()
    assert outline(sheet.parse(data)) == [("table", "name | age\nname: Ada | age: 36,5")]
