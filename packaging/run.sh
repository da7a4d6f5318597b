#!/bin/sh
# Set up what is missing, then start Satchel. Arguments go to it: `sh packaging/run.sh --help`.
#
#   SATCHEL_HOME    the folder for all of Satchel's data (default: the platform's folder for user data)
#   SATCHEL_MODELS  the folder of the starter models (default: .models beside this repository's files)
#   PYTHON          which Python 3.11 or newer to make the environment with
#   CMAKE_ARGS      how to build llama.cpp: -DGGML_CUDA=on (NVIDIA), -DGGML_VULKAN=on, -DGGML_HIP=on (AMD).
#                   Metal is on by itself on a Mac. Another value than last time builds it again.
set -eu
started_in=$PWD
cd "$(dirname "$0")/.."
. packaging/setup.sh

set_up base

python=$PWD/.venv/bin/python
cd "$started_in" # files named in the arguments are meant from there
# A window is opened without arguments, or with files to open.
if { [ $# -eq 0 ] || [ -e "$1" ]; } && [ "$(uname -s)" = Linux ] &&
    [ -z "${DISPLAY-}${WAYLAND_DISPLAY-}${QT_QPA_PLATFORM-}" ]; then
    fail "Satchel is ready, but there is no display here, so no window can open.
Start it in a desktop session, or use it without a window: ${python%python}satchel --help"
fi
exec "$python" -P -m app "$@" # -P: not an "app" that lies where it was started
