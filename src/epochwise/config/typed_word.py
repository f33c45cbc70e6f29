"""A word of a command line, as one would type it."""

import re
import shlex


def typed_word(word: str) -> str:
    """Quote a word where a shell would take it apart or read it otherwise; a list in brackets stays as it is."""
    return shlex.quote(word) if not word or re.search(r"[\s'\"\\()$&|;<>*?`!#{}]", word) else word
