# Everything Satchel needs on this machine. Read by run.sh and test.sh, never run by itself:
# they call `set_up base` or `set_up dev`. What is done already is skipped, and then no network is touched.
# shellcheck shell=sh

stamp=.venv/satchel-setup       # what .venv was set up from; see wanted_stamp
build_stamp=.venv/satchel-build # the CMAKE_ARGS that llama.cpp was built with
log=.venv/satchel-setup.log

say() { printf '%s\n' "$*"; }

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

set_up() {
    check_system
    make_environment
    install_packages "$1"
    .venv/bin/python packaging/starter_models.py || exit 1
}

# -- the system -------------------------------------------------------------------------------------------------------

# Prints the names (Debian's) of packages that Qt and the build need here and that are missing.
missing_packages() {
    if ! command -v c++ >/dev/null 2>&1 && ! command -v g++ >/dev/null 2>&1 && ! command -v clang++ >/dev/null 2>&1; then
        [ -x .venv/bin/python ] && llama_is_installed || printf 'g++ '
    fi
    libraries=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null) || libraries=
    [ -n "$libraries" ] || return 0 # no ldconfig (musl, NixOS): nothing can be said
    while read -r library package; do
        case "$library" in '#'*) continue ;; esac
        case "$libraries" in
            *"$library "*) ;;
            *) printf '%s ' "$package" ;;
        esac
    done <resources/linux-libraries.txt
    for folder in /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts"; do
        [ -d "$folder" ] && [ -n "$(find "$folder" -name '*.[to]tf' -print 2>/dev/null | head -n 1)" ] && return 0
    done
    printf 'fonts-dejavu-core '
}

check_system() {
    case "$(uname -s)" in
        Darwin)
            [ -x .venv/bin/python ] || xcode-select -p >/dev/null 2>&1 ||
                fail "A C++ compiler is needed to build llama.cpp. Install Apple's with: xcode-select --install"
            return 0
            ;;
        Linux) ;;
        *) return 0 ;;
    esac
    missing=$(missing_packages)
    missing=${missing% }
    [ -n "$missing" ] || return 0
    if command -v apt-get >/dev/null 2>&1; then
        install_with_apt "$missing"
    elif command -v dnf >/dev/null 2>&1; then
        fail "System libraries are missing. Install them, then run this again:
  sudo dnf install gcc-c++ mesa-libEGL mesa-libGL fontconfig dbus-libs libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-keysyms xcb-util-image xcb-util-renderutil libxcb dejavu-sans-fonts"
    elif command -v pacman >/dev/null 2>&1; then
        fail "System libraries are missing. Install them, then run this again:
  sudo pacman -S --needed gcc libglvnd fontconfig dbus libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-keysyms xcb-util-image xcb-util-renderutil libxcb ttf-dejavu"
    else
        fail "System libraries are missing. These are Debian's names for them; install what your system calls them, then run this again:
  $missing"
    fi
}

install_with_apt() {
    if [ "$(id -u)" = 0 ]; then
        root=
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        root="sudo -n"
    else
        fail "System packages are missing. Install them, then run this again:
  sudo apt-get update && sudo apt-get install $1"
    fi
    say "Installing system packages: $1"
    apt="$root env DEBIAN_FRONTEND=noninteractive apt-get"
    # shellcheck disable=SC2086 # lists of words, on purpose
    $apt install -qq -y --no-install-recommends $1 >/dev/null 2>&1 ||
        { $apt update -qq && $apt install -qq -y --no-install-recommends $1 >/dev/null; } ||
        fail "System packages could not be installed: is there a network connection? To install them by hand:
  sudo apt-get update && sudo apt-get install $1"
}

# -- Python -----------------------------------------------------------------------------------------------------------

find_python() {
    for candidate in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11 python3.14 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            printf '%s' "$candidate"
            return 0
        fi
    done
    return 1
}

