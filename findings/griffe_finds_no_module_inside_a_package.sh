#!/usr/bin/env bash
# griffe.load("package.module", submodules=False) says KeyError for a module that is there: of a dotted name it reads the package alone, then looks inside what it has read.
# griffelib 2.4.1
# Seen: KeyError for json.decoder, importlib.metadata and concurrent.futures.thread, each of which submodules=True, or a plain import, finds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet griffelib==2.4.1
fi
cd "$folder"
"$python" - <<'PYTHON'
import importlib
import sys
from importlib.metadata import version

import griffe


def outcome(name, submodules):
    """The path that was loaded, or what was raised."""
    try:
        return griffe.load(name, submodules=submodules).path
    except KeyError as error:
        return f"KeyError {error}"


print("griffelib", version("griffelib"))
print("expected: the one module that is named, without those beside it")
names = ("json.decoder", "importlib.metadata", "concurrent.futures.thread")
alone = {name: outcome(name, False) for name in names}
whole = {name: outcome(name, True) for name in names}
for name in names:
    print(f"seen: {name}: {alone[name]}; with all submodules: {whole[name]}; import: {importlib.import_module(name).__name__}")
if any(whole[name] != name for name in names):
    sys.exit("they are no longer found with all submodules")
if any(not alone[name].startswith("KeyError") for name in names):
    sys.exit("the surprise is gone: a module is found without the others of its package")
PYTHON
