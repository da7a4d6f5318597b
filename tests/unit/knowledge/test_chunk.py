import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.chunk import Chunk, ChunkPolicy, chunk
from app.knowledge.headings import heading_text, headings_of
from app.knowledge.parse import Block, ParsedFile, markdown, pdf, plain, source
from app.knowledge.sentences import sentences
from tests.helpers.pdf import lines, write_pdf

SMALL = ChunkPolicy(minimum=16, maximum=20, tiny=8)


def words(texts: Sequence[str]) -> list[int]:
    """A tokenizer: words and marks."""
    return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def sentence(number: int, length: int = 9) -> str:
    return f"Sentence {number} says " + "so " * (length - 4) + "."


def texts(parsed: ParsedFile, chunks: Sequence[Chunk]) -> list[str]:
    return [parsed.text[c.start : c.end] for c in chunks]


def md(text: str) -> ParsedFile:
    return markdown.parse(text.encode())


def test_a_small_section_is_one_chunk_with_its_path() -> None:
    parsed = md("# House\n\nIt has two floors and a roof.\n\n## Cellar\n\nThe cellar is dry and cool.\n")
    chunks = chunk(parsed, words, SMALL)
    assert texts(parsed, chunks) == [
        "# House\n\nIt has two floors and a roof.",
        "## Cellar\n\nThe cellar is dry and cool.",
    ]
    assert [c.heading for c in chunks] == ["House", "House › Cellar"]
    assert [c.page for c in chunks] == [None, None]


def test_tiny_sections_join_what_follows_but_do_not_leave_their_chapter() -> None:
    parsed = md(
        "# A\n\n## B\n\nTiny.\n\n## C\n\nThis one has more words in it.\n\n## D\n\nTiny.\n\n# E\n\nThe end of it all.\n"
    )
    chunks = chunk(parsed, words, SMALL)
    assert [re.sub(r"\s+", " ", t) for t in texts(parsed, chunks)] == [
        "# A ## B Tiny. ## C This one has more words in it.",
        "## D Tiny.",
        "# E The end of it all.",
    ]
    assert [c.heading for c in chunks] == ["A", "A › D", "E"], "what all of it stands under"


def test_tiny_sections_in_one_chunk_have_the_heading_that_they_share() -> None:
    parsed = md("# Manual\n\n## Warranty\n\n### Frame\n\nFive years.\n\n### Base\n\nTwo years.\n")
    [one] = chunk(parsed, words)
    assert one.heading == "Manual › Warranty"
    assert [(h.path, parsed.text[h.start : h.end]) for h in headings_of(parsed)] == [
        ("Manual", "# Manual"),
        ("Manual › Warranty", "## Warranty"),
        ("Manual › Warranty › Frame", "### Frame"),
        ("Manual › Warranty › Base", "### Base"),
    ]


def test_a_heading_is_never_alone_at_the_end() -> None:
    parsed = md("## Only a heading\n\n# Next\n\nWith words.\n\n# And again\n")
    chunks = chunk(parsed, words, SMALL)
    assert [c.heading for c in chunks][:1] == ["Next"]
    assert texts(parsed, chunks)[0].startswith("## Only a heading")


def test_long_sections_are_cut_between_paragraphs_when_one_ends_near_the_size() -> None:
    paragraphs = [f"{sentence(1)} {sentence(2)}", f"{sentence(3)} {sentence(4)}", sentence(5)]
    parsed = md("\n\n".join(paragraphs))
    assert texts(parsed, chunk(parsed, words, SMALL)) == paragraphs


def test_else_between_sentences() -> None:
    parsed = md(" ".join(sentence(n) for n in range(1, 8)))
    assert texts(parsed, chunk(parsed, words, SMALL)) == [
        f"{sentence(1)} {sentence(2)}",
        f"{sentence(3)} {sentence(4)}",
        f"{sentence(5)} {sentence(6)}",
        sentence(7),
    ]


def test_a_sentence_longer_than_a_chunk_is_cut_at_clauses() -> None:
    clause = "when the boiler gets warm and the water in it begins to boil and boil and boil, "
    parsed = plain.parse((clause * 6).encode())
    for text in texts(parsed, chunk(parsed, words, SMALL)):
        assert text.endswith(",")


@pytest.mark.parametrize("text", ["漢字" * 300, "x" * 5000, "🙂" * 300, "a-" * 900])
def test_what_has_no_words_is_cut_anywhere(text: str) -> None:
    def characters(pieces: Sequence[str]) -> list[int]:
        return [len(piece.encode()) for piece in pieces]

    parsed = plain.parse(text.encode())
    chunks = chunk(parsed, characters, SMALL)
    assert "".join(texts(parsed, chunks)) == text
    assert max(c.tokens for c in chunks) <= SMALL.maximum
    assert sum(c.tokens for c in chunks) / len(chunks) > SMALL.maximum / 2


