"""What a network and a task need to know of the data, and nothing more."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Spec:
    """What a data module publishes once it is set up; ``${spec....}`` in YAML.

    ``dataclasses.asdict`` of it holds plain values only, so it survives YAML and a checkpoint.

    Args:
        input_shape: shape of one sample as a network sees it, without the batch: (C, H, W) for pictures, (F,) for rows.
        target: ``"class"``, an index in [0, C), or ``"number"``, a real number in the units of the data.
        num_outputs: C for a class, 1 for a number.
        class_names: C names in the order of the indices; empty for a number.
        class_counts: samples of each class in the training split; empty for a number.
        target_mean: mean of the numbers in the training split, in their units; 0 for a class.
        target_std: their standard deviation, never 0; 1 for a class.
    """

    input_shape: tuple[int, ...]
    target: Literal["class", "number"]
    num_outputs: int
    class_names: list[str]
    class_counts: list[int]
    target_mean: float = 0.0
    target_std: float = 1.0

    @property
    def is_picture(self) -> bool:
        """Whether a sample is a grey or coloured picture."""
        return len(self.input_shape) == 3 and self.input_shape[0] in (1, 3)
