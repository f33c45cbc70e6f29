"""Where a project says who it is and where its engine comes from: pyproject.toml, README.md, conf/train.yaml."""

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

#: README.md's words where the engine is installed.
UPDATES = """## Updates

`pip install -U epochwise`, or another version in pyproject.toml, brings the engine up to date. `make update` brings
what came with it, where this project remembers its template (made by cruft, or `cruft link ADDRESS`).
"""


def identity(project: Path, src: Path, answers: Mapping[str, str]) -> None:
    """Write name, description, author, licence and engine into a project that was copied.

    Args:
        project: the new project.
        src: the folder that holds the engine's packages.
        answers: to the questions of cookiecutter.json. Without the examples a run is one of the empty task.
    """
    (version,) = re.findall(r'(?m)^__version__ = "(.*)"$', (src / "epochwise/__init__.py").read_text(encoding="utf-8"))
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject_text(pyproject.read_text(encoding="utf-8"), answers, version), encoding="utf-8")
    readme = project / "README.md"
    readme.write_text(readme_text(readme.read_text(encoding="utf-8"), answers), encoding="utf-8")
    if answers["engine"] == "installed":
        (project / "requirements.txt").unlink()
    if answers["examples"] != "keep":
        config = project / "conf/train.yaml"
        text = config.read_text(encoding="utf-8")
        for line in ("  - data: digits\n", "  - task: classification\n"):
            text = _once(rf"(?m)^{re.escape(line)}", f"{line.rpartition(' ')[0]} mine\n", text)
        config.write_text(text, encoding="utf-8")


def pyproject_text(text: str, answers: Mapping[str, str], version: str) -> str:
    """``new_project/project/pyproject.toml`` as the project's.

    Args:
        text: of that file.
        answers: to the questions of cookiecutter.json.
        version: of the engine.

    Raises:
        ValueError: the template's lines are not where they were.
    """
    author = f"{{ name = {_toml(answers['author_name'])}, email = {_toml(answers['author_email'])} }}"
    licence = answers["license"] if answers["license"] != "Proprietary" else "LicenseRef-Proprietary"
    values = {
        "name": _toml(answers["project_slug"]),
        "description": _toml(answers["description"]),
        "license": _toml(licence),
        "authors": f"[{author}]",
    }
    for key, value in values.items():
        text = _once(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
    if answers["engine"] == "installed":
        text = _installed(text, engine_requirement(answers["engine_source"], version))
    return text


def _installed(text: str, requirement: str) -> str:
    needs = "# The first is the engine; further lines are what this project needs.\n"
    needs += f"dependencies = [\n    {_toml(requirement)},\n]"
    text = _once(r'(?m)^dynamic = \["dependencies"\]$', needs, text)
    for section in ("project.scripts", "tool.setuptools.dynamic", "tool.setuptools.package-data"):
        text = _once(rf"(?ms)^\[{re.escape(section)}\]\n.*?\n\n", "", text)
    return _once(r"(?m)^extend-exclude = .*\n", "", text)


def engine_requirement(source: str, version: str) -> str:
    """The line by which pip finds the engine.

    Args:
        source: ``newest``, a version, or the path or address of a wheel.
        version: of the engine that stands with the template.
    """
    if source == "newest":
        return f"epochwise>={version}"
    if re.match(r"\d+(\.\w+)*$", source):
        return f"epochwise=={source}"
    return f"epochwise @ {source if '://' in source else Path(source).absolute().as_uri()}"


def readme_text(text: str, answers: Mapping[str, str]) -> str:
    """README.md under the project's description; where the engine is installed, with how it is updated."""
    heading, _, rest = text.partition("\n\n")
    if answers["engine"] == "installed":
        rest = rest[: rest.index("## Updates")] + UPDATES
    return f"{heading}\n\n{answers['description']}\n\n{rest}"


def licence_text(text: str, holder: str) -> str:
    """A licence with its year and holder, where it has a place for them."""
    return text.replace("YEAR HOLDER", f"{date.today().year} {holder}")


def _toml(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # TOML reads JSON's strings


def _once(pattern: str, new: str, text: str) -> str:
    text, num_found = re.subn(pattern, lambda _: new, text)
    if num_found != 1:
        raise ValueError(f"{pattern} stands {num_found} times in the template, not once")
    return text
