"""The password of a study's database, which no run folder and no line on a terminal is to hold."""

import os
import re
from collections.abc import Sequence

#: Holds the password that a storage's URL had, as it stood there, for the processes that a search starts.
VARIABLE = "EPOCHWISE_STORAGE_PASSWORD"
HIDDEN = "***"
#: As SQLAlchemy reads it.
PASSWORD = re.compile(r"(?<=://)([^:/\s]*):([^@\s]*)@")
WORD = re.compile(r"\+{0,2}(callbacks\.pruning\.)?storage=")


def hide_password(url: str) -> str:
    """A URL with ``***`` for its password, which goes to the environment of this process; one without as it is."""
    found = PASSWORD.search(url)
    if found and found[2] != HIDDEN:
        os.environ[VARIABLE] = found[2]
    return masked(url)


def masked(text: str) -> str:
    """A text with ``***`` for the passwords of URLs in it."""
    return PASSWORD.sub(rf"\1:{HIDDEN}@", text)


def hide_passwords(words: Sequence[str]) -> list[str]:
    """The words of a command line, with ``***`` for the password of a storage among them."""
    return [hide_password(word) if WORD.match(word) else word for word in words]


def with_password(url: str) -> str:
    """The URL to connect by: with the password of the environment for ``***``, or none, where there is none.

    The driver then looks for it in its own places: PostgreSQL's in ``PGPASSWORD`` and ``~/.pgpass``.
    """
    found = PASSWORD.search(url)
    if not found or found[2] != HIDDEN:
        return url
    kept = os.environ.get(VARIABLE)
    return PASSWORD.sub(lambda match: f"{match[1]}@" if kept is None else f"{match[1]}:{kept}@", url)
