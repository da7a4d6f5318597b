"""Source code and other text made for machines: blocks are what stands at the left edge. The text is the file's own.

No grammar per language: a definition begins at the left edge after a blank line in nearly all of them, with its
comments and decorators above it.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.knowledge.parse.decode import decode
from app.knowledge.parse.plain import groups_of_lines
from app.knowledge.parse.values import Block, ParsedFile

_GOES_ON = (")", "]", "}", "end", "else", "elif", "except", "finally", "catch", "fi", "done", "esac", "#endif", "#else")

_SUFFIXES = """
    .py .pyi .pyx .js .mjs .cjs .jsx .ts .tsx .java .kt .kts .scala .groovy .gradle .c .h .cc .cpp .cxx .hh .hpp .hxx
    .m .mm .rs .go .rb .php .pl .pm .lua .r .jl .swift .dart .cs .fs .vb .hs .ml .mli .clj .ex .exs .erl .el .lisp
    .scm .f90 .f .pas .asm .s .sh .bash .zsh .fish .ps1 .bat .cmd .sql .css .scss .less .json .jsonl .yaml .yml .toml
    .ini .cfg .conf .properties .xml .xsd .xsl .proto .graphql .tf .cmake .mk .nix .diff .patch .vue .svelte .tex .bib
    .service .desktop .plist .vim
"""
SUFFIXES = frozenset(_SUFFIXES.split())
NAMES = frozenset({"makefile", "dockerfile", "cmakelists.txt", "jenkinsfile", "rakefile", "gemfile", ".gitignore"})


def parse(data: bytes) -> ParsedFile:
    """Parse a source file. Errors: :class:`Skipped` for binary files."""
    text = decode(data)
    return ParsedFile(text, tuple(_blocks(text)))


def _blocks(text: str) -> Iterator[Block]:
    start = end = -1
    for group in groups_of_lines(text):
        first = group[0]
        at_edge = not first.text[0].isspace() and not first.text.startswith(_GOES_ON)
        if start >= 0 and at_edge:
            yield Block("code", start, end)
            start = -1
        if start < 0:
            start = first.start
        end = group[-1].end
    if start >= 0:
        yield Block("code", start, end)
