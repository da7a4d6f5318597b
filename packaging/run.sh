#!/bin/sh
# Set up what is missing, then start Satchel. Arguments go to it: `sh packaging/run.sh --help`.
#
#   SATCHEL_HOME    the folder for all of Satchel's data (default: the platform's folder for user data)
#   SATCHEL_MODELS  the folder of the starter models (default: .models beside this repository's files)
#   PYTHON          which Python 3.11 or newer to make the environment with
#   CMAKE_ARGS      how to build llama.cpp: -DGGML_CUDA=on (NVIDIA), -DGGML_VULKAN=on, -DGGML_HIP=on (AMD).
#                   Metal is on by itself on a Mac. Another value than last time builds it again.
set -eu
cd "$(dirname "$0")/.."
. packaging/setup.sh

set_up base

if [ $# -eq 0 ] && [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY-}${WAYLAND_DISPLAY-}${QT_QPA_PLATFORM-}" ]; then
    fail "Satchel is ready, but there is no display here, so no window can open.
Start it in a desktop session, or use it without a window: .venv/bin/satchel --help"
fi
exec .venv/bin/python -m app "$@"
