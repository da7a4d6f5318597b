"""Print exact pins of everything the project needs, as installed in the environment that runs this.

    .venv/bin/python packaging/pin.py > packaging/constraints.txt

Only what the project's own requirements lead to is printed, so nothing that somebody tried out gets pinned.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

_PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def closure(requirements: list[str]) -> dict[str, str]:
    """Versions by normalized name of all that the requirements need on this platform, themselves included."""
    found: dict[str, str] = {}
    done: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        for wanted in ("", *requirement.extras):
            if (name, wanted) in done:
                continue
            done.add((name, wanted))
            installed = distribution(name)
            found[name] = installed.version
            waiting += [(Requirement(text), wanted) for text in installed.requires or ()]
    return found


def main() -> int:
    """Print the pins; returns the exit status."""
    project = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"]]
    for extra in project.get("optional-dependencies", {}).values():
        requirements += extra
    try:
        pins = closure(requirements)
    except PackageNotFoundError as problem:
        print(f"{problem.name} is needed but not installed here: run packaging/test.sh first.", file=sys.stderr)
        return 1
    print("# Exact versions of all dependencies. Made by packaging/pin.py; do not edit by hand.")
    for name, version in sorted(pins.items()):
        print(f"{name}=={version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
