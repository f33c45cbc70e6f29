"""Where a project says who it is and where its engine comes from: pyproject.toml, README.md, conf/train.yaml."""

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

#: Kind of task -> the data, network and task of conf/train.yaml. Where another task than ``mine`` stands, it is the
#: engine's.
CHOSEN = {
    "classification": ("mine", "mlp", "mine"),
    "regression": ("mine", "mlp", "regression"),
    "multilabel": ("mine", "mlp", "multilabel"),
    "segmentation": ("mine", "unet", "segmentation"),
    "text": ("mine", "lstm", "classification"),
    "language_model": ("mine", "transformer", "language_model"),
    "own": ("mine", "mlp", "mine"),
}
#: Kind of task -> what README.md types for one's own files; of other kinds that is what stands there.
FILES = {
    "regression": ["data=table data.kind=number data.path=FILE data.target=COLUMN"],
    "multilabel": ["data=table data.kind=labels data.path=FILE data.target=COLUMN data.separator='|'"],
    "segmentation": ["data=masks data.root=FOLDER 'data.classes={ground: 0, thing: 255}'"],
    "text": ["data=text data.path=FILE"],
    "language_model": ["data=text data.kind=tokens data.path=FILE"],
    "own": [],
}
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
        answers: to the questions of cookiecutter.json. Without the examples a run is one of the skeleton.
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
        for group, name in zip(("data", "model", "task"), CHOSEN[answers["task"]], strict=True):
            text = _once(rf"(?m)^  - {group}: \w+$", f"  - {group}: {name}", text)
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
    """README.md under the project's description; with the task's files, and how an installed engine is updated."""
    heading, _, rest = text.partition("\n\n")
    if answers["examples"] != "keep" and answers["task"] in FILES:
        typed = "".join(f"python train.py {words}\n" for words in FILES[answers["task"]])
        rest = _once(r"(?m)(^python train\.py data=.*\n)+", typed, rest)
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
