"""What a file is that is no GGUF, told by its first bytes."""

from __future__ import annotations

from collections.abc import Callable

_SIGNATURES: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (lambda start: not start, "The file is empty."),
    (lambda start: not any(start), "It begins with nothing but zeros: the download may not have finished."),
    (lambda start: start.startswith(b"FUGG"), "It was written for big-endian machines."),
    (
        lambda start: start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head")),
        "It is a web page, perhaps an error or a login page that was saved instead of the model.",
    ),
    (
        lambda start: start.startswith(b"version https://git-lfs"),
        "It is a pointer that git keeps in place of the large file.",
    ),
    (lambda start: start[8:10] == b'{"', "It is in the safetensors format; a GGUF conversion is needed."),
    (lambda start: start.startswith(b"PK"), "It is a zip archive (or a PyTorch checkpoint, which is one)."),
    (lambda start: start.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")), "It is a compressed archive."),
    (
        lambda start: start.startswith((b"lmgg", b"fmgg", b"tjgg", b"algg")),
        "It is in a format that llama.cpp used before GGUF, until 2023.",
    ),
    (lambda start: start.lstrip().startswith((b"{", b"[")), "It is a text file (JSON)."),
)


def what_it_is(start: bytes) -> str:
    """A sentence on what a file is that is no GGUF, by its first bytes."""
    for matches, sentence in _SIGNATURES:
        if matches(start):
            return sentence
    return "It does not begin as a GGUF file does."
