"""Cutting samples into train, val and test."""

from math import ceil

import numpy as np
from sklearn.model_selection import train_test_split

from epochwise.data.samples import Samples
from epochwise.input_error import InputError


def split_samples(
    given: dict[str, Samples], val_fraction: float, test_fraction: float, seed: int
) -> dict[str, Samples]:
    """Cut what is not published out of ``train``, each class in the same proportion.

    Args:
        given: ``train``, and ``val`` and ``test`` where they are published; those are returned as they are.
        val_fraction: share of the given training samples that becomes ``val``, in (0, 1).
        test_fraction: share of the given training samples that becomes ``test``, in (0, 1).
        seed: of the cut alone; the same samples and the same seed give the same cut.

    Returns:
        ``train``, ``val`` and ``test``, none of which shares a sample with another.

    Raises:
        InputError: nothing is left to train on, or a class is too small to be in every part.
    """
    splits = dict(given)
    for split, fraction in (("test", test_fraction), ("val", val_fraction)):
        if split not in given:
            key = f"data.{split}_fraction={fraction}"
            splits["train"], splits[split] = _hold_out(splits["train"], ceil(fraction * len(given["train"])), seed, key)
    for split in splits.keys() - given.keys() | {"train"}:
        _check_every_class_is_in(split, splits[split], given["train"])
    return splits


def _hold_out(samples: Samples, num_held: int, seed: int, key: str) -> tuple[Samples, Samples]:
    classes, num_left = samples.class_names or [], len(samples) - num_held
    if num_left < 1:
        raise InputError(f"{key}: {num_held} of {len(samples)} samples held out leave none to train on")
    if min(num_held, num_left) < len(classes):
        raise InputError(f"{key}: {num_held} of {len(samples)} samples held out: too few for {len(classes)} classes")
    counts = np.bincount(samples.y, minlength=len(classes)) if classes else np.array([2])
    if counts.min() < 2:
        raise InputError(f"data: class {classes[int(counts.argmin())]!r} is too small to be in train, val and test")
    x_left, x_held, y_left, y_held, names_left, names_held = train_test_split(
        samples.x,
        samples.y,
        samples.names,
        test_size=num_held,
        random_state=seed,
        stratify=samples.y if classes else None,
    )
    return (
        Samples(x_left, y_left, samples.class_names, names_left),
        Samples(x_held, y_held, samples.class_names, names_held),
    )


def _check_every_class_is_in(split: str, samples: Samples, given: Samples) -> None:
    if samples.class_names is None:
        return
    missing = np.setdiff1d(np.arange(len(samples.class_names)), samples.y)
    if len(missing):
        name, count = samples.class_names[missing[0]], int((given.y == missing[0]).sum())
        raise InputError(f"data: class {name!r} has {count} sample(s), too few for one to be in {split}")
