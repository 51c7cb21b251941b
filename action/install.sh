#!/usr/bin/env bash
# Installs ecsplan into an environment of its own, and puts the command on the path of the steps that follow.
# Runs in bash 3.2 as well, which macOS has.
set -euo pipefail

fail() {
    local text="$1"
    text="${text//'%'/%25}"
    text="${text//$'\r'/%0D}"
    text="${text//$'\n'/%0A}"
    echo "::error title=ecsplan::$text"
    exit 2
}

flag() {
    case "$2" in
        true | false) ;;
        *) fail "$1: write true or false, not '$2'" ;;
    esac
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Prints the first Python that ecsplan runs on: those on the path, then those that the runner keeps aside.
find_python() {
    local each
    for each in python3 python python3.14 python3.13 python3.12 python3.11 \
        "${RUNNER_TOOL_CACHE:-/nonexistent}"/Python/3.*/*/bin/python3; do
        if is_new_enough "$each"; then
            echo "$each"
            return
        fi
    done
    fail "there is no Python 3.11 or later on this runner: add a step with actions/setup-python before this one"
}

pip() {
    "$home/bin/python" -m pip "$@" --quiet --disable-pip-version-check --no-input
}

build_requires() {
    "$home/bin/python" -c 'import sys, tomllib
with open(sys.argv[1], "rb") as file:
    print(*tomllib.load(file)["build-system"]["requires"], sep="\n")' "$1"
}

if [ "${RUNNER_OS:-}" = Windows ]; then
    fail "the action runs on Linux and macOS; on Windows, install ecsplan with pip, and run ecsplan check in a step"
fi
flag apply "$INPUT_APPLY"
flag comment "$INPUT_COMMENT"
flag strict "$INPUT_STRICT"
flag check-only "$INPUT_CHECK_ONLY"
flag install "$INPUT_INSTALL"
if [ "$INPUT_APPLY$INPUT_CHECK_ONLY" = truetrue ]; then
    fail "apply and check-only exclude each other"
fi
if [ -n "$INPUT_VERSION" ] && ! [[ "$INPUT_VERSION" =~ ^[0-9][0-9A-Za-z.!+_-]*$ ]]; then
    fail "version: '$INPUT_VERSION' is not a version such as 1.2.3"
fi
python="$INPUT_PYTHON"
if [ -z "$python" ]; then
    python="$(find_python)" || { echo "$python"; exit 2; }
elif ! is_new_enough "$python"; then
    fail "python: '$python' cannot be run, or is older than 3.11"
fi

if [ "$INPUT_INSTALL" = false ]; then
    command -v ecsplan >/dev/null || fail "install is false, and there is no ecsplan on the runner's path"
    ecsplan --version
    echo "python=$(command -v "$python")" >>"$GITHUB_OUTPUT"
    exit
fi

# Another use of the action in the same job finds what the first one has installed.
home="${RUNNER_TEMP:-/tmp}/ecsplan-$(printf '%s\n' "$GITHUB_ACTION_PATH" "$INPUT_VERSION" "$python" | cksum | cut -d ' ' -f 1)"
if [ ! -e "$home/ready" ]; then
    "$python" -m venv "$home"
    if [ -n "$INPUT_VERSION" ]; then
        pip install "ecsplan==$INPUT_VERSION"
    else
        # Built by a pinned backend, which an isolated build would not be with every pip.
        pins="$GITHUB_ACTION_PATH/constraints.txt"
        build_requires "$GITHUB_ACTION_PATH/pyproject.toml" >"$home/backend.txt"
        pip install --constraint "$pins" --requirement "$home/backend.txt"
        pip wheel --no-deps --no-build-isolation --wheel-dir "$home/wheel" "$GITHUB_ACTION_PATH"
        pip install --constraint "$pins" "$home"/wheel/ecsplan-*.whl
    fi
    # A folder for the command alone: the job's own python and pip stay the first on the path.
    mkdir -p "$home/command"
    ln -sf "$home/bin/ecsplan" "$home/command/ecsplan"
    touch "$home/ready"
fi
"$home/bin/ecsplan" --version
echo "$home/command" >>"${GITHUB_PATH:-/dev/null}"
echo "python=$home/bin/python" >>"$GITHUB_OUTPUT"
