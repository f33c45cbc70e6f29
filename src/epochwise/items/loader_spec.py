"""What a data module with loaders of its own is, and what it cannot promise."""

from dataclasses import asdict
from typing import Any

import numpy as np
from torch import Tensor

from epochwise.data.samples import Samples
from epochwise.data.spec import Spec
from epochwise.input_error import InputError
from epochwise.items.loader import SeededBatches, own_generators
from epochwise.items.targets import READ, plain_target, shown_kind, target_array


def loader_spec(own: Any, loader: Any, x: Any, y: Any) -> Spec:
    """What a network needs to know of the samples of a training loader.

    Args:
        own: the data module (``data.own_module``), for what was given.
        loader: read once, where the kind of target asks for all of them.
        x: of its first batch.
        y: likewise.

    Raises:
        InputError: a line for each thing that is missing.
    """
    first = plain_target(y[0]) if isinstance(y, Tensor) and y.numel() else None
    one = next(iter(x.values())) if isinstance(x, dict) else x
    kind, unclear = (own.target, None) if own.target is not None else shown_kind(one[0], first)
    faults = [f"data.target: a training batch has {unclear}"] if unclear else []
    if kind in ("mask", "tokens") and not (own.num_outputs or own.class_names or own.num_tokens):
        faults.append(f"data.num_outputs: is missing, target={kind} needs it")
    if kind == "mask" and own.class_counts is None:
        faults.append("data.class_counts: is missing, target=mask needs the training pixels of each class")
    if faults:
        raise InputError(*faults)
    shapes = {name: tuple(each.shape[1:]) for name, each in x.items()} if isinstance(x, dict) else {}
    shape = tuple(one.shape[1:])
    kind = kind or "own"
    if kind in READ and not (own.class_counts and kind != "number"):
        with_ends = SeededBatches(loader, own.order_seed, own.batches_per_epoch, None)
        ys = [plain_target(each) for batch in with_ends for each in own.read_batch(batch)[1]]
        names = _names(own, kind, ys)
        samples = Samples(
            np.arange(len(ys)),
            target_array(ys, kind, names),
            names,
            kind=kind,
            target_names=own.target_names or (),
        )
        found = asdict(samples.spec(shape, shapes))
    else:
        counts = own.class_counts or []
        names = own.class_names or [str(label) for label in range(len(counts))] if counts else []
        outputs = len(counts) or own.num_outputs or (own.num_tokens if kind == "tokens" else 1)
        found = {"input_shape": shape, "target": kind, "num_outputs": outputs, "class_names": names}
        found |= {"class_counts": counts, "input_shapes": shapes, "num_train": own.num_samples["train"]}
    return Spec(**found | {"num_tokens": own.num_tokens, "pad_id": own.pad_id})


def _names(own: Any, kind: str, ys: list[Any]) -> list[str] | None:
    if kind == "number":
        return None
    found = own.num_outputs or (len(ys[0]) if kind == "labels" else int(max(ys)) + 1)
    return list(own.class_names or [str(label) for label in range(found)])


def promises(name: str, loader: Any) -> list[str]:
    """What of a run's promises holds for a data module with loaders of its own, a line each.

    Args:
        name: of the data module.
        loader: that it trains with.
    """
    notes = [f"data: {name} cuts, orders and batches by itself; folds, label_noise, max_train_samples are not for it"]
    drawn = "all that its loaders draw comes from torch, numpy or random"
    if own_generators(loader):
        drawn += " (generators that they were given are seeded anew each epoch)"
    again = f"a run that goes on reads its epoch again up to its place, and ends as if it had not ended where {drawn}"
    notes.append(f"data: {again}; val and test are not held against those of before")
    if getattr(loader, "persistent_workers", False):
        notes.append(
            "data: persistent_workers keep what they draw from one epoch to the next, so with draws in them a run "
            "that goes on is not exact; allowed where it is to be: persistent_workers=False"
        )
    notes.append("data: train_eval reads training samples as they are trained on, with any augmentation in them")
    return notes
