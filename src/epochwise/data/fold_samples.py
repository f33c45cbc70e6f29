"""Cutting samples into the folds of a cross-validation."""

from typing import Any

import numpy as np
from sklearn.model_selection import TimeSeriesSplit

from epochwise.data.join_samples import join_samples
from epochwise.data.samples import Samples
from epochwise.data.split_samples import check_every_class_is_in, hold_out
from epochwise.input_error import InputError


def fold_samples(
    given: dict[str, Samples],
    splitter: Any,
    fold: int | None,
    test_fraction: float,
    seed: int,
    in_order: bool = False,
) -> dict[str, Samples]:
    """Cut train and val of one fold by a splitter of scikit-learn; ``test`` is the same for all folds and in none.

    What is cut is all but ``test``, in the order in which ``train_test_split`` left it, or in that of time.

    Args:
        given: ``train``, and ``val`` and ``test`` where they are published; ``val`` is cut anew with ``train``.
        splitter: has scikit-learn's ``split(x, y, groups)`` and ``get_n_splits``.
        fold: which one, from 0. None: all is ``train``, and ``val`` is empty.
        test_fraction: see ``split_samples``.
        seed: of the cut of ``test``.
        in_order: see ``split_samples``.

    Raises:
        InputError: there is no such fold, the splitter refuses the samples, or it needs groups or an order of time that
            they don't have.

    Source:
        https://scikit-learn.org/stable/modules/cross_validation.html
    """
    if splitter is None:
        raise InputError(f"data.fold={fold}: there is no splitter that cuts folds; crossval.py has one")
    pool = join_samples({split: given[split] for split in ("train", "val") if split in given})
    test = given.get("test")
    if test is None:
        splits = hold_out(pool, "test", test_fraction, len(pool), seed, in_order)
        pool, test = splits["train"], splits["test"]
        check_every_class_is_in("test", test, pool)
    name = type(splitter).__name__
    if isinstance(splitter, TimeSeriesSplit) and not in_order:
        raise InputError(
            f"data.in_order: {name} needs samples in the order of time; where they are: data.in_order=true"
        )
    if "Stratified" in name and pool.class_names is None:  # whole numbers it would take for classes
        instead = "repeated_kfold" if name.startswith("Repeated") else "kfold"
        raise InputError(f"splitter: {name} cuts classes, and the target is a number; did you mean splitter={instead}?")
    if fold is None:
        return {"train": pool, "val": pool.take(np.array([], dtype=int)), "test": test}
    try:
        num_folds = splitter.get_n_splits(pool.y, pool.y, pool.groups)
        if fold >= num_folds:
            raise InputError(f"data.fold: got {fold}, allowed: 0 to {num_folds - 1} with {name}")
        folds = list(splitter.split(np.zeros(len(pool)), pool.y, pool.groups))
    except ValueError as error:
        raise InputError(f"splitter: {name} cannot cut these samples: {_why(error, pool)}") from error
    train, val = (pool.take(rows) for rows in folds[fold])
    check_every_class_is_in("train", train, pool)
    return {"train": train, "val": val, "test": test}


def _why(error: ValueError, pool: Samples) -> str:
    line = " ".join(str(error).split())
    if "groups" not in line:
        return line
    if pool.groups is None:
        return f"{line}; name their column: groups=COLUMN"
    return f"{line}; allowed: folds=2 to folds={len(np.unique(pool.groups))}"
