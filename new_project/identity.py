"""Where a project says who it is: pyproject.toml, README.md, LICENSE; and what it trains on from the start."""

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path


def identity(project: Path, template: Path, answers: Mapping[str, str], examples: bool) -> None:
    """Write name, description, author, licence and origin into a project that was copied.

    Args:
        project: the new project.
        template: the folder of the template.
        answers: to the questions of cookiecutter.json.
        examples: whether the worked examples are kept; without them a run is one of the empty task.
    """
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject_text(pyproject.read_text(encoding="utf-8"), answers), encoding="utf-8")
    (version,) = re.findall(r'(?m)^version = "(.*)"$', (template / "pyproject.toml").read_text(encoding="utf-8"))
    readme = project / "README.md"
    readme.write_text(readme_text(readme.read_text(encoding="utf-8"), answers, version), encoding="utf-8")
    if not examples:
        config = project / "conf/train.yaml"
        text = config.read_text(encoding="utf-8")
        for line in ("  - data: digits\n", "  - task: classification\n"):
            text = _once(rf"(?m)^{re.escape(line)}", f"{line.rpartition(' ')[0]} own\n", text)
        config.write_text(text, encoding="utf-8")


def pyproject_text(text: str, answers: Mapping[str, str]) -> str:
    """The template's pyproject.toml as the project's; the project starts at version 0.1.0.

    Raises:
        ValueError: the template's lines are not where they were.
    """
    author = f"{{ name = {_toml(answers['author_name'])}, email = {_toml(answers['author_email'])} }}"
    licence = answers["license"] if answers["license"] != "Proprietary" else "LicenseRef-Proprietary"
    values = {
        "name": _toml(answers["project_slug"]),
        "version": '"0.1.0"',
        "description": _toml(answers["description"]),
        "license": _toml(licence),
        "authors": f"[{author}]",
        "keywords": '["pytorch", "lightning", "hydra", "deep-learning"]',
    }
    for key, value in values.items():
        text = _once(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
    return text


def readme_text(text: str, answers: Mapping[str, str], version: str) -> str:
    """README.md under the project's description, with the one line that says where it comes from."""
    heading, _, rest = text.partition("\n\n")
    return f"{heading}\n\n{answers['description']}\n\n{rest.strip()}\n\nStarted from Epochwise {version}.\n"


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
