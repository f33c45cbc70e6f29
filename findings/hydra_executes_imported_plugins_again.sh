#!/usr/bin/env bash
# Hydra executes the modules of plugins once more where they are imported already: a class of one plugin that another has imported is not the one that Hydra makes.
# hydra-core 1.3.8
# Seen: a sweeper that imports a launcher above, and asks `isinstance(launcher, Launcher)` of what Hydra gave it, is told no.
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
mkdir -p hydra_plugins/example
touch hydra_plugins/example/__init__.py
cat > hydra_plugins/example/a_sweeper.py <<'PYTHON'
from hydra_plugins.example.its_launcher import ItsLauncher

IMPORTED = ItsLauncher
PYTHON
cat > hydra_plugins/example/its_launcher.py <<'PYTHON'
from hydra.plugins.launcher import Launcher


class ItsLauncher(Launcher):
    def setup(self, *, hydra_context, task_function, config):
        pass

    def launch(self, job_overrides, initial_job_idx):
        return []
PYTHON
PYTHONPATH=$folder "$python" - <<'PYTHON'
import sys
from importlib.metadata import version

from hydra.core.plugins import Plugins

print("hydra-core", version("hydra-core"))
print("expected: one class of that name in the process")
made = Plugins.instance().class_name_to_class["hydra_plugins.example.its_launcher.ItsLauncher"]
imported = sys.modules["hydra_plugins.example.a_sweeper"].IMPORTED
print(f"seen: the class that Hydra makes is the one that the sweeper imported: {made is imported}")
if made is imported:
    sys.exit("the surprise is gone: imported modules are taken as they are")
PYTHON
