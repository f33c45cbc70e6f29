"""Every command of docs/any-log.md answers; with json=true, so that nothing is written beside the logs."""

import json
import re
import shlex
from pathlib import Path

import pytest

from epochwise.console.report import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/any-log.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"`python report\.py (tests/logs/written/[^`]+)`", PAGE)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_page_answers(command, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    main([*shlex.split(command), "json=true"])
    answers = json.loads(capsys.readouterr().out)
    assert all(answer["best_epoch"] is not None for answer in answers)


def test_the_page_names_every_tool_whose_logs_are_here():
    tools = {path.name for path in (ROOT / "tests/logs/written").iterdir() if path.is_dir()}
    assert {command.split("/")[3] for command in COMMANDS} == tools


def test_the_keys_that_the_page_promises_are_those_of_the_answer(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    main([COMMANDS[0], "json=true"])
    (answer,) = json.loads(capsys.readouterr().out)
    promised = PAGE.partition("## For programs")[2].partition("Keys stay")[0]
    assert list(answer) == [
        key
        for line in promised.splitlines()
        for key in re.findall(r"`(\w+)`", line.split("|")[1] if "|" in line else "")
        if key
    ]
