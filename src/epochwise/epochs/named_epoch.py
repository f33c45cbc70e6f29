"""An epoch in words, so that nobody takes its number for a count."""


def named_epoch(epoch: int, epochs_run: int) -> str:
    """``15 (from 0), the 16th of 30``.

    Args:
        epoch: counted from 0.
        epochs_run: how many there were; where that is fewer, they are left out.
    """
    of = f" of {epochs_run:,}" if epochs_run > epoch else ""
    return f"{epoch} (from 0), the {epoch + 1:,}{_ending(epoch + 1)}{of}"


def _ending(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
