"""Which samples train, validate and test: one split, or folds."""

from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np

from epochwise.data.samples import Samples
from epochwise.data.splits.label_strata import label_strata
from epochwise.data.target import IN_WORDS
from epochwise.input_error import InputError


def split_samples(
    given: dict[str, Samples], val_fraction: float, test_fraction: float, seed: int, in_order: bool = False
) -> dict[str, Samples]:
    """Cut what is not published out of ``train``, each class, or label, in the same proportion.

    Samples with ``groups`` are cut between groups instead.

    Args:
        given: ``train``, and ``val`` and ``test`` where they are published; those are returned as they are.
        val_fraction: share of the given training samples that becomes ``val``, in (0, 1); of the groups, where there
            are groups.
        test_fraction: share of the given training samples, or groups, that becomes ``test``, in (0, 1).
        seed: of the cut alone; the same samples and the same seed give the same cut.
        in_order: the samples stand in the order of time: ``test`` is the last of them, ``val`` the last of the rest.

    Returns:
        ``train``, ``val`` and ``test``, none of which shares a sample with another.

    Raises:
        InputError: nothing is left to train on, or a class is too small to be in every part.
    """
    splits = dict(given)
    for split, fraction in (("test", test_fraction), ("val", val_fraction)):
        if split not in given:
            splits |= hold_out(splits["train"], split, fraction, len(given["train"]), seed, in_order)
    for split in splits.keys() - given.keys() | {"train"}:
        check_every_class_is_in(split, splits[split], given["train"])
    return splits


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
    first = parts[0][1]
    return replace(
        first,
        x=_joined([samples.x for _, samples in parts]),
        y=None if first.y is None else _joined([samples.y for _, samples in parts]),
        names=[f"{split}/{name}" for split, samples in parts for name in samples.names],
        groups=None if first.groups is None else np.concatenate([samples.groups for _, samples in parts]),
    )


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], dict):
        return {name: _joined([part[name] for part in parts]) for name in parts[0]}
    if hasattr(parts[0], "iloc"):
        import pandas as pd  # which has made them; other data does without it

        return pd.concat(parts, ignore_index=True)
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [item for part in parts for item in part]


def hold_out(
    samples: Samples, split: str, fraction: float, of: int, seed: int, in_order: bool = False
) -> dict[str, Samples]:
    """Cut one split out of ``train``.

    Args:
        samples: to cut.
        split: what is cut out, ``val`` or ``test``.
        fraction: its share, see ``split_samples``.
        of: how many samples the share is of.
        seed: of the cut.
        in_order: the last samples, in their order.

    Returns:
        What is left, as ``train``, and the split.

    Raises:
        InputError: see ``split_samples``.
    """
    num_held, rows = ceil(fraction * of), np.arange(len(samples))
    key = f"data.{split}_fraction={fraction}"
    num_left = len(samples) - num_held
    classes = samples.class_names or [] if samples.kind == "class" else []
    if num_left < 1:
        raise InputError(f"{key}: {num_held} of {len(samples)} samples held out leave none to train on")
    if min(num_held, num_left) < len(classes):
        raise InputError(f"{key}: {num_held} of {len(samples)} samples held out: too few for {len(classes)} classes")
    if in_order:
        left, held = rows[:num_left], rows[num_left:]
    elif samples.groups is not None:
        left, held = _between_groups(samples, num_held / len(samples), seed, key)
    elif samples.kind == "labels":
        part = label_strata(samples.y, [num_left, num_held], seed)
        left, held = np.flatnonzero(part == 0), np.flatnonzero(part == 1)
    else:
        counts = np.bincount(samples.y, minlength=len(classes)) if classes else np.array([2])
        if counts.min() < 2:
            raise InputError(f"data: class {classes[int(counts.argmin())]!r} is too small to be in train, val and test")
        from sklearn.model_selection import train_test_split  # half a second, not for splits that are given

        by_class = samples.y if classes else None
        left, held = train_test_split(rows, test_size=num_held, random_state=seed, stratify=by_class)
    return {"train": samples.take(left), split: samples.take(held)}


