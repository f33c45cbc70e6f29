"""TensorBoard on two axes."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from epochwise.loggers.event_files import rewind_events


class TensorBoard(TensorBoardLogger):
    """Lightning's TensorBoard logger with every scalar against epochs and against optimizer steps.

    Lightning sends everything at x = step of its own count, so runs of other batch sizes do not line up. Here that is
    left out, and the run's ``EpochLog`` writes each scalar once as ``epoch/<name>`` and once as ``step/<name>``; the
    Custom Scalars tab shows train and val of each score on one chart, for both axes.

    Args:
        save_dir: the run folder; files go to ``<save_dir>/tensorboard``.
    """

    def __init__(self, save_dir: str) -> None:
        super().__init__(save_dir, name="tensorboard", version="", default_hp_metric=False)
        self.charts: set[str] = set()

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        # Lightning marks what it sends by itself with the epoch. What one's own code logs here directly is kept.
        if "epoch" not in metrics:
            super().log_metrics(metrics, step)

    @rank_zero_only
    def log_axis(self, axis: str, values: dict[str, float], x: int) -> None:
        """Write values as ``<axis>/<name>`` at x; ``axis`` is ``"epoch"`` or ``"step"``."""
        for name, value in values.items():
            self.experiment.add_scalar(f"{axis}/{name}", value, x)
        if axis == "epoch" and not self.charts.issuperset(values):
            self.charts.update(values)
            self.experiment.add_custom_scalars(overlaid(self.charts))

    @rank_zero_only
    def rewind(self, last: dict[str, int], drawn: dict[str, int] | None = None) -> None:
        """Take back what a run wrote behind the checkpoint that it is continued from.

        Args:
            last: axis -> the last x that stays.
            drawn: score -> how many points stay at that x of the step axis; None for all.
        """
        self.experiment.close()  # it opens a file of its own when it next writes
        rewind_events(Path(self.log_dir), last, drawn)

    @rank_zero_only
    def log_result(self, settings: dict[str, Any], scores: dict[str, float]) -> None:
        """Write the run's row of the HPARAMS tab: plain settings, and what came out."""
        self.log_hyperparams(settings, scores)
        self.experiment.flush()


def overlaid(names: set[str]) -> dict[str, dict[str, list[Any]]]:
    """The layout of the Custom Scalars tab: one chart for each score and axis, with train and val together.

    Args:
        names: scalars such as ``train/loss``, ``val/loss``, ``lr``, ``lr/head``.

    Returns:
        axis -> title of the chart -> ``["Multiline", [pattern of tags]]``, as torch's SummaryWriter takes it. Patterns
        also match what is only logged later: TensorBoard reads the first layout of a run.
    """
    titles = sorted({name.partition("/")[2] for name in names if name.startswith(("train/", "val/"))})
    patterns = {title: f"(train|val)/{re.escape(title)}$" for title in titles} | {"lr": "lr(/.*)?$"}
    return {
        axis: {title: ["Multiline", [f"^{axis}/{pattern}"]] for title, pattern in patterns.items()}
        for axis in ("epoch", "step")
    }
