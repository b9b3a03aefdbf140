# Sourced by every part: the project's root, quiet and lean builds, and helpers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TERM_COLOR=never
# Nothing built here is debugged, or rebuilt after a change.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0

step() { printf '\n== %s\n' "$*"; }
run() { step "$*"; "$@"; }

# Installs a pinned version of a cargo subcommand unless it is there. Unoptimised builds are quicker to
# make, and fast enough.
tool() {
    cargo install --list | grep -q "^$1 v$2:" ||
        run cargo install --quiet --locked --debug --force "$1" --version "$2"
}

# Runs Python in an environment that is made once: python_in FOLDER "PACKAGES" ARGUMENT…
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

# With the packages of the checks.
python() { python_in ci-python "jsonschema==4.25.1 pyyaml==6.0.3 typos==1.52.0" "$@"; }

# With the official client.
python_with_sdk() { python_in ci-official-client peak-sdk==1.29.0 "$@"; }
