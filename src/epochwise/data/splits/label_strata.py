"""Parts of samples with several labels each, every label in its share."""

from collections.abc import Sequence

import numpy as np


def label_strata(labels: np.ndarray, sizes: Sequence[int], seed: int) -> np.ndarray:
    """Deal N samples out to parts, so that each label is spread over them in proportion to their sizes.

    The label with the fewest samples that are still to be dealt out comes first; each of its samples goes to the part
    that lacks most of that label, among these to the one that lacks most samples. Samples without a label come last.

    Args:
        labels: (N, C) of 0 and 1.
        sizes: how many samples each part gets; they add up to N.
        seed: of what is drawn where parts lack the same.

    Returns:
        (N,) the part of each sample, from 0.

    Source:
        Sechidis, Tsoumakas & Vlahavas 2011, https://doi.org/10.1007/978-3-642-23808-6_10, algorithm 1.
    """
    labels = np.asarray(labels).astype(bool)
    rng = np.random.default_rng(seed)
    room = np.array(sizes, dtype=np.int64)
    lacks = np.outer(labels.sum(axis=0), room / room.sum())  # (C, parts): of each label
    part = np.full(len(labels), -1)
    left = rng.permutation(len(labels))
    while len(left):
        counts = labels[left].sum(axis=0)
        if not counts.any():
            part[left] = np.repeat(np.arange(len(room)), room)[: len(left)]
            break
        rarest = int(np.where(counts > 0, counts, len(labels) + 1).argmin())
        chosen = left[labels[left, rarest]]
        for row in chosen:
            wanted = np.where(room > 0, lacks[rarest], -np.inf)
            among = np.flatnonzero(wanted == wanted.max())
            among = among[room[among] == room[among].max()]
            to = int(among[rng.integers(len(among))])
            part[row] = to
            room[to] -= 1
            lacks[labels[row], to] -= 1
        left = left[part[left] < 0]
    return part
