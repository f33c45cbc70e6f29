"""Data that cannot be used, found before many jobs find it."""

from typing import Any

from omegaconf import DictConfig

from epochwise.commands.build import build


def check_data(config: DictConfig) -> Any:
    """Read and cut the data once, where the jobs are started: else each of them would fail for the same reason.

    Args:
        config: of one of the jobs.

    Returns:
        The data, set up.

    Raises:
        InputError: the data cannot be read, or cut as it is asked for.
    """
    data = build(config, "data")
    data.prepare_data()
    data.setup("fit")
    return data
