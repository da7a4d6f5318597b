"""The set-up scripts on machines made of small fake commands: what they install, skip and say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the scripts' system checks are for Linux")

_REPOSITORY = Path(__file__).parents[3]
_REAL = ("sh", "cat", "dirname", "uname", "find", "head", "tail", "grep", "cksum", "cut", "sleep", "env")
_LIBRARIES = (
    "libEGL.so.1 libGL.so.1 libfontconfig.so.1 libdbus-1.so.3 libxkbcommon-x11.so.0 libxcb-cursor.so.0 "
    "libxcb-icccm.so.4 libxcb-keysyms.so.1 libxcb-image.so.0 libxcb-render-util.so.0 libxcb-shape.so.0 "
)


class FakeMachine:
    """A copy of the repository's scripts, and a PATH with nothing but what a test put there."""

    def __init__(self, root: Path) -> None:
        self.clone = root / "clone"
        self.bin = root / "bin"
        self.calls_file = root / "calls"
        self.clone.mkdir()
        self.bin.mkdir()
        self.calls_file.touch()
        shutil.copytree(
            _REPOSITORY / "packaging", self.clone / "packaging", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copy(_REPOSITORY / "pyproject.toml", self.clone)
        (self.clone / "resources").mkdir()
        shutil.copy(_REPOSITORY / "resources" / "linux-libraries.txt", self.clone / "resources")
        for name in _REAL:
            found = shutil.which(name)
            assert found is not None
            (self.bin / name).symlink_to(found)
        self.command("c++")
        self.command("ldconfig", f'echo "{_LIBRARIES}"')
        self.command("id", "echo 1000")
        fonts = root / "home" / ".fonts"
        fonts.mkdir(parents=True)
        (fonts / "some.ttf").touch()
        self.home = root / "home"

    def command(self, name: str, body: str = "exit 0", folder: Path | None = None) -> None:
        """A command that notes its arguments, then does ``body``."""
        path = (folder or self.bin) / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.calls_file}"\n{body}\n')
        path.chmod(0o755)

    def environment_that_is_ready(self) -> None:
        """As after a set-up: a Python that notes what it is asked, pip, and the stamp."""
        folder = self.clone / ".venv" / "bin"
        folder.mkdir(parents=True)
        self.command("python", folder=folder)
        (folder / "pip").write_text(f"#!{folder}/python\n")
        (self.clone / ".venv" / "lib" / "python3.11" / "site-packages" / "llama_cpp").mkdir(parents=True)
        stamp = self.shell(". packaging/setup.sh; wanted_stamp").stdout.strip()
        (self.clone / ".venv" / "satchel-setup").write_text(f"{stamp} base")
        self.calls_file.write_text("")

    def shell(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which("sh") or "sh", "-c", script],
            cwd=self.clone,
            env={"PATH": str(self.bin), "HOME": str(self.home), **variables},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.shell(f"sh packaging/run.sh {' '.join(arguments)}", **variables)

    def calls(self, name: str) -> list[str]:
        return [line for line in self.calls_file.read_text().splitlines() if line.split(" ", 1)[0] == name]


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def test_without_python_it_says_what_to_install(machine: FakeMachine) -> None:
    machine.command("python3", "exit 1")  # too old
    result = machine.run()
    assert result.returncode == 1
    assert "Python 3.11 or newer is needed" in result.stderr
    assert "sudo apt-get install python3 python3-venv" in result.stderr


def test_missing_libraries_without_root_print_the_command(machine: FakeMachine) -> None:
    machine.command("apt-get")
    machine.command("ldconfig", f'echo "{_LIBRARIES.replace("libxcb-cursor.so.0 ", "")}"')
    (machine.bin / "c++").unlink()
    result = machine.run()
    assert result.returncode == 1
    assert "sudo apt-get update && sudo apt-get install g++ libxcb-cursor0\n" in result.stderr
    assert machine.calls("apt-get") == []


