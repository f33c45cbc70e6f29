"""TensorBoard: every curve against epochs and against steps; events of a part that is trained again are removed."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from epochwise.run.run_folder import whole_file

#: What the end of a run writes, and the end of the continued run writes again.
OF_THE_END = ("_hparams_/", "best_", "confusion_matrix/", "epoch/test/", "step/test/")
#: Where they go: readers take files in the order of their names, and this one is before all that is yet to be written.
EARLIER = "events.out.tfevents.0000000000.earlier"


def rewind_events(folder: Path, last: dict[str, int], drawn: dict[str, int] | None = None) -> None:
    """Put all events up to a point into one file, and leave out the rest, half-written ones too.

    They stand in the order of their x, which the names of the files need not follow: these hold a clock's seconds and a
    process id. An event of two files, as a process leaves them that is killed before it has removed the second, is kept
    once.

    Args:
        folder: where ``events.out.tfevents.*`` stand.
        last: axis, the first part of a tag, -> the last x that stays. What has no such tag goes by ``last["step"]``.
        drawn: score -> how many points stay at the last x of the step axis, the first ones; None for all.
    """
    files = sorted(file for file in folder.glob("events.out.tfevents.*") if file.is_file())  # no pipe, which never ends
    if not files:
        return
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader  # for runs that go on alone

    version: bytes | None = None
    kept: dict[bytes, int] = {}  # record -> x; a record holds its time, so none is another's equal
    at_last: Counter[str] = Counter()
    for file in files:
        for record in RawEventFileLoader(str(file)).Load():
            event = Event.FromString(record)
            if event.HasField("file_version"):
                version = version or record  # it stands once, at the top
            elif record not in kept and _stays(event, last):
                values = event.summary.value if _is_at_last_step(event, last) else ()
                scores = [value.tag.removeprefix("step/") for value in values]
                at_last.update(scores)
                if drawn is None or all(at_last[score] <= drawn.get(score, 0) for score in scores):
                    kept[record] = event.step
    with whole_file(folder / EARLIER, "wb") as whole:
        writer = RecordWriter(whole)
        for record in [*filter(None, [version]), *sorted(kept, key=kept.__getitem__)]:
            writer.write(record)
    for file in files:
        if file.name != EARLIER:
            file.unlink()


def _is_at_last_step(event: Event, last: dict[str, int]) -> bool:
    values = event.summary.value
    return event.step == last["step"] and len(values) > 0 and values[0].tag.startswith("step/")


def _stays(event: Event, last: dict[str, int]) -> bool:
    if not event.HasField("summary"):
        return True
    tags = [value.tag for value in event.summary.value]
    axis = tags[0].partition("/")[0] if tags else "step"
    return not any(tag.startswith(OF_THE_END) for tag in tags) and event.step <= last.get(axis, last["step"])


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
    def log_axis(self, axis: str, values: dict[str, float], x: int, at: float | None = None) -> None:
        """Write values as ``<axis>/<name>`` at x, as one event, not one for each as torch does.

        Args:
            axis: ``"epoch"`` or ``"step"``.
            values: by name.
            x: where on the axis.
            at: seconds since 1970; None: now.
        """
        points = [Summary.Value(tag=f"{axis}/{name}", simple_value=value) for name, value in values.items()]
        if points:
            self.experiment._get_file_writer().add_summary(Summary(value=points), x, at)
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
