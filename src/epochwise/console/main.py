"""The console command ``epochwise``: what needs no project, and no folder ``conf``.

Neither torch nor a sub-command is imported before it is known which one was typed.
"""

import sys
from importlib import import_module
from typing import Any

from epochwise import __version__
from epochwise.input_error import InputError

#: Sub-command -> the module whose ``main(words)`` does it, and a line about it.
COMMANDS = {
    "report": ("epochwise.console.report", "what runs and tables say about the count of epochs"),
    "new": ("epochwise.console.new", "make a project of one's own"),
    "update": ("epochwise.console.update", "bring a project to the newest version of its template"),
}


def main() -> None:
    """Do what the command line says; bad input is a line a fault on stderr and exit code 2."""
    try:
        _do(sys.argv[1:])
    except InputError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def _do(words: list[str]) -> None:
    command, rest = (words[0], words[1:]) if words else ("--help", [])
    if command in ("-h", "--help", "help"):
        print(help_text())
    elif command in ("-V", "--version"):
        print(__version__)
    elif command in COMMANDS:
        module: Any = import_module(COMMANDS[command][0])
        module.main(rest)
    else:
        allowed = ", ".join([*COMMANDS, "--help", "--version"])
        near = InputError.closest(command, list(COMMANDS))
        raise InputError(f"epochwise {command}: no such command; allowed: {allowed}{near}")


def help_text() -> str:
    """The sub-commands, a line each."""
    lines = [f"    epochwise {name:<10}{about}" for name, (_, about) in COMMANDS.items()]
    return "\n".join(["How many epochs?", "", *lines, "", "epochwise COMMAND --help says more of one."])


if __name__ == "__main__":
    main()