@pytest.mark.parametrize("way", ["root", "sudo"])
def test_missing_libraries_are_installed_when_it_may(way: str, machine: FakeMachine) -> None:
    machine.command("apt-get")
    machine.command("ldconfig", f'echo "{_LIBRARIES.replace("libEGL.so.1 ", "")}"')
    if way == "root":
        machine.command("id", "echo 0")
    else:
        machine.command("sudo", 'shift; "$@"')
    result = machine.run()
    assert "Installing system packages: libegl1" in result.stdout
    assert machine.calls("apt-get") == ["apt-get install -qq -y --no-install-recommends libegl1"]


def test_missing_libraries_that_cannot_be_fetched(machine: FakeMachine) -> None:
    machine.command("apt-get", "exit 100")
    machine.command("id", "echo 0")
    machine.command("ldconfig", 'echo "libEGL.so.1 "')
    result = machine.run()
    assert result.returncode == 1
    assert "is there a network connection?" in result.stderr


def test_a_second_start_installs_nothing_and_hands_over_the_arguments(machine: FakeMachine) -> None:
    machine.environment_that_is_ready()
    result = machine.run("models", "list")
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert machine.calls("python") == ["python packaging/starter_models.py", "python -P -m app models list"]


def test_what_test_sh_set_up_is_enough_for_run_sh(machine: FakeMachine) -> None:
    machine.environment_that_is_ready()
    stamp = machine.clone / ".venv" / "satchel-setup"
    stamp.write_text(stamp.read_text().replace(" base", " dev"))
    machine.run("hardware")
    assert machine.calls("python") == ["python packaging/starter_models.py", "python -P -m app hardware"]


def test_without_a_display_it_says_so(machine: FakeMachine) -> None:
    machine.environment_that_is_ready()
    result = machine.run()
    assert result.returncode == 1
    assert "there is no display here" in result.stderr
    assert "there is no display here" in machine.run("pyproject.toml").stderr
    assert machine.run(WAYLAND_DISPLAY="wayland-0").returncode == 0


@pytest.mark.parametrize("change", ["pyproject.toml", "packaging/constraints.txt"])
def test_changed_requirements_are_installed(change: str, machine: FakeMachine) -> None:
    machine.environment_that_is_ready()
    with (machine.clone / change).open("a") as file:
        file.write("# changed\n")
    result = machine.run("hardware")
    assert result.returncode == 0, result.stderr
    assert "Installing Python packages" in result.stdout
    pip = "python -m pip install -v --disable-pip-version-check -c packaging/constraints.txt"
    assert f"{pip} -e ." in machine.calls("python")
    machine.calls_file.write_text("")
    machine.run("hardware")
    assert not any("pip" in call for call in machine.calls("python"))


def test_other_build_options_build_llama_cpp_again(machine: FakeMachine) -> None:
    machine.environment_that_is_ready()
    options = "-DGGML_CUDA=on"
    result = machine.run("hardware", CMAKE_ARGS=options)
    assert f"Building llama.cpp again, with CMAKE_ARGS={options}" in result.stdout
    assert any("--force-reinstall --no-deps --no-cache-dir llama-cpp-python" in c for c in machine.calls("python"))
    for variables in ({"CMAKE_ARGS": options}, {}):
        machine.calls_file.write_text("")
        machine.run("hardware", **variables)
        assert not any("pip" in call for call in machine.calls("python"))


def test_a_registry_out_of_reach_is_told_and_nothing_is_marked_done(machine: FakeMachine) -> None:
    machine.environment_that_is_ready()
    (machine.clone / ".venv" / "satchel-setup").unlink()
    message = "ERROR: No matching distribution found for apsw==3.54"
    machine.command("python", f'case "$*" in *pip*) echo "{message}"; exit 1;; esac', machine.clone / ".venv" / "bin")
    result = machine.run("hardware")
    assert result.returncode == 1
    assert "could not be fetched (No matching distribution found for apsw==3.54)" in result.stderr
    assert not (machine.clone / ".venv" / "satchel-setup").exists()


def test_an_environment_of_a_moved_folder_is_made_again(machine: FakeMachine) -> None:
    machine.environment_that_is_ready()
    (machine.clone / ".venv" / "bin" / "pip").write_text("#!/elsewhere/.venv/bin/python\n")
    machine.command("python3")
    result = machine.run("hardware")
    assert "Making a Python environment in .venv" in result.stdout
    assert "python3 -m venv --clear .venv" in machine.calls("python3")
