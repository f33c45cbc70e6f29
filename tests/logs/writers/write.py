"""Write tests/logs/written/ anew with the real tools, each in a virtual environment of its own with pinned versions.

    python tests/logs/writers/write.py                   # all of them; an hour, and 7 GB of disk at a time
    python tests/logs/writers/write.py keras boosting    # some

Each writer can be run by itself too, where its packages are: `uv run tests/logs/writers/keras_logs.py`.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def needs(script):
    """The packages that a script's head names as inline metadata, https://peps.python.org/pep-0723."""
    head = re.search(r"^# /// script\n((?:#.*\n)+?)# ///$", script.read_text(), re.MULTILINE)
    return tomllib.loads(re.sub(r"^# ?", "", head[1], flags=re.MULTILINE))["dependencies"] if head else []


def write(script):
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *needs(script)], check=True)
        subprocess.run([python, script], check=True)


if __name__ == "__main__":
    writers = {path.stem.removesuffix("_logs"): path for path in sorted(HERE.glob("*_logs.py"))}
    asked = sys.argv[1:] or list(writers)
    if unknown := [name for name in asked if name not in writers]:
        sys.exit(f"{unknown[0]}: no such writer, allowed: {', '.join(writers)}")
    for name in asked:
        print(name, flush=True)
        write(writers[name])
