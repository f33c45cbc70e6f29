"""What cookiecutter runs, rendered, in the new project's folder: it hands the answers on to new_project."""

import json
import sys

# cookiecutter's own `_repo_dir` is wrong for zips and absent under cruft, so the folder is asked of the extension.
TOLD = json.loads(
    r"""{{ {"template": template_folder(), "answers": cookiecutter, "commit": not under_cruft()} | tojson }}"""
)

sys.dont_write_bytecode = True  # the template's folder stays as it was
sys.path.insert(0, TOLD["template"])

from new_project.make_project import make_project  # noqa: E402

make_project(**TOLD)
