"""E-mail messages (.eml): who, when and what about, then the words; attachments are left out."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from app.knowledge.parse import html, plain
from app.knowledge.parse.builder import TextBuilder, one_line
from app.knowledge.parse.values import ParsedFile

_HEADERS = ("From", "To", "Cc", "Date")


def parse(data: bytes) -> ParsedFile:
    """Parse a message; of alternatives the plain text is taken. The subject is the title and the heading."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    builder = TextBuilder()
    subject = one_line(str(message.get("Subject", "")))
    builder.add("heading", subject, 1)
    for name in _HEADERS:
        if value := one_line(str(message.get(name, ""))):
            builder.add("list", f"{name}: {value}")
    builder.end_group()
    body = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else None
    if body is not None:
        raw = body.get_payload(decode=True)
        content = raw if isinstance(raw, bytes) else b""
        charset = body.get_content_charset() or ""
        if charset:
            content = content.decode(_known(charset), errors="replace").encode("utf-8")
        builder.add_all((html if body.get_content_subtype() == "html" else plain).parse(content))
    return builder.build(subject)


def _known(charset: str) -> str:
    try:
        "".encode(charset)
    except LookupError:
        return "utf-8"
    return charset
