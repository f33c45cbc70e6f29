#!/usr/bin/env bash
# A process made by fork cannot open an LMDB that its parent has open: it is told that it has it open itself.
# lmdb 3.0.0
# Seen: lmdb.Error "... is already open in this process" in the child, which has opened nothing; so a data set that reads
# one picture before its DataLoader forks workers leaves every worker without the database, and the parent's handle must
# not be used there. Closed in the parent before the fork, it opens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet lmdb==3.0.0
fi
cd "$folder"
"$python" - <<'PYTHON'
import os
import sys
from importlib.metadata import version

import lmdb


def in_a_child() -> str:
    """What a process made by fork comes to when it opens the database."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            lmdb.open("pictures").close()
            said = "opened"
        except lmdb.Error as error:
            said = "already open in this process" if "already open in this process" in str(error) else str(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.wait()
    return os.read(reading, 1000).decode()


parent = lmdb.open("pictures")
with parent.begin(write=True) as transaction:
    transaction.put(b"one", b"pixels")
open_in_parent = in_a_child()
parent.close()
closed_in_parent = in_a_child()
print(f"lmdb {version('lmdb')}: open in the parent: {open_in_parent}; closed there: {closed_in_parent}")
sys.exit((open_in_parent, closed_in_parent) != ("already open in this process", "opened"))
PYTHON
