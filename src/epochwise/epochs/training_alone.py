"""What can be said of a run that was never validated."""

from epochwise.epochs.curve import Curve
from epochwise.epochs.divergence import has_diverged
from epochwise.epochs.evidence import gather_evidence

#: With fewer scored epochs, course and noise cannot be told apart.
MIN_EPOCHS = 8
NO_VALIDATION = "no validation: training"


def judge_training(curve: Curve) -> tuple[str, str]:
    """Say how training went; whether it fits, and how many epochs are enough, unseen samples alone would tell.

    Args:
        curve: of training alone, see ``Curve.of_training``.

    Returns:
        The label, ``diverged`` or ``undecided``, and a sentence.
    """
    if curve.ends_unmeasured:
        return "diverged", f"{NO_VALIDATION} ends in what is no number"
    if not len(curve.loss):
        return "undecided", "no epoch was validated"
    found = gather_evidence(curve)
    if has_diverged(curve, found.initial):
        return "diverged", f"{NO_VALIDATION} has diverged: it ends far behind where it began"
    count = found.validated_epochs
    if count < MIN_EPOCHS:
        return "undecided", f"{NO_VALIDATION} has {count} of the {MIN_EPOCHS} scored epochs that it takes to judge it"
    unseen = "which says nothing of unseen samples"
    if found.has_risen:
        return "undecided", f"{NO_VALIDATION} got worse after its best, {unseen}"
    if found.falls:
        return "undecided", f"{NO_VALIDATION} still {'falls' if curve.sign > 0 else 'rises'}, {unseen}"
    return "undecided", f"{NO_VALIDATION} has levelled off, {unseen}"
