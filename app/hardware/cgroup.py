"""What the control group leaves to this process: a container's limits, which psutil does not see (Linux only)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_V1_UNLIMITED = 1 << 60
"""Version 1 writes "no limit" as the largest number of pages, in bytes."""


@dataclass(frozen=True)
class CgroupLimits:
    """None: not limited. ``memory_free_bytes`` counts page cache that can be dropped as free."""

    memory_limit_bytes: int | None = None
    memory_free_bytes: int | None = None
    cpu_quota: float | None = None
    """In cores: 1.5 means one and a half."""


def read_cgroup(mount: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")) -> CgroupLimits:
    """The tightest limits of this process's group and the groups above it. No cgroups (other systems): no limits.

    Both versions, and the hybrid of both, as ``membership`` lists them.
    """
    memory: tuple[int, int] | None = None
    quota: float | None = None
    for controllers, path in _memberships(membership):
        if not controllers:
            found, limit = _memory_v2(mount, path), _quota_v2(mount, path)
        else:
            found = _memory_v1(mount / "memory", path) if "memory" in controllers else None
            limit = _quota_v1(_cpu_mount(mount), path) if "cpu" in controllers else None
        memory = min((each for each in (memory, found) if each is not None), default=None)
        quota = min((each for each in (quota, limit) if each is not None), default=None)
    if memory is None:
        return CgroupLimits(cpu_quota=quota)
    return CgroupLimits(memory[0], memory[1], quota)


def own_group(mount: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")) -> Path:
    """The folder of this process's version 2 group; the mount itself where it has none, or inside a container."""
    paths = (path for controllers, path in _memberships(membership) if not controllers)
    return next(_folders(mount, next(paths, "/")))


def _memberships(file: Path) -> Iterator[tuple[list[str], str]]:
    for line in _text(file).splitlines():
        _, _, rest = line.partition(":")
        controllers, found, path = rest.partition(":")
        if found:
            yield [name for name in controllers.split(",") if name], path.strip()


def _folders(mount: Path, path: str) -> Iterator[Path]:
    """The group's folder and those above it. Inside a container the path is often the host's and does not exist here;
    the mount itself is then the container's own group."""
    folder = mount / path.lstrip("/")
    while folder != mount and mount in folder.parents and ".." not in folder.parts:
        if folder.is_dir():
            yield folder
        folder = folder.parent
    yield mount


def _memory_v2(mount: Path, path: str) -> tuple[int, int] | None:
    return _tightest(
        (limit, _number(folder / "memory.current"), _file_cache(folder / "memory.stat"))
        for folder in _folders(mount, path)
        # Above "high" nothing is killed, but every allocation waits until as much is swapped out: as good as a limit.
        for limit in (_number(folder / "memory.max"), _number(folder / "memory.high"))
        if limit is not None
    )


def _memory_v1(mount: Path, path: str) -> tuple[int, int] | None:
    return _tightest(
        (limit, _number(folder / "memory.usage_in_bytes"), _file_cache(folder / "memory.stat", "total_"))
        for folder in _folders(mount, path)
        if (limit := _number(folder / "memory.limit_in_bytes")) is not None and limit < _V1_UNLIMITED
    )


def _tightest(groups: Iterator[tuple[int, int | None, int]]) -> tuple[int, int] | None:
    """Of (limit, used, droppable) per group: the lowest limit, and the least that is free in any of them."""
    found = [(limit, max(0, limit - max(0, (used or 0) - droppable))) for limit, used, droppable in groups]
    if not found:
        return None
    return min(limit for limit, _ in found), min(free for _, free in found)


def _quota_v2(mount: Path, path: str) -> float | None:
    quotas = []
    for folder in _folders(mount, path):
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if quota.isdigit() and period.strip().isdigit():
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def _quota_v1(mount: Path, path: str) -> float | None:
    quotas = []
    for folder in _folders(mount, path):
        quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if quota and period and quota > 0:
            quotas.append(quota / period)
    return min(quotas, default=None)


def _cpu_mount(mount: Path) -> Path:
    joint = mount / "cpu,cpuacct"
    return joint if joint.is_dir() else mount / "cpu"


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _number(file: Path) -> int | None:
    text = _text(file).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _file_cache(stat: Path, prefix: str = "") -> int:
    """What can be dropped when memory is needed. "Active" only means read more than once, as a model is that was hashed
    and then loaded; the kernel's own "available" counts both, too."""
    keys = (f"{prefix}inactive_file", f"{prefix}active_file")
    lines = (line.partition(" ") for line in _text(stat).splitlines())
    return sum(int(value) for name, _, value in lines if name in keys and value.strip().isdigit())
