#!/bin/sh
# Resolve requirements/*.in again. No index address is written, so the files install from any mirror.
set -eu
cd "$(dirname "$0")"
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url "$@"
}
compile --upgrade dev.in -o dev.txt
compile --upgrade uv.in -o uv.txt
compile -c dev.txt runtime.in -o runtime.txt
compile -c dev.txt local.in -o local.txt
compile -c dev.txt standin.in -o standin.txt
compile -c dev.txt training.in -o training.txt
