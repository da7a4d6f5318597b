from __future__ import annotations

from pathlib import Path

import pytest

from app.hardware.display_cards import read_makers

VGA, NETWORK = "0x030000", "0x020000"


def plugged_in(folder: Path, slot: str, vendor: str, kind: str = VGA) -> None:
    card = folder / slot
    card.mkdir()
    (card / "vendor").write_text(f"{vendor}\n")
    (card / "class").write_text(f"{kind}\n")


def test_makers_of_graphics_cards(tmp_path: Path) -> None:
    plugged_in(tmp_path, "0000:01:00.0", "0x10de", "0x030200")
    plugged_in(tmp_path, "0000:02:00.0", "0x10de")
    plugged_in(tmp_path, "0000:03:00.0", "0x1002")
    plugged_in(tmp_path, "0000:04:00.0", "0x8086")
    assert read_makers(tmp_path) == ("AMD", "Intel", "NVIDIA")


@pytest.mark.parametrize(
    ("slot", "vendor", "kind"),
    [
        ("0000:00:02.0", "0x8086", VGA),  # on the processor
        ("0000:00:01.0", "0x1234", VGA),  # QEMU's
        ("0000:05:00.0", "0x1a03", VGA),  # of a server's remote control
        ("0000:01:00.1", "0x10de", "0x040300"),  # the sound of a graphics card
        ("0000:06:00.0", "0x8086", NETWORK),
    ],
)
def test_what_is_no_card_worth_a_word(slot: str, vendor: str, kind: str, tmp_path: Path) -> None:
    plugged_in(tmp_path, slot, vendor, kind)
    assert read_makers(tmp_path) == ()


def test_nothing_where_nothing_can_be_read(tmp_path: Path) -> None:
    assert read_makers(tmp_path / "none") == ()
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:02:00.0").mkdir()
    (tmp_path / "0000:02:00.0" / "vendor").write_bytes(b"\xff\xfe")
    assert read_makers(tmp_path) == ()