def _between_groups(samples: Samples, fraction: float, seed: int, key: str) -> tuple[np.ndarray, np.ndarray]:
    if (
        samples.kind == "labels" and samples.groups is not None
    ):  # as without groups: each label in its share, of the groups that have it
        groups, of = np.unique(samples.groups, return_inverse=True)
        labels = np.zeros((len(groups), samples.y.shape[1]))
        np.maximum.at(labels, of, samples.y)
        num_held = ceil(fraction * len(groups))
        if num_held < len(groups):
            part = label_strata(labels, [len(groups) - num_held, num_held], seed)[of]
            return np.flatnonzero(part == 0), np.flatnonzero(part == 1)
    from sklearn.model_selection import GroupShuffleSplit

    try:
        cut = GroupShuffleSplit(1, test_size=fraction, random_state=seed)
        left, held = next(cut.split(np.zeros(len(samples)), groups=samples.groups))
    except ValueError as error:
        raise InputError(f"{key}: the groups cannot be cut: {error}") from error
    return left, held


def check_every_class_is_in(split: str, samples: Samples, given: Samples) -> None:
    """Raise InputError where a class is in none of a split's samples; a label may be rarer than that."""
    if samples.class_names is None or samples.kind != "class":
        return
    missing = np.setdiff1d(np.arange(len(samples.class_names)), samples.y)
    if len(missing):
        name, count = samples.class_names[missing[0]], int((given.y == missing[0]).sum())
        raise InputError(f"data: class {name!r} has {count} sample(s), too few for one to be in {split}")


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
    from sklearn.model_selection import TimeSeriesSplit

    name = type(splitter).__name__
    if isinstance(splitter, TimeSeriesSplit) and not in_order:
        raise InputError(
            f"data.in_order: {name} needs samples in the order of time; where they are: data.in_order=true"
        )
    if "Stratified" in name and pool.kind not in ("class", "labels"):  # whole numbers it would take for classes
        instead = "time_ordered" if in_order else "repeated_kfold" if name.startswith("Repeated") else "kfold"
        words, _ = IN_WORDS[str(pool.kind)]
        raise InputError(f"splitter: {name} cuts classes, and the target is {words}; did you mean splitter={instead}?")
    if fold is None:
        return {"train": pool, "val": pool.take(np.array([], dtype=int)), "test": test}
    try:
        rows = np.zeros(len(pool))
        num_folds = splitter.get_n_splits(rows, pool.y, pool.groups)
        if fold >= num_folds:
            raise InputError(f"data.fold: got {fold}, allowed: 0 to {num_folds - 1} with {name}")
        if pool.kind == "labels" and "Stratified" in name:
            folds = _label_folds(pool, splitter, num_folds)
        else:
            folds = list(splitter.split(rows, pool.y if pool.kind in ("class", "number") else None, pool.groups))
    except ValueError as error:
        raise InputError(f"splitter: {name} cannot cut these samples: {_why(error, pool)}") from error
    train, val = (pool.take(rows) for rows in folds[fold])
    check_every_class_is_in("train", train, pool)
    return {"train": train, "val": val, "test": test}


def _label_folds(pool: Samples, splitter: Any, num_folds: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Folds that have each label in its share: scikit-learn's stratified splitters take one class a sample."""
    if type(splitter).__name__ != "StratifiedKFold":
        raise InputError(
            f"splitter: {type(splitter).__name__} takes one class a sample; of several labels: stratified_kfold, kfold"
        )
    sizes = [len(each) for each in np.array_split(np.arange(len(pool)), num_folds)]
    part = label_strata(pool.y, sizes, splitter.random_state or 0)
    return [(np.flatnonzero(part != fold), np.flatnonzero(part == fold)) for fold in range(num_folds)]


def _why(error: ValueError, pool: Samples) -> str:
    line = " ".join(str(error).split())
    if "groups" not in line:
        return line
    if pool.groups is None:
        return f"{line}; name their column: groups=COLUMN"
    return f"{line}; allowed: folds=2 to folds={len(np.unique(pool.groups))}"
