"""The samples of all splits as one."""

from typing import Any

import numpy as np
import pandas as pd

from epochwise.data.samples import Samples


def join_samples(given: dict[str, Samples]) -> Samples:
    """Put the samples of several splits one after another.

    Args:
        given: what a data module has loaded, by split; all of the same kind and with the same class names.

    Returns:
        All of them in the order train, val, test. Where there are several splits, a name begins with its split
        (``test/cat/0.png``), since each split names its own.
    """
    parts = [(split, given[split]) for split in ("train", "val", "test") if split in given]
    if len(parts) == 1:
        return parts[0][1]
    return Samples(
        _joined([samples.x for _, samples in parts]),
        np.concatenate([samples.y for _, samples in parts]),
        parts[0][1].class_names,
        [f"{split}/{name}" for split, samples in parts for name in samples.names],
        None if parts[0][1].groups is None else np.concatenate([samples.groups for _, samples in parts]),
    )


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], pd.DataFrame):
        return pd.concat(parts, ignore_index=True)
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [item for part in parts for item in part]
