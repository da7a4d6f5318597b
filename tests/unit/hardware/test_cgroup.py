from pathlib import Path

import pytest

from app.hardware.cgroup import CgroupLimits, own_group, read_cgroup
from app.hardware.read import memory_available_bytes, read_machine, usable_cores


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text + "\n")


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    (tmp_path / "mount").mkdir()
    return tmp_path / "mount"


def membership(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "cgroup"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_version_2_takes_the_tightest_limit_of_all_groups_above(tmp_path: Path, mount: Path) -> None:
    write(mount / "user", memory__max="1000000", memory__current="100000", cpu__max="150000 100000")
    write(
        mount / "user" / "app",
        memory__max="2000000",
        memory__current="90000",
        memory__stat="anon 5\ninactive_file 40000",
        cpu__max="max 100000",
    )
    limits = read_cgroup(mount, membership(tmp_path, "0::/user/app"))
    assert limits == CgroupLimits(memory_limit_bytes=1_000_000, memory_free_bytes=900_000, cpu_quota=1.5)


def test_version_2_counts_file_cache_as_free(tmp_path: Path, mount: Path) -> None:
    write(mount, memory__max="1000", memory__current="900", memory__stat="inactive_file 300")
    assert read_cgroup(mount, membership(tmp_path, "0::/")).memory_free_bytes == 400


@pytest.mark.parametrize("version", [1, 2])
def test_file_cache_that_was_read_more_than_once_is_free_too(tmp_path: Path, mount: Path, version: int) -> None:
    # A model that was downloaded, hashed and loaded: all of it is "active", and dropped as soon as memory is needed.
    if version == 1:
        cache = "cache 620\ntotal_inactive_file 20\ntotal_active_file 600"
        write(mount / "memory", memory__limit_in_bytes="1000", memory__usage_in_bytes="900", memory__stat=cache)
        lines = "4:memory:/"
    else:
        cache = "file 620\ninactive_file 20\nactive_file 600"
        write(mount, memory__max="1000", memory__current="900", memory__stat=cache)
        lines = "0::/"
    assert read_cgroup(mount, membership(tmp_path, lines)).memory_free_bytes == 720


def test_version_2_counts_the_mark_above_which_all_is_slowed_down_as_a_limit(tmp_path: Path, mount: Path) -> None:
    write(mount / "a", memory__max="1000", memory__high="800", memory__current="300")
    write(mount / "a" / "b", memory__max="max", memory__high="max", memory__current="200")
    limits = read_cgroup(mount, membership(tmp_path, "0::/a/b"))
    assert (limits.memory_limit_bytes, limits.memory_free_bytes) == (800, 500)


def test_nested_groups_leave_what_is_free_in_the_fullest(tmp_path: Path, mount: Path) -> None:
    # The outer group has the higher limit, and others in it have used most of that.
    write(mount / "pod", memory__max="5000", memory__current="4900")
    write(mount / "pod" / "container", memory__max="2000", memory__current="500")
    limits = read_cgroup(mount, membership(tmp_path, "0::/pod/container"))
    assert (limits.memory_limit_bytes, limits.memory_free_bytes) == (2000, 100)


def test_version_2_without_limits(tmp_path: Path, mount: Path) -> None:
    write(mount / "a", memory__max="max", memory__current="900", cpu__max="max 100000")
    assert read_cgroup(mount, membership(tmp_path, "0::/a")) == CgroupLimits()


def test_version_1(tmp_path: Path, mount: Path) -> None:
    write(
        mount / "memory" / "docker",
        memory__limit_in_bytes="5000",
        memory__usage_in_bytes="4000",
        memory__stat="total_inactive_file 1000",
    )
    write(mount / "memory", memory__limit_in_bytes="9223372036854771712", memory__usage_in_bytes="7")
    write(mount / "cpu,cpuacct" / "docker", cpu__cfs_quota_us="200000", cpu__cfs_period_us="100000")
    lines = ("5:cpu,cpuacct:/docker", "4:memory:/docker", "1:name=systemd:/x")
    assert read_cgroup(mount, membership(tmp_path, *lines)) == CgroupLimits(5000, 2000, 2.0)


def test_version_1_unlimited_is_no_limit(tmp_path: Path, mount: Path) -> None:
    write(mount / "memory", memory__limit_in_bytes="9223372036854771712", memory__usage_in_bytes="7")
    write(mount / "cpu", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    assert read_cgroup(mount, membership(tmp_path, "4:memory:/", "1:cpu:/")) == CgroupLimits()


def test_in_a_container_the_hosts_path_does_not_exist_and_the_mount_is_the_group(tmp_path: Path, mount: Path) -> None:
    write(mount, memory__max="700", memory__current="0")
    assert read_cgroup(mount, membership(tmp_path, "0::/system.slice/docker-1234.scope")).memory_limit_bytes == 700


def test_a_path_that_climbs_out_reads_nothing_outside(tmp_path: Path, mount: Path) -> None:
    write(tmp_path / "elsewhere", memory__max="5", memory__current="0")
    assert read_cgroup(mount, membership(tmp_path, "0::/../elsewhere")) == CgroupLimits()


def test_this_process_own_group(tmp_path: Path, mount: Path) -> None:
    write(mount / "a" / "b")
    assert own_group(mount, membership(tmp_path, "4:memory:/x", "0::/a/b")) == mount / "a" / "b"
    assert own_group(mount, membership(tmp_path, "0::/system.slice/docker-1.scope")) == mount
    assert own_group(mount, tmp_path / "missing") == mount


def test_no_cgroups_at_all(tmp_path: Path) -> None:
    assert read_cgroup(tmp_path / "none", tmp_path / "missing") == CgroupLimits()


@pytest.mark.parametrize(("quota", "expected"), [(None, 1024), (0.1, 1), (1.5, 2), (2000.0, 1024)])
def test_a_quota_is_rounded_up_to_whole_cores(
    monkeypatch: pytest.MonkeyPatch, quota: float | None, expected: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(1024)), raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert usable_cores(CgroupLimits(cpu_quota=quota), 1024) == expected


def test_this_machine_makes_sense() -> None:
    machine = read_machine()
    assert 1 <= machine.usable_cores <= machine.logical_cores
    assert machine.physical_cores <= machine.logical_cores
    assert 0 < machine.memory_available_bytes <= machine.memory_total_bytes
    assert 0 < memory_available_bytes() <= machine.memory_total_bytes
    assert machine.processor
