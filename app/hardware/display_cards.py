"""Who made the graphics cards that are plugged in, whether or not a driver or llama.cpp can use them (Linux only).

NVML knows NVIDIA's with their driver, and llama.cpp knows what it was built for. An AMD card beside a llama.cpp for the
processor alone would be known to neither, and stay unused without a word.
"""

from __future__ import annotations

from pathlib import Path

_DISPLAY = "0x03"
"""The first byte of a PCI device's class: VGA, 3D and other display controllers."""
_MAKERS = {"0x1002": "AMD", "0x10de": "NVIDIA", "0x8086": "Intel"}
"""Virtual machines' and servers' simple displays have other makers."""
_ON_THE_PROCESSOR = "0000:00:"
"""Where Intel's integrated graphics are: too slow to be worth another build of llama.cpp."""


def read_makers(devices: Path = Path("/sys/bus/pci/devices")) -> tuple[str, ...]:
    """Each maker of a card once, in the order of the alphabet. Empty where nothing can be read."""
    try:
        slots = sorted(devices.iterdir())
    except OSError:
        return ()
    found = set()
    for slot in slots:
        maker = _MAKERS.get(_text(slot / "vendor"))
        if maker is None or not _text(slot / "class").startswith(_DISPLAY):
            continue
        if maker != "Intel" or not slot.name.startswith(_ON_THE_PROCESSOR):
            found.add(maker)
    return tuple(sorted(found))


def _text(file: Path) -> str:
    try:
        return file.read_text("ascii").strip().lower()
    except (OSError, UnicodeDecodeError):
        return ""
