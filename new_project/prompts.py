"""What cookiecutter.json and the hook need of Jinja."""

import os
import sys

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension

from new_project.names import fault


class Prompts(Extension):
    """Check each answer as it is given, and tell the hook where the template is.

    An answer is checked by a private variable behind it in cookiecutter.json. cookiecutter prints this one exception
    as a line and ends with exit code 1 before it has made anything; a ``pre_gen_project`` hook would print a traceback
    and leave a folder behind.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["checked"] = checked
        # cookiecutter renders a hook in the folder of the template, be it a path, a clone or an unpacked zip.
        environment.globals["template_folder"] = os.getcwd
        environment.globals["under_cruft"] = lambda: "cruft" in sys.modules


def checked(value: object, key: str) -> str:
    """Return an answer as it is.

    Raises:
        FailedHookException: it cannot be used; the message says why in one line.
    """
    if line := fault(key, str(value)):
        raise FailedHookException(line)
    return str(value)
