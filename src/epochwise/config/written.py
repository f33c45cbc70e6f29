"""What text has to look like."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """A bound of a text, as ``annotated_types.Ge`` is one of a number.

    Args:
        pattern: that all of it matches (``re.fullmatch``).
        words: the same for people.
    """

    pattern: str
    words: str
