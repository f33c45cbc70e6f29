"""The values of a sweep."""

from itertools import islice

from hydra.core.override_parser.types import IntervalSweep, Override
from hydra.errors import HydraException

from epochwise.config.composer import Composer
from epochwise.config.key_override import one_line
from epochwise.input_error import InputError

MOST_SWEPT = 100  # values of one sweep that are checked


def swept_values(override: Override, composer: Composer) -> list[Override]:
    """An override for each value of a sweep; for both ends of an interval.

    Raises:
        InputError: it has no values, or cannot be read.
    """
    given, key = (override.input_line or "").partition("=")[2], override.get_key_element()
    try:
        if isinstance(sweep := override.value(), IntervalSweep):
            ends = [sweep.start, sweep.end]
            texts = [str(int(end)) if float(end).is_integer() else str(end) for end in ends if end is not None]
        else:
            texts = list(islice(override.sweep_string_iterator(), MOST_SWEPT))
        if texts:
            return [composer.parse(f"{key}={text}") for text in texts]
    except (HydraException, ValueError, TypeError, ArithmeticError) as error:
        raise InputError(f"{override.key_or_group}: got {given!r}: {one_line(error)}") from error
    raise InputError(f"{override.key_or_group}: got {given!r}, a sweep without values")
