"""The documents in the screenshots: a small folder of every kind of file, and a larger one that takes a while."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tests.helpers.pdf import Text, write_pdf

GARDENS = {
    "House rules.md": """# House rules of the Alder Lane gardens

## Water

The water is turned on in the last week of March and turned off on the first Saturday of November. Before that day,
drain your hoses and leave your tap open: in 2021 three taps burst in the first night of frost.

In dry summers watering is allowed before nine in the morning and after seven in the evening.

## Shared tools

Every member who has taken part in a spring workday may use the shared tools. Tools are signed out in the book in the
shed and come back clean on the same day. The tiller is lent only to members who have been shown how to use it.

## Compost

| What | Where |
|---|---|
| Leaves and grass | the three open bins |
| Kitchen scraps | the closed bin only |
| Diseased plants | nowhere: take them home |

## Quiet hours

No machines run on Sundays, nor on weekdays between one and three in the afternoon.
""",
    "Growing/Garlic and onions.md": """# Garlic and onions

## Planting garlic

Plant garlic in the second half of October. Set each clove five centimetres deep, point up, and fifteen centimetres
from the next. Cover the bed with a hand's breadth of leaves once the ground has frozen.

## Harvest

Lift the bulbs when the lower third of the leaves has turned brown, in most years around the tenth of July. Dry them for
three weeks in the shed, out of the sun.
""",
    "Growing/Tomatoes.txt": """Tomatoes

Sow indoors in the middle of March. Do not plant them out before the Ice Saints in May.
Water the soil and never the leaves: most of the blight of 2023 came from hoses.
""",
    "Minutes/2025-03.html": """<html><body><h1>Minutes of March 2025</h1>
<h2>Plots</h2><p>Plot 14 goes to the Okafor family. The waiting list is closed until autumn; it has nineteen names.</p>
<h2>Money</h2><p>The yearly fee stays at forty-two euros. The new roof cost 1,180 euros, 60 less than planned.</p>
</body></html>""",
    "Tools/rain.py": '''"""Litres that a roof gives."""


def litres(roof_m2: float, rain_mm: float, loss: float = 0.15) -> float:
    """One millimetre of rain on one square metre is one litre; gutters lose some of it."""
    return roof_m2 * rain_mm * (1 - loss)
''',
    "Minutes/draft.md": "",
}

BEES = (
    (
        "# The bee keeper's year",
        "A guide for members who look after the two hives behind the shed, written down by those who have done it "
        "since 2016. Nobody works at the hives alone in the first year.",
        "## Spring",
        "Look at the hives for the first time when a day is warmer than twelve degrees and willows are in flower. "
        "A colony that weighs less than ten kilograms is fed with a litre of sugar water each evening until the "
        "dandelions open.",
        "Clean the floor boards and count the dead bees on them. More than two hundred is a reason to call the bee "
        "inspector before anything else is done.",
        "## Swarming",
        "From the first of May to the middle of June, look for queen cells every seven days. A hive that is about to "
        "swarm is divided the same day: half of the combs go to the empty hive with the green roof, which stands ready "
        "from April on.",
        "If a swarm has left and hangs within reach, spray it with water and knock it into the basket. The fire "
        "brigade is not called for bees.",
    ),
    (
        "## Honey",
        "The honey is taken once, in the last week of July, when four fifths of the cells are closed. Each hive keeps "
        "eight kilograms of its own for the autumn. What is taken is shared among those who have worked at the hives; "
        "the rest is sold at the summer party for five euros a jar.",
        "## Winter",
        "Treat the colonies against mites in the first frost-free week of December, with oxalic acid and never while "
        "there is honey on the hive. Narrow the entrance to eight millimetres so that no mouse gets in.",
        "After that the hives are left alone until spring. Put an ear to the wall: a low, even hum is a colony that "
        "is well.",
        "## Stings",
        "The adrenaline pen hangs in the red box at the shed's door. Whoever is short of breath after a sting gets the "
        "pen first, and the emergency call comes second.",
    ),
)


def write_gardens(folder: Path) -> int:
    """A folder with a file of every kind, some of them not readable. Returns how many files."""
    for name, text in GARDENS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "Map of the plots.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(400))
    (folder / "Growing" / "Bees.pdf").write_bytes(
        write_pdf([_page(blocks, number) for number, blocks in enumerate(BEES, 1)], title="The bee keeper's year")
    )
    return len(GARDENS) + 2


def write_recipes(folder: Path, files: int = 1200) -> Path:
    """A folder that takes some seconds to read."""
    folder.mkdir(parents=True)
    vegetables = ("pumpkin", "kale", "beetroot", "leek", "fennel", "parsnip", "chard", "celeriac", "carrot", "bean")
    for number in range(files):
        vegetable = vegetables[number % len(vegetables)]
        steps = "\n\n".join(
            f"Step {step}: simmer the {vegetable} for {5 + (number * step) % 40} minutes, stir it {step + 1} times and "
            f"add {10 * step + number % 9} grams of butter from the dairy in house number {number}."
            for step in range(1, 9)
        )
        text = f"# {vegetable.title()} soup {number + 1}\n\nEnough for {2 + number % 5} people.\n\n{steps}\n"
        (folder / f"{vegetable}-{number + 1:03}.md").write_text(text, encoding="utf-8")
    return folder


def _page(blocks: tuple[str, ...], number: int) -> list[Text]:
    left, y = 82.0, 706.0
    texts: list[Text] = []
    for block in blocks:
        if block.startswith("# "):
            texts.append(Text(left, y, block[2:], 24.0, "Bold"))
            y -= 40
        elif block.startswith("## "):
            y -= 10
            texts.append(Text(left, y, block[3:], 14.0, "Bold"))
            y -= 24
        else:
            for line in textwrap.wrap(block, 82):
                texts.append(Text(left, y, line, 11.5))
                y -= 17
            y -= 9
    texts.append(Text(left, 48.0, "Alder Lane gardens", 9.0))
    texts.append(Text(500.0, 48.0, f"Page {number} of 2", 9.0))
    return texts
