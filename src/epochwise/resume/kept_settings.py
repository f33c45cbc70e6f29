"""Which settings a run keeps where it goes on, and why."""

import ast
from fnmatch import fnmatchcase
from typing import Any

from epochwise.source.signature import signature

ANEW = "a new run can begin with its weights: model.pretrained={folder}"
OTHER_SCORE = "the best epoch so far was chosen by the other score; " + ANEW
OTHER_SAMPLES = "a run keeps its samples, else it would be scored on what it was trained on; " + ANEW
OTHER_BATCHES = "the epoch under way has other batches; set it where an epoch has ended"

#: Pattern of a key -> what to do instead. The first that fits counts; None: any value holds from the next step on.
KEPT: dict[str, str | None] = {
    "stopping._target_": None,
    "callbacks.*._target_": None,
    "loggers.*._target_": None,
    "trainer.strategy._target_": None,  # checkpoints are the same
    "data.augment*": None,
    "data.mix*": None,
    "*._target_": "a run keeps its classes; " + ANEW,
    "*._partial_": "a run keeps its classes",
    "seed": "the weights began from it; data.order_seed=... gives another order",
    "monitor": OTHER_SCORE,
    "mode": OTHER_SCORE,
    "*.monitor": OTHER_SCORE,
    "*.mode": OTHER_SCORE,
    "model.pretrained": "a run that goes on has the weights of its checkpoint; " + ANEW,
    "model.input_shape": "it follows from the data",
    "model.num_outputs": "it follows from the data",
    "finetune.rank": "its adapters have that rank; " + ANEW,
    "finetune.layers": "these layers have adapters; " + ANEW,
    "model.num_tokens": "it follows from the data",
    "model.pad_id": "it follows from the data",
    "model.target": "it follows from the data",
    "task.class_counts": "it follows from the data",
    "task.num_*": "it follows from the data",
    "task.target*": "it follows from the data",
    "data.batch_size": None,
    "data.drop_last": None,
    "data.num_workers": None,
    "data.cache*": None,
    "data.keep_on_device": None,
    "data.order_seed": None,
    "data.shuffle": None,
    "data.root": None,  # the same samples may have been moved
    "data.path": None,
    "data.*": OTHER_SAMPLES,
    "trainer.overfit_batches": "a run keeps its samples; " + ANEW,
    "trainer.limit_val_batches": "the best epoch so far was scored on other samples; " + ANEW,
    "trainer.fast_dev_run": "it keeps nothing; try it in a run of its own",
    "callbacks.*.dirpath": "a run keeps its checkpoints where they are",
    "callbacks.*.filename": "a run keeps its checkpoints where they are",
}
#: What decides which samples a batch of an epoch has.
OF_THE_EPOCH = ("data.order_seed", "data.shuffle", "trainer.limit_train_batches")
#: What Lightning's ModelCheckpoint finds its best score so far by: with another value it has none.
OF_THE_BEST = ("every_n_epochs", "every_n_train_steps", "train_time_interval")


def kept_settings(
    changed: dict[str, dict[str, Any]], settings: dict[str, Any], within_epoch: bool, folder: str
) -> list[str]:
    """Find the changes that a run cannot go on with.

    Args:
        changed: see ``run.changes.differing``.
        settings: of the run as it is to go on, by key.
        within_epoch: whether it goes on within an epoch.
        folder: of the run, for people.

    Returns:
        A line for each of them.
    """
    replaced = [key.removesuffix("_target_") for key in changed if key.endswith("._target_")]
    lines = []
    for key, sides in changed.items():
        of_another_class = any(key.startswith(node) and key != f"{node}_target_" for node in replaced)
        why = None if of_another_class else _reason(key, sides, settings, within_epoch)
        if why is not None:
            now, was = said(sides)
            lines.append(f"{key}: got {now}, but the run goes on with {was}: {why.format(folder=folder)}")
    return lines


def said(sides: dict[str, Any]) -> tuple[str, str]:
    """What a setting is now and what it was, in words."""
    now, was = (_words(sides[side]) if side in sides else "nothing" for side in ("now", "was"))
    return now, was


def _words(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _reason(key: str, sides: dict[str, Any], settings: dict[str, Any], within_epoch: bool) -> str | None:
    node, _, name = key.rpartition(".")
    if name == "_target_" and any("WeightAveraging" in str(side) for side in sides.values()):
        return f"the checkpoint's weights are those of before; {ANEW}"
    if name in OF_THE_BEST and str(settings.get(f"{node}._target_")).endswith(("ModelCheckpoint", "BestCheckpoint")):
        return "the best epoch so far is known by that"
    if within_epoch and key in OF_THE_EPOCH:
        return OTHER_BATCHES
    return next((why for pattern, why in KEPT.items() if fnmatchcase(key, pattern)), None)


def by_default(key: str, sides: dict[str, Any], settings: dict[str, Any]) -> bool:
    """Whether a setting was added or dropped with the value that its class has for it anyhow."""
    node, _, name = key.rpartition(".")
    if len(sides) == 2 or not isinstance(target := settings.get(f"{node}._target_"), str):
        return False
    try:
        wanted = signature(target)
        default = wanted.parameters[name].default if wanted else None
        return default is not None and bool(ast.literal_eval(default) == next(iter(sides.values())))
    except (LookupError, ValueError):  # no such argument, or one that is made at run time
        return False
