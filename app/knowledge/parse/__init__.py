"""From a file to its text, its structure and its pages.

Importing this package imports no parser: they live in a grandchild process with limits on time and memory.
"""

from app.core.errors import DocumentError, FileChanged, FileVanished, Skipped
from app.knowledge.parse.process import ParserProcess
from app.knowledge.parse.values import Block, BlockKind, PageSpan, ParsedFile

PARSER_VERSION = 2
"""Raised whenever the text, blocks or chunks made of some file change: what an older version made is made again."""

__all__ = [
    "PARSER_VERSION",
    "Block",
    "BlockKind",
    "DocumentError",
    "FileChanged",
    "FileVanished",
    "PageSpan",
    "ParsedFile",
    "ParserProcess",
    "Skipped",
]
