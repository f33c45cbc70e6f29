"""TensorBoard: event files of any tool, and the CSV that its page offers for download."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd

from epochwise.logs.cells import numbers
from epochwise.logs.columns import STAGE_OF, meanings, words_of
from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "TensorBoard"
CSV = ["Wall time", "Step", "Value"]
MOST_POINTS = 5_000_000
#: Of Keras, by batches, and of Lightning, which hold no curve.
LEFT_OUT = re.compile(r"(batch_.*|.*_vs_iterations|hp_metric|_hparams_.*)")


def sniff(file: LogFile) -> bool:
    """Whether it is an event file, or has the three columns of the download."""
    return file.is_events or file.header == CSV


def read(file: LogFile) -> list[ToolLog]:
    """All event files of a folder are one training; so are the folders train and validation that Keras writes.

    A step is an epoch where the tags begin with ``epoch_`` (Keras), where a tag ``epoch`` says so (Lightning), and
    where it counts 0, 1, 2 ...; else there are steps alone.
    """
    if file.header == CSV:
        return [_downloaded(file)]
    curves: dict[str, pd.Series] = {}
    tags: dict[str, str] = {}
    files = _files(file.path)
    for stage, path in files:
        for tag, points in _scalars(LogFile(path)).items():
            plain = tag.removeprefix("epoch_")
            name = f"{stage}/{plain}" if stage else plain
            if not LEFT_OUT.fullmatch(tag):
                tags[name] = tag
                # A step that was logged again, after a resume, counts as it was logged last.
                curves[name] = pd.concat([curves[name], points]) if name in curves else points
    if not curves:
        raise file.refused("is an event file without scalars; allowed: one with add_scalar(...) or self.log(...)")
    curves = {name: points[~points.index.duplicated(keep="last")].sort_index() for name, points in curves.items()}
    at = next((curves.pop(name) for name in ("epoch", "train/epoch", "trainer/epoch") if name in curves), None)
    names = meanings(curves)
    named = {ours: curves[name] for name, ours in names.items()}
    names = {tags[name]: ours for name, ours in names.items()}
    if not named:
        raise file.refused(f"is an event file without scores; it has {', '.join(list(curves)[:5]) or 'epochs alone'}")
    notes = [f"{len(files)} event files beside each other are taken for one training"] if len(files) > 1 else []
    if at is not None:
        rows = pd.DataFrame(named).rename_axis("step").reset_index()
        place = np.clip(np.searchsorted(at.index.to_numpy(), rows["step"].to_numpy()), 0, len(at) - 1)
        has_parts = bool((at % 1 != 0).any())
        rows["epoch"] = at.to_numpy()[place]
        return [ToolLog(TOOL, rows, names, counted_from="done" if has_parts else 0, notes=notes)]
    return [_by_axis(named, names, any(tag.startswith("epoch_") for tag in tags.values()), notes)]


def _by_axis(curves: dict[str, pd.Series], names: dict[str, str], are_epochs: bool, notes: list[str]) -> ToolLog:
    """By epochs, where steps are epochs; else by steps."""
    vals = {name: points for name, points in curves.items() if name.startswith("val/")}
    scored = vals or {name: points for name, points in curves.items() if "/" in name} or curves
    counted = all(_counts(points.index.to_numpy()) for points in scored.values())
    if not (are_epochs or counted):
        rows = pd.DataFrame(curves).rename_axis("step").reset_index()
        notes.append("its steps are no epochs, as far as it says: give steps_per_epoch=N, steps an epoch")
        return ToolLog(TOOL, rows, names, unit="step", notes=notes)
    epochs = max(int(points.index.max()) for points in scored.values()) + 1
    first = min(int(points.index.min()) for points in scored.values())
    for name, points in curves.items():
        if points.index.max() > 2 * epochs and not _counts(points.index.to_numpy()):
            share = (points.index.to_numpy() + 1) / (points.index.max() + 1)
            places = np.clip(np.ceil(share * (epochs - first)) - 1, 0, None) + first
            curves[name] = points.set_axis(places).groupby(level=0).mean()
            notes.append(f"{name} is logged by steps, and validation by epochs: its steps are shared out over these")
    rows = pd.DataFrame(curves).rename_axis("epoch").reset_index()
    return ToolLog(TOOL, rows, names, notes=notes)


def _counts(steps: np.ndarray) -> bool:
    """Whether steps go 0, 1, 2 ... or 1, 2, 3 ..., but for gaps."""
    return (
        len(steps) > 0
        and steps[0] in (0, 1)
        and steps[-1] < 3 * len(steps) + 2
        and np.median(np.diff(steps) if len(steps) > 1 else 1) == 1
    )


def _files(path: Path) -> list[tuple[str | None, Path]]:
    """The event files of one training, and the stage that each folder stands for; None where it stands for none."""
    folder = path.parent
    stage = _stage(folder.name)
    if "tfevents" not in path.name or (
        not any("tfevents" in other.name and other != path for other in folder.glob("*tfevents*")) and stage is None
    ):
        return [(None, path)]
    folders = {stage: folder}
    if stage:
        rest = [word for word in words_of(folder.name) if word not in STAGE_OF]
        for other in sorted(folder.parent.iterdir()):
            if (
                other.is_dir()
                and (its := _stage(other.name))
                and [w for w in words_of(other.name) if w not in STAGE_OF] == rest
            ):
                folders.setdefault(its, other)
    found = [
        (its, file) for its, where in folders.items() for file in sorted(where.glob("*tfevents*")) if file.is_file()
    ]
    return found if len(folders) > 1 or stage else [(None, file) for _, file in found]


def _stage(folder: str) -> str | None:
    stages = [STAGE_OF[word] for word in words_of(folder) if word in STAGE_OF and word not in ("tr", "fit")]
    return stages[0] if len(stages) == 1 else None


def _scalars(file: LogFile) -> dict[str, pd.Series]:
    """Tag -> value by step; what is cut off at the end is left out, as by TensorBoard itself."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    from tensorboard.util import tensor_util

    found: dict[str, list[tuple[int, float]]] = {}
    left = MOST_POINTS
    try:
        for event in EventFileLoader(str(file.path)).Load():
            for value in event.summary.value:
                if value.WhichOneof("value") != "tensor" or value.metadata.plugin_data.plugin_name != "scalars":
                    continue
                number = float(np.asarray(tensor_util.make_ndarray(value.tensor)).reshape(-1)[0])
                found.setdefault(value.tag, []).append((event.step, math.inf if math.isnan(number) else number))
                left -= 1
                if left < 0:
                    raise file.refused(f"has more than {MOST_POINTS:,} points; allowed: so many")
    except (OSError, ValueError, TypeError, IndexError) as error:
        raise file.refused(f"is no event file that can be read: {' '.join(str(error).split())[:100]}") from error
    return {tag: pd.Series(dict(points), dtype=np.float64) for tag, points in found.items()}


def _downloaded(file: LogFile) -> ToolLog:
    """One curve; its name stands in the name of the file alone: ``run-fit_validation-tag-epoch_loss.csv``."""
    frame = file.frame
    steps, values = numbers(frame["Step"]), numbers(frame["Value"])
    name = file.path.stem
    tag = name.rpartition("-tag-")[2] if "-tag-" in name else name
    stage = next((STAGE_OF[word] for word in reversed(words_of(name)) if word in STAGE_OF), None)
    words = [word for word in words_of(tag) if word not in STAGE_OF and word not in ("epoch", "tag", "run")]
    score = f"{stage}/{'_'.join(words) or 'score'}" if stage else "_".join(words) or "score"
    notes = [f"one curve, taken for {score} by the name of the file"]
    curve = pd.Series(values.to_numpy(), index=steps.to_numpy())
    return _by_axis({score: curve}, {tag: score}, tag.startswith("epoch_"), notes)
