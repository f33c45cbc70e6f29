"""When a cool-down begins."""


def cooldown_start(max_epochs: int, cooldown_fraction: float) -> int:
    """The epoch, from 0, with which the cool-down of a run of ``max_epochs`` begins.

    Args:
        max_epochs: epochs until the end of the cool-down, at least 1.
        cooldown_fraction: epochs of cool-down over the epochs before it, above 0.
    """
    return int(max_epochs / (1 + cooldown_fraction))