def test_tables_are_cut_between_rows() -> None:
    rows = [f"| row {n} | with | cells |" for n in range(12)]
    parsed = md("\n".join(["| a | b | c |", "|---|---|---|", *rows]))
    for text in texts(parsed, chunk(parsed, words, SMALL)):
        assert all(line.startswith("|") and line.endswith("|") for line in text.split("\n"))


def test_code_is_cut_between_definitions_then_at_blank_lines() -> None:
    code = "".join(f"def f{n}(a):\n    b = a + {n}\n    return b\n\n\n" for n in range(4))
    parsed = source.parse(code.encode())
    assert [text.count("def") for text in texts(parsed, chunk(parsed, words, SMALL))] == [1, 1, 1, 1]
    long = "def f(a):\n" + "\n".join(f"    a{n} = a + {n}\n    b{n} = a{n}\n" for n in range(6))
    parsed = source.parse(long.encode())
    for text in texts(parsed, chunk(parsed, words, SMALL)):
        assert re.search(r"b\d = a\d$", text)


def test_the_page_is_where_the_chunk_starts() -> None:
    body = "The boiler heats the water to sixty degrees and holds it there for"
    parsed = pdf.parse(write_pdf([lines(body + "."), lines(body), lines("a while. " + body + ".")]))
    assert [c.page for c in chunk(parsed, words, SMALL)] == [1, 2, 3]


def test_what_belongs_to_no_block_is_in_no_chunk() -> None:
    contents = [f"Chapter {n} . . . . . . . . . . . . . . . . {n}" for n in range(9)]
    body = "The boiler heats the water to sixty degrees."
    parsed = pdf.parse(write_pdf([lines("First words."), lines(*contents), lines(body)]))
    assert texts(parsed, chunk(parsed, words, SMALL)) == ["First words.", body]


def test_an_edit_changes_its_own_section_only() -> None:
    sections = [f"# Part {n}\n\n" + " ".join(sentence(i * n + i) for i in range(9)) for n in range(5)]
    before = md("\n\n".join(sections))
    sections[2] = sections[2].replace("Sentence", "A much longer beginning of the sentence", 3)
    after = md("\n\n".join(sections))
    old, new = (
        {part: [t for t, c in zip(texts(p, cs), cs, strict=True) if c.heading == f"Part {part}"] for part in range(5)}
        for p, cs in ((before, chunk(before, words, SMALL)), (after, chunk(after, words, SMALL)))
    )
    assert [part for part in range(5) if old[part] != new[part]] == [2]


def test_an_edit_in_a_long_text_without_headings_changes_few_chunks() -> None:
    paragraphs = [" ".join(sentence(n * 7 + i, 8 + (n * i) % 5) for i in range(1 + n % 4)) for n in range(200)]
    before = plain.parse("\n\n".join(paragraphs).encode())
    paragraphs[20] += " And another sentence was added to it."
    after = plain.parse("\n\n".join(paragraphs).encode())
    old, new = (set(texts(p, chunk(p, words, SMALL))) for p in (before, after))
    assert len(new) > 150
    assert len(new - old) <= 8


@pytest.mark.parametrize(
    ("source_text", "words_only"),
    [("## Care  of\tit ##", "Care of it"), ("Title\n=====", "Title"), ("C#", "C#"), ("x" * 130, "x" * 119 + "…")],
)
def test_headings_without_their_marks(source_text: str, words_only: str) -> None:
    assert heading_text(source_text) == words_only


BLOCKS = st.lists(
    st.tuples(
        st.sampled_from(["heading", "paragraph", "list", "table", "code"]),
        st.integers(1, 6),
        st.lists(st.sampled_from(["word", "Word", "end. ", ", ", "\n", "- item ", " | ", "x" * 70, "。"]), max_size=60),
    ),
    max_size=12,
)


@given(BLOCKS)
def test_every_character_of_every_block_is_in_exactly_one_chunk(made: list[tuple[str, int, list[str]]]) -> None:
    text, blocks = "", []
    for kind, level, pieces in made:
        body = "".join(pieces)
        if body.strip():
            blocks.append(Block(kind, len(text), len(text) + len(body), level if kind == "heading" else 0))  # type: ignore[arg-type]
            text += body + "\n\n"
    chunks = chunk(ParsedFile(text, tuple(blocks)), words, SMALL)
    last = 0
    for found in chunks:
        assert len(re.findall(r"\w+|[^\w\s]", text[found.start : found.end])) <= found.tokens
        assert text[last : found.start].strip() == ""
        assert found.start < found.end
        assert found.tokens <= SMALL.maximum
        last = found.end
    assert text[last:].strip() == ""


@given(st.lists(st.integers(3, 18), min_size=1, max_size=40))
def test_no_sentence_is_cut_that_fits(lengths: list[int]) -> None:
    parsed = plain.parse(" ".join(sentence(n, length) for n, length in enumerate(lengths)).encode())
    starts = {start for start, _ in sentences(parsed.text)}
    chunks = chunk(parsed, words, SMALL)
    assert {c.start for c in chunks} <= starts
    assert chunks == chunk(parsed, words, SMALL)
