"""What the source pane shows: a file's text around a cited span, and its page as an image."""

from __future__ import annotations

import logging
from pathlib import Path, PurePath

from app.core.errors import SatchelError
from app.knowledge.file_records import FileRecord
from app.knowledge.ledger import Ledger
from app.knowledge.parse import ParserProcess
from app.knowledge.protocol import PageImage, ReadSource, Source

log = logging.getLogger(__name__)


def read_source(request: ReadSource, ledger: Ledger, parser: ParserProcess) -> Source:
    """Text from the ledger, so that a citation can be checked even when the file has changed or is gone.

    Error: :class:`DocumentError` when the file is not in the ledger.
    """
    file = ledger.file(request.file_id)
    text = ledger.text(file.id)
    start = max(0, min(request.start, len(text)))
    end = max(start, min(request.end, len(text)))
    text_start = max(0, start - request.context_chars)
    text_end = min(len(text), end + request.context_chars)
    heading, page = ledger.place(file.id, start)
    changed = _has_changed(file)
    image: PageImage | None = None
    if page is not None and not changed:
        number, page_start, page_end = page
        # On the page itself: a span that goes on over the page's end is marked up to there.
        image = _page_image(
            parser, file, number, request.image_width, start - page_start, min(end, page_end) - page_start
        )
    return Source(
        path=file.path,
        title=file.title or PurePath(file.path).name,
        heading=heading,
        page=page[0] if page is not None else None,
        pages=file.pages,
        text=text[text_start:text_end],
        text_start=text_start,
        span_start=start,
        span_end=end,
        changed=changed,
        image=image,
    )


def _has_changed(file: FileRecord) -> bool:
    try:
        status = Path(file.path).stat()
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns)


def _page_image(
    parser: ParserProcess, file: FileRecord, number: int, width: int, start: int, end: int
) -> PageImage | None:
    try:
        return parser.render_page(Path(file.path), number, width, start, max(start, end))
    except SatchelError as error:
        log.info("no image of a page: %s", error)  # the text is shown all the same
        return None
