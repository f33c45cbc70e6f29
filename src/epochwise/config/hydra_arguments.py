"""Hydra's own reader of flags and overrides, which it keeps to itself; its loader stands in ``composer.py``."""

from argparse import Namespace
from types import MethodType
from typing import Any

from hydra._internal.utils import get_args_parser

from epochwise.input_error import InputError


def parse_arguments(words: list[str], strict: bool = True) -> Namespace:
    """Read a command line as Hydra will.

    Args:
        words: of the command line, without the program.
        strict: flags that Hydra does not know are a fault; otherwise they are left out.

    Returns:
        Hydra's flags by name, and ``overrides``, a list of text.

    Raises:
        InputError: a flag that is unknown, lacks its value or has a wrong one.
    """
    parser = get_args_parser()
    parser.error = MethodType(_refuse, parser)  # type: ignore[method-assign]  # it would print the usage of every flag
    return parser.parse_args(words) if strict else parser.parse_known_args(words)[0]


def _refuse(parser: Any, message: str) -> None:
    raise InputError(f"{message}; settings are written KEY=VALUE, --hydra-help lists all flags")
