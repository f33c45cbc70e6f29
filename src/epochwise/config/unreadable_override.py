"""What is wrong with a word of the command line that is no override."""

import re

from hydra.errors import HydraException

from epochwise.config.composer import Composer

ALLOWED = "allowed: key=value, +key=value, ++key=value, ~key"


def unreadable_fault(text: str, composer: Composer) -> str:
    """The line for it. Text that would be read if it were quoted is shown so.

    Args:
        text: as it arrived, without the quotes that a shell takes away.
        composer: reads overrides.
    """
    key, sign, value = text.partition("=")
    # Only text as people write it: an open bracket of a list is not mended by quotes.
    if sign and re.search(r"[\s()'\"]", value) and not re.match(r"[\[{=\s]", value):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        try:
            composer.parse(f"{key}='{escaped}'")
        except HydraException:
            pass
        else:
            return f"{text}: cannot be read, quote its value twice: \"{key}='{escaped}'\""
    return f"{text}: cannot be read, {ALLOWED}"
