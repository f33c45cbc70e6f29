#!/usr/bin/env bash
# Hydra takes overrides before a flag or behind it, not on both sides: those behind it are "unrecognized arguments".
# hydra-core 1.3.8
# Seen: `x=3 y=4 --cfg job` and `--cfg job x=3 y=4` print the config; `x=3 --cfg job y=4`, and `x=3 -m y=4,5`, end with exit code 2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet hydra-core==1.3.8
fi
cd "$folder"
mkdir conf
printf 'x: 1\nz: 2\n' > conf/config.yaml
cat > app.py <<'PYTHON'
import hydra


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config):
    print(dict(config))


main()
PYTHON
"$python" - <<'PYTHON'
import subprocess
import sys
from importlib.metadata import version


def run(*words):
    done = subprocess.run([sys.executable, "app.py", *words], capture_output=True, text=True, check=False)
    said = (done.stdout.split() or done.stderr.splitlines()[-1:]) if done.returncode == 0 else done.stderr.splitlines()[-1:]
    print(f"seen: app.py {' '.join(words)}: exit code {done.returncode}, {' '.join(said)}")
    return done.returncode, "unrecognized arguments" in done.stderr


print("hydra-core", version("hydra-core"))
print("expected: the order of overrides and flags does not matter")
together = [run("x=3", "z=4", "--cfg", "job"), run("--cfg", "job", "x=3", "z=4")]
apart = [run("x=3", "--cfg", "job", "z=4"), run("x=3", "-m", "z=4,5")]
if together != [(0, False)] * 2:
    sys.exit("overrides on one side of a flag are no longer taken")
if apart != [(2, True)] * 2:
    sys.exit("the surprise is gone: overrides on both sides of a flag are taken")
PYTHON
