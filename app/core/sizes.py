"""Sizes in bytes as people read them. One way for files and memory alike, so that the two can be compared.

Powers of 1000, as disks, file managers and the arithmetic of parameters use them (10 billion parameters at 16 bits are
20 GB). Tools that count memory in powers of 1024 show a number 7 % smaller.
"""

from __future__ import annotations


def size_text(size_bytes: int) -> str:
    """ "0 bytes", "12 kB", "98.4 MB", "145 MB", "1.9 GB"."""
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB"):
        if round(size) < 1000:
            return f"{size:.1f} {unit}" if unit == "MB" and round(size, 1) < 100 else f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
