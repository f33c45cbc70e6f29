"""Hydra's own reader of flags and overrides, which it keeps to itself; its loader stands in ``composer.py``."""

from argparse import Namespace

from hydra._internal.utils import get_args_parser


def parse_arguments(words: list[str], strict: bool = True) -> Namespace:
    """Read a command line as Hydra will.

    Args:
        words: of the command line, without the program.
        strict: flags that Hydra does not know print its usage and exit; otherwise they are left out.

    Returns:
        Hydra's flags by name, and ``overrides``, a list of text.
    """
    parser = get_args_parser()
    return parser.parse_args(words) if strict else parser.parse_known_args(words)[0]
