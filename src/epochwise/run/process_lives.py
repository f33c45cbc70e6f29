"""Whether a process that left its number is still there."""

import os


def process_lives(number: str) -> bool:
    """Ask this machine for a process.

    Args:
        number: of the process, as text that may be anything.

    Returns:
        Whether it is there, whoever's it is; False for a text that is no number.
    """
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
