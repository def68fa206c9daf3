#!/bin/sh
# Make or update .venv from a hashed requirements file: environment.sh local|standin|dev
set -eu
cd "$(dirname "$0")/../.."
say() { printf '%s\n' "$*" >&2; }

# Whether $1 is a Python that is new enough and has the modules $2.
suits() { "$1" -c "import $2; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; }

# The distribution's own first: it is built with profile-guided optimization. What pyenv compiles, unless told, is not,
# and takes a fifth longer for everything.
python=/usr/bin/python3
suits "$python" sys,ensurepip || python=python3
python=${PYTHON:-$python}
suits "$python" sys || {
    say "Python 3.11 or newer is needed, and '$python' is not that. Install it, or name one: PYTHON=/path/to/python3.11 make ..."
    exit 1
}
uv=$(command -v uv || true)
if [ ! -x .venv/bin/python ]; then
    say "Creating .venv"
    if [ -n "$uv" ]; then
        "$uv" venv --quiet --python "$python" .venv
    else
        "$python" -m venv .venv || {
            say "'$python -m venv' failed. On Debian and Ubuntu: apt-get install python3-venv"
            exit 1
        }
    fi
fi
if [ -z "$uv" ]; then
    uv=.venv/bin/uv
    if [ ! -x "$uv" ]; then
        # An environment that uv made has no pip of its own.
        .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
        .venv/bin/python -m pip install --quiet --require-hashes -r requirements/uv.txt
    fi
fi
say "Installing packages ($1)"
quiet=
[ -t 2 ] || quiet=--quiet
"$uv" pip install $quiet --python .venv/bin/python --require-hashes -r "requirements/$1.txt"
