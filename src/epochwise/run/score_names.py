"""The names of scores as any module logs them, said as ours: ``val_loss`` is ``val/loss``."""

import re
from collections.abc import Collection, Iterable

STAGES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "eval": "val",
    "test": "test",
}
#: ``val/loss``, ``val_loss``, and what Lightning makes of it where there are several loaders.
STAGED = re.compile(rf"({'|'.join(STAGES)})(?:/(.+)|_([^/]+(?:/dataloader_idx_\d+)?))")
#: A learning rate: ``lr``, ``learning_rate``, ``LR``, ``lr-AdamW/pg1`` (Lightning), ``train/learning_rate`` (what
#: Hugging Face sends to loggers), ``lr_0``; but not the momentum that Lightning's monitor logs beside it.
RATE = re.compile(r"(?:.*[/.])?(?:base_)?(?:lr|learning[ _]?rate)(?:[-/_.](?!.*(?:momentum|weight_decay)$)(.+))?", re.I)
TRAINING = re.compile(r"train(?:ing)?[/_](?!eval/)")


def is_of_training(name: str) -> bool:
    """Whether a score is one of training, and not measured in a validation: ``train/loss``, ``train_loss``."""
    return TRAINING.match(name) is not None


def staged(name: str) -> str | None:
    """``val/loss`` for ``val_loss``, ``valid/loss``, ``validation_loss``; None where a name has no stage."""
    found = STAGED.fullmatch(name)
    return f"{STAGES[found[1]]}/{found[2] or found[3]}" if found and not name.startswith("train_eval/") else None


def score_names(names: Iterable[str], stage: str, validated: Collection[str] = ()) -> dict[str, str]:
    """Say what each score is called in ``epochs.csv``.

    Args:
        names: as they were logged.
        stage: in which: ``train`` or ``val``.
        validated: names that validation logs, as they were logged.

    Returns:
        Name as logged -> ours. One without a stage gets that of validation where it was logged there, and that of
        training where it is ``loss`` or validation logs the same name; others, such as ``grad_norm``, stay. Of two that
        would be called alike, the second keeps its own.
    """
    found: dict[str, str] = {}
    for name in names:
        ours = staged(name)
        if ours is None:
            twice = name == "loss" or name in validated
            ours = f"{stage}/{name}" if stage == "val" or twice else name
        found[name] = name if ours in found.values() else ours
    return found
