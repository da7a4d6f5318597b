"""Jupyter notebooks: Markdown cells as such, code cells as code; outputs are left out."""

from __future__ import annotations

import json

from app.knowledge.parse import markdown
from app.knowledge.parse.archive import damaged
from app.knowledge.parse.builder import TextBuilder
from app.knowledge.parse.decode import decode
from app.knowledge.parse.values import ParsedFile


def parse(data: bytes) -> ParsedFile:
    """Parse a notebook (nbformat 3 and up). Errors: :class:`DocumentError` when it is none."""
    try:
        notebook = json.loads(decode(data))
        cells = notebook.get("cells")
        if cells is None:  # nbformat 3
            cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        builder = TextBuilder()
        for cell in cells:
            source = cell.get("source", cell.get("input", ""))
            text = source if isinstance(source, str) else "".join(source)
            if cell.get("cell_type") == "code":
                builder.add("code", text)
            else:
                builder.add_all(markdown.parse(text.encode("utf-8", errors="replace")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged() from error
    return builder.build()
