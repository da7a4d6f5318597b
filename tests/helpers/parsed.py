"""What must hold for every parsed file, and short ways to look at one."""

from __future__ import annotations

from app.knowledge.parse import ParsedFile


def assert_sound(parsed: ParsedFile) -> None:
    """Blocks and pages are in order, within the text, not overlapping; each block has something to say."""
    for spans in (parsed.blocks, parsed.pages):
        last = 0
        for span in spans:
            assert last <= span.start <= span.end <= len(parsed.text)
            last = span.end
    for block in parsed.blocks:
        assert parsed.text[block.start : block.end].strip()
        assert (1 <= block.level <= 6) if block.kind == "heading" else block.level == 0
    assert [page.number for page in parsed.pages] == list(range(1, len(parsed.pages) + 1))
    parsed.text.encode("utf-8")


def outline(parsed: ParsedFile) -> list[tuple[str, str]]:
    """Each block's kind (with its level for headings) and text; the file is checked to be sound."""
    assert_sound(parsed)
    return [(f"{block.kind}{block.level or ''}", parsed.text[block.start : block.end]) for block in parsed.blocks]
