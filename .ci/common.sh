# Sourced by every part: changes to the project's root, makes builds quiet and lean, and defines helpers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TERM_COLOR=never
# These builds need no debug information and are not rebuilt after changes.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0

step() { printf '\n== %s\n' "$*"; }
run() { step "$*"; "$@"; }

# Installs a pinned version of a cargo subcommand unless it is installed. Debug builds compile faster and
# are fast enough.
tool() {
    cargo install --list | grep -q "^$1 v$2:" ||
        run cargo install --quiet --locked --debug --force "$1" --version "$2"
}

# Runs Python in a virtual environment that is created once: python_in FOLDER "PACKAGES" ARGUMENT…
python_in() {
    local venv=target/$1 packages
    read -ra packages <<<"$2"
    shift 2
    if [ ! -e "$venv/.with-packages" ]; then
        python3 -m venv --clear "$venv"
        "$venv/bin/pip" install --quiet "${packages[@]}"
        touch "$venv/.with-packages"
    fi
    "$venv/bin/python" "$@"
}

# With the packages that the checks need.
python() { python_in ci-python "jsonschema==4.25.1 pyyaml==6.0.3 typos==1.52.0" "$@"; }

# With the official client.
python_with_sdk() { python_in ci-official-client peak-sdk==1.29.0 "$@"; }
