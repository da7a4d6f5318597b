import io

import pytest
from PIL import Image

from app.core.errors import DocumentError, Skipped
from app.knowledge.parse import pdf
from tests.helpers.parsed import outline
from tests.helpers.pdf import PAGE_HEIGHT, PAGE_WIDTH, Text, lines, write_pdf

BODY = "The boiler heats the water to sixty degrees and holds it there for"


def test_headings_paragraphs_and_code() -> None:
    page = [
        *lines(
            "# Heating",
            "",
            BODY,
            "one hour. Then it rests.",
            "",
            "A second paragraph of",
            "two lines.",
            "",
            "- turn left",
        ),
        Text(72, 560, "x = boil(water)", 11, "Mono"),
        Text(72, 546, "    rest(x)", 11, "Mono"),
    ]
    parsed = pdf.parse(write_pdf([page], title="Manual"))
    assert parsed.title == "Manual"
    assert outline(parsed) == [
        ("heading1", "Heating"),
        ("paragraph", f"{BODY} one hour. Then it rests."),
        ("paragraph", "A second paragraph of two lines."),
        ("list", "- turn left"),
        ("code", "x = boil(water)\nrest(x)"),
    ]


def test_the_title_is_the_largest_words_of_the_first_page_where_none_is_named() -> None:
    assert pdf.parse(write_pdf([lines("# Heating", "", BODY, BODY)])).title == "Heating"


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [
        [Text(72, 760, "The Manual"), *lines("", f"On page {name}", f"{BODY} {name} hours."), Text(300, 30, str(n))]
        for n, name in enumerate(["one", "two", "three", "four"], start=1)
    ]
    parsed = pdf.parse(write_pdf(pages))
    assert len(parsed.pages) == 4
    assert "The Manual" not in parsed.text
    assert not any(c.isdigit() for c in parsed.text)
    third = parsed.pages[2]
    assert parsed.text[third.start : third.end] == f"On page three {BODY} three hours."


def test_the_number_of_a_single_page_is_no_block() -> None:
    parsed = pdf.parse(write_pdf([[*lines(BODY), Text(300, 30, "7")]]))
    assert outline(parsed) == [("paragraph", BODY)]


def test_a_paragraph_goes_on_over_the_page_break() -> None:
    parsed = pdf.parse(write_pdf([lines(BODY), lines("a whole hour. Then it rests.")]))
    assert outline(parsed) == [("paragraph", f"{BODY} a whole hour. Then it rests.")]
    assert parsed.text[parsed.pages[1].start :].startswith("a whole hour")


def test_words_hyphenated_at_the_end_of_a_line_are_whole_again() -> None:
    parsed = pdf.parse(write_pdf([lines("This sentence has a hyphen inside of a trans-", "formation of words.")]))
    assert outline(parsed) == [("paragraph", "This sentence has a hyphen inside of a transformation of words.")]


def test_the_rows_of_a_table() -> None:
    rows = [("Part", "Years", "Price"), ("base", "2", "12.50"), ("lid of glass", "none", "8.00")]
    cells = [Text(72 + 110 * c, 600 - 14 * r, word) for r, row in enumerate(rows) for c, word in enumerate(row)]
    data = write_pdf([[*lines(f"{BODY} long."), *cells]])
    parsed = pdf.parse(data)
    assert outline(parsed) == [
        ("paragraph", f"{BODY} long."),
        ("table", "Part | Years | Price\nbase | 2 | 12.50\nlid of glass | none | 8.00"),
    ]
    start = parsed.text.index("12.50")
    [mark] = pdf.render(data, 1, PAGE_WIDTH, start, start + 5).marks
    assert abs(mark.x - (72 + 220)) <= 2


def test_a_table_of_contents_is_no_block() -> None:
    contents = lines("# Contents", "", "Boilers . . . . . . . . . . . . . . 12", "Water . . . . . . . . . . . . . . 24")
    parsed = pdf.parse(write_pdf([contents, lines(BODY)]))
    assert "Contents" in parsed.text
    assert outline(parsed) == [("paragraph", BODY)]


def test_protected() -> None:
    with pytest.raises(DocumentError, match="protected with a password"):
        pdf.parse(write_pdf([lines(BODY)], password="secret"))


def test_without_text() -> None:
    with pytest.raises(Skipped, match="no text"):
        pdf.parse(write_pdf([[], []]))


def test_damaged() -> None:
    with pytest.raises(DocumentError, match="damaged"):
        pdf.parse(write_pdf([lines(BODY)])[:300])


def test_a_span_is_marked_where_it_stands_on_the_page() -> None:
    words = "Here stands a secret word in the middle."
    data = write_pdf([lines("first page"), [Text(100, 500, words, 20), Text(100, 470, "and more of it below.", 20)]])
    parsed = pdf.parse(data)
    start = parsed.text.index("secret") - parsed.pages[1].start
    image = pdf.render(data, 2, PAGE_WIDTH * 2, start, start + len("secret"))
    assert (image.width, image.height) == (PAGE_WIDTH * 2, PAGE_HEIGHT * 2)
    [mark] = image.marks
    baseline = (PAGE_HEIGHT - 500) * 2
    assert mark.y < baseline < mark.y + mark.height
    # Exactly these letters are black inside of the mark, and a space's width on both sides of it is white.
    page = Image.open(io.BytesIO(image.png)).convert("L")
    left, top, right, bottom = int(mark.x), int(mark.y), int(mark.x + mark.width), int(mark.y + mark.height)
    assert page.crop((left, top, right, bottom)).getextrema()[0] < 60
    for column in (left - 5, right + 4):
        assert page.crop((column, top, column + 1, bottom)).getextrema()[0] > 200


def test_a_span_over_two_lines_has_two_marks() -> None:
    data = write_pdf([lines("First line of a long sentence that", "goes on in the second line.")])
    text = pdf.parse(data).text
    marks = pdf.render(data, 1, 800, 0, len(text)).marks
    assert len(marks) == 2
    assert marks[0].y < marks[1].y
    assert abs(marks[0].x - marks[1].x) < 2


def test_a_page_that_is_shown_turned() -> None:
    page = lines("# Heating", "", BODY, "one hour. Then it rests.", "", "A second paragraph of", "two lines.", top=500)
    data = write_pdf([page], landscape=True)
    parsed = pdf.parse(data)
    assert outline(parsed) == [
        ("heading1", "Heating"),
        ("paragraph", f"{BODY} one hour. Then it rests."),
        ("paragraph", "A second paragraph of two lines."),
    ]
    start = parsed.text.index("second")
    image = pdf.render(data, 1, PAGE_HEIGHT, start, start + len("second"))
    assert (image.width, image.height) == (PAGE_HEIGHT, PAGE_WIDTH)
    [mark] = image.marks
    baseline = PAGE_WIDTH - (500 - 5 * 14)
    assert mark.y < baseline < mark.y + mark.height
    assert 72 < mark.x < 100


def test_a_page_that_is_not_there() -> None:
    with pytest.raises(DocumentError, match="no page 7"):
        pdf.render(write_pdf([lines(BODY)]), 7, 800, 0, 0)
