"""How many jobs a sweep makes."""

from math import ceil, prod

from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep

MOST_JOBS = 10_000  # Hydra makes a list of all of them before the first one


def sweep_size_fault(overrides: list[Override]) -> str | None:
    """The line for a sweep of more jobs than Hydra can list; ``None`` for any other.

    Args:
        overrides: of the command line, those that sweep and those that don't.
    """
    counts = {override.key_or_group: _num_values(override) for override in overrides}
    num_jobs = prod(counts.values())
    if num_jobs <= MOST_JOBS:
        return None
    swept = " x ".join(f"{key} ({count:,})" for key, count in counts.items() if count > 1)
    return f"--multirun: {swept} are {num_jobs:,} jobs, allowed: {MOST_JOBS:,}"


def _num_values(override: Override) -> int:
    sweep = override.value()
    if isinstance(sweep, ChoiceSweep):
        return len(sweep.list)
    if not isinstance(sweep, RangeSweep) or sweep.start is None or sweep.stop is None or not sweep.step:
        return 1
    count = (sweep.stop - sweep.start) / sweep.step
    return max(1, ceil(min(count, MOST_JOBS**2)))
