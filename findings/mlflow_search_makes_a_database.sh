#!/usr/bin/env bash
# MlflowClient.search_experiments() of an empty SQLite file writes 30 and more tables to it and finds an experiment there; one whose schema is of another version is refused, even to read.
# mlflow 3.17.2
# Seen: a file of 0 bytes has more than 100,000 after the search, which finds "Default"; with another version in alembic_version: MlflowException "Detected out-of-date database schema", file unchanged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet mlflow==3.17.2
fi
cd "$folder"
"$python" - <<'PYTHON'
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException

empty, older = Path("empty.db"), Path("older.db")
empty.touch()
found = [one.name for one in mlflow.MlflowClient(tracking_uri="sqlite:///empty.db").search_experiments()]
older.write_bytes(empty.read_bytes())
with closing(sqlite3.connect(older)) as base:
    tables = base.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]
    base.execute("UPDATE alembic_version SET version_num = '97727af70f4d'")
    base.commit()
before = older.read_bytes()
try:
    mlflow.MlflowClient(tracking_uri="sqlite:///older.db").search_experiments()
    said = "read"
except MlflowException as error:
    said = str(error)
print(f"mlflow {mlflow.__version__}: found {found}; {empty.stat().st_size} bytes, {tables} tables; older: {said[:50]}")
as_seen = (
    found == ["Default"]
    and empty.stat().st_size > 100_000
    and tables >= 30
    and said.startswith("Detected out-of-date database schema")
    and older.read_bytes() == before
)
sys.exit(not as_seen)
PYTHON
