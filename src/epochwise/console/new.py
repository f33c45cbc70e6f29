"""Make a project of your own: its parts, its conf, its tests, and the engine beside them.

    epochwise new                                          # asks for each answer; return takes what stands in brackets
    epochwise new "Leaf Counter"                           # asks for nothing else
    epochwise new "Leaf Counter" task=segmentation         # no worked examples, but a skeleton for this kind of task
    epochwise new "Leaf Counter" license=Apache-2.0 output=FOLDER

The project is a new folder in the working folder, or in output=FOLDER. Kinds of tasks: classification, regression,
multilabel, segmentation, text (a class for each), language_model, own (a data set and a loss of your own).
"""

import json
import os
import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import epochwise
from epochwise.console.update import TEMPLATE
from epochwise.input_error import InputError


def main(words: list[str]) -> None:
    """Ask for what is not typed, and make the project.

    Args:
        words: behind ``epochwise new``: a name, and answers as KEY=VALUE.

    Raises:
        InputError: an answer that cannot be used, a folder that is there, or no template beside this engine.
    """
    if {"-h", "--help"} & set(words):
        print(str(__doc__).strip())
        return
    template, src = template_folder()
    sys.path.insert(0, str(template))  # what makes projects stands with the template, not with the engine
    questions = json.loads((template / "cookiecutter.json").read_text(encoding="utf-8"))
    keys = [key for key in questions if not key.startswith("_")]
    given = _typed(words, [*keys, "output"])
    where = Path(given.pop("output", ".")).absolute()
    answers = _answers(questions, keys, given, ask=not words)
    project = where / answers["project_slug"]
    if project.exists() and (not project.is_dir() or any(project.iterdir())):
        raise InputError(f"{project}: is there already; allowed: a new folder, or an empty one")
    project.mkdir(parents=True, exist_ok=True)
    here = Path.cwd()
    os.chdir(project)
    try:
        import_module("new_project.make_project").make_project(str(template), answers, commit=True, engine=str(src))
    finally:
        os.chdir(here)
    print(f"{project}: next: cd {os.path.relpath(project)} && make train")


def template_folder() -> tuple[Path, Path]:
    """Where the files of a new project lie, and the folder that holds the engine's packages.

    Raises:
        InputError: neither a clone nor a wheel is around this file, but a copy in a project.
    """
    src = Path(epochwise.__file__).absolute().parents[1]
    for template in (src.parent, src / TEMPLATE):
        if (template / "new_project/make_project.py").is_file():
            return template, src
    raise InputError(f"epochwise new: {src} holds a project's copy of the engine; allowed: a clone of it, or a wheel")


def _typed(words: list[str], keys: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign and not word.startswith("-") and "project_name" not in given:
            given["project_name"] = word
        elif sign and key in keys:
            given[key] = value
        else:
            near = InputError.closest(key, keys)
            raise InputError(f"{word}: allowed: a name, and KEY=VALUE of {', '.join(keys)}{near}")
    return given


def _answers(questions: dict[str, Any], keys: list[str], given: dict[str, str], ask: bool) -> dict[str, str]:
    """The answer to each question of cookiecutter.json: typed, asked for, or what stands there."""
    fault: Callable[[str, str], str | None] = import_module("new_project.names").fault
    if "task" in given:  # whoever names one wants its skeleton
        given = {"examples": "start empty", **given}
    answers: dict[str, str] = {}
    faults = []
    for key in keys:
        allowed = questions[key] if isinstance(questions[key], list) else None
        default = allowed[0] if allowed else _default(key, questions[key], answers)
        answers[key] = given.get(key, default)
        kept = key == "task" and answers["examples"] == "keep"  # the examples are of one kind
        if ask and not kept:
            _ask(key, questions["__prompts__"][key], answers, allowed, fault)
        elif line := _fault(key, answers[key], allowed, fault) or (kept and fault(key, answers[key])):
            faults.append(line)
    if faults:
        raise InputError(*faults)
    return answers


def _default(key: str, text: str, answers: dict[str, str]) -> str:
    """As cookiecutter renders it."""
    if key == "project_slug":
        return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", answers["project_name"].lower())).strip("-_")
    return answers["project_slug"].replace("-", "_") if key == "package_name" else text


def _fault(key: str, value: str, allowed: list[str] | None, fault: Callable[[str, str], str | None]) -> str | None:
    if allowed is None:
        return fault(key, value)
    near = InputError.closest(value, allowed)
    return None if value in allowed else f"{key}: got {value!r}, allowed: {', '.join(allowed)}{near}"


def _ask(
    key: str, prompt: Any, answers: dict[str, str], allowed: list[str] | None, fault: Callable[[str, str], str | None]
) -> None:
    """Ask until the answer can be used."""
    text = prompt["__prompt__"] if isinstance(prompt, dict) else prompt
    choices = f", {' | '.join(allowed)}" if allowed else ""
    while True:
        try:
            said = input(f"{text}{choices} [{answers[key]}]: ").strip()
        except EOFError:
            raise InputError(f"{key}: no answer; allowed: answers as KEY=VALUE, see epochwise new --help") from None
        answer = said or answers[key]
        line = _fault(key, answer, allowed, fault)
        if line is None:
            answers[key] = answer
            return
        print(line)
