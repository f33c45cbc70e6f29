"""What pyproject.toml cannot say: a wheel carries the files that `epochwise new` makes a project from."""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from new_project.tracked_files import tracked_files  # noqa: E402
from new_project.what_stays import owned_files  # noqa: E402


class BuildWithTemplate(build_py):
    """Put the project's files, and what copies them, into ``epochwise/project_template``."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # the clone itself is the template
            return
        files = tracked_files(HERE)
        wanted = set(owned_files(files, task=None).values())
        wanted |= {file for file in files if file.parts[0] in ("new_project", "cookiecutter.json", "constraints.txt")}
        folder = Path(self.build_lib) / "epochwise/project_template"
        shutil.rmtree(folder, ignore_errors=True)
        for file in sorted(wanted):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HERE / file, folder / file)


setup(cmdclass={"build_py": BuildWithTemplate})
