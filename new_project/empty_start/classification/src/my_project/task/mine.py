"""A task of one's own."""

from epochwise.task.classification import Classification


class Mine(Classification):
    """Your task: as yet, telling classes apart.

    What it may change: ``compute_loss`` (what is trained), ``predict`` (what is written as a prediction),
    ``reference_scores`` (what guessing would score), and, in ``__init__``, the scores.
    """