make_environment() {
    # Made again: one that a stopped run left without pip, and one whose folder was moved (its scripts name the old place).
    [ -x .venv/bin/python ] && grep -q -F "$PWD/.venv/" .venv/bin/pip 2>/dev/null && return 0
    python=$(find_python) || fail "Python 3.11 or newer is needed, and was not found.
  Debian, Ubuntu:  sudo apt-get install python3 python3-venv
  Fedora:          sudo dnf install python3
  macOS:           brew install python@3.13
If it is installed under another name: PYTHON=/path/to/python sh packaging/run.sh"
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        command -v apt-get >/dev/null 2>&1 || fail "Python's modules venv and ensurepip are missing: install them."
        install_with_apt "$version"
    fi
    say "Making a Python environment in .venv"
    "$python" -m venv --clear .venv || fail "The Python environment could not be made; see the lines above."
}

llama_is_installed() {
    for folder in .venv/lib/python*/site-packages/llama_cpp; do
        [ -d "$folder" ] && return 0
    done
    return 1
}

wanted_stamp() {
    # The names of the interpreter's files change with its version; asking it would cost more than all the rest.
    printf '%s %s %s\n' "$(cat pyproject.toml packaging/constraints.txt | cksum)" "$(echo .venv/lib/python*)" "$PWD"
}

install_packages() {
    wanted=$(wanted_stamp)
    if [ -f "$stamp" ]; then
        found=$(cat "$stamp")
        [ "$found" = "$wanted dev" ] && what=dev || what=$1
        if [ "$found" = "$wanted $what" ] && built_as_wanted; then
            return 0
        fi
    fi
    if llama_is_installed; then
        say "Installing Python packages"
    else
        say "Installing Python packages and building llama.cpp for this machine.
  Two idle cores build it in about 6 minutes, more do it faster, busy ones take longer; each minute says how far it is"
    fi
    case "$1" in
        dev) project='.[dev]' ;;
        *) project=. ;;
    esac
    pip_install -e "$project"
    if ! built_as_wanted; then
        say "Building llama.cpp again, with CMAKE_ARGS=$CMAKE_ARGS"
        # The cache would hand out the wheel of the last build, whatever its options were.
        pip_install --force-reinstall --no-deps --no-cache-dir llama-cpp-python
    fi
    .venv/bin/python -c 'import PySide6.QtWidgets, llama_cpp' >>"$log" 2>&1 ||
        fail "What was installed does not start:
$(tail -n 3 "$log")
A system library may be missing; README.md lists what is needed."
    printf '%s' "${CMAKE_ARGS-}" >"$build_stamp"
    printf '%s' "$wanted $1" >"$stamp"
}

# CMAKE_ARGS is the person's, for example -DGGML_CUDA=on. Not set: whatever was built stays.
built_as_wanted() {
    [ -z "${CMAKE_ARGS-}" ] || { [ -f "$build_stamp" ] && [ "$CMAKE_ARGS" = "$(cat "$build_stamp")" ]; }
}

# What is being built, as "[120/312]" steps of its compiler, else what pip said last.
pip_is_at() {
    built=$(tail -n 40 "$log" | grep -o '^ *\[[0-9]*/[0-9]*\]' | tail -n 1 | tr -d '[] ')
    if [ -n "$built" ]; then
        printf 'building, step %s of %s' "${built%/*}" "${built#*/}"
    else
        tail -n 1 "$log" | cut -c 1-80
    fi
}

# -v: without it, pip keeps what a build says to itself.
pip_install() {
    .venv/bin/python -m pip install -v --disable-pip-version-check -c packaging/constraints.txt "$@" >"$log" 2>&1 &
    pip=$!
    trap 'kill "$pip" 2>/dev/null; exit 130' INT TERM
    waited=0
    while kill -0 "$pip" 2>/dev/null; do
        sleep 1
        waited=$((waited + 1))
        [ $((waited % 60)) -ne 0 ] || say "  $((waited / 60)) min: $(pip_is_at)"
    done
    trap - INT TERM
    wait "$pip" && return 0
    if grep -q -E 'NewConnectionError|NameResolutionError|Network is unreachable|No matching distribution' "$log"; then
        why=$(grep -o -E 'requirement [A-Za-z0-9_.=-]+|No matching distribution found for .*' "$log" | tail -n 1)
        fail "A package could not be fetched (${why:-see $log}): is there a network connection?
What was fetched stays in pip's cache; run the same command again."
    fi
    fail "pip could not install everything. The last lines of $log:
$(tail -n 15 "$log")"
}
