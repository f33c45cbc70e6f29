"""The end of a line about a name that is not known."""

from epochwise.input_error import InputError

MANY = 12


def allowed_names(name: str, names: list[str]) -> str:
    """Say which names are allowed, and the closest one. Where one is close, a long list is left out.

    Args:
        name: what was given.
        names: what could have been.
    """
    close = InputError.closest(name, names)
    return close if close and len(names) > MANY else f", allowed: {', '.join(names) or 'none'}{close}"
