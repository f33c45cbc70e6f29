"""All of a run that has to be equal to another's."""

import json
from pathlib import Path
from typing import Any

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.run.kept_rows import rows_kept


def outcome(folder: Path) -> dict[str, Any]:
    """All that has to be equal: weights and states, rows but for the clock's, points, result."""
    checkpoints = {
        name: torch.load(folder / f"checkpoints/{name}.ckpt", weights_only=True) for name in ("best", "last")
    }
    for checkpoint in checkpoints.values():
        checkpoint["epoch_log"].pop("phases")  # the clock's
        kept = checkpoint["epoch_log"]
        kept["rows"] = [timeless(row) for row in rows_kept(kept)]
        checkpoint["validations"]["rows"] = rows_kept(checkpoint["validations"])
        kept["epoch_scores"] = [name for name in kept["epoch_scores"] if not name.startswith("seconds")]
        for state in checkpoint["callbacks"].values():
            state.pop("current_score", None)  # Lightning's ModelCheckpoint writes it and never reads it back
        # Of the validation before, which a run that goes on has not seen: each counts anew.
        checkpoint["loops"]["fit_loop"].pop("epoch_loop.val_loop.batch_progress")
    rows = [timeless(row) for row in read_epochs_csv(folder / "epochs.csv")]
    validations = folder / "validations.csv"
    rows += read_epochs_csv(validations) if validations.exists() else []
    drawn = {tag: values for tag, values in points(folder).items() if "/seconds" not in tag and "/resume" not in tag}
    result = json.loads((folder / "result.json").read_text())
    result["plan"].pop("estimated_seconds", None)
    result["forecast"].pop("seconds")
    kept = {k: v for k, v in result.items() if k not in ("seconds", "phases", "command", "git_commit")}
    return {"checkpoints": checkpoints, "rows": rows, "points": drawn, "result": kept}


def points(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Tag -> [(x, value)] of TensorBoard."""
    reader = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0})
    reader.Reload()
    return {tag: [(point.step, point.value) for point in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


def timeless(row: dict[str, Any]) -> dict[str, Any]:
    """A row but for what the clock says, and that it was gone on with."""
    events = str(row.get("events") or "").replace("resume", "").strip() or None
    return {name: value for name, value in row.items() if not name.startswith("seconds")} | {"events": events}


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """The places at which two nested values differ, to the bit."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() | other.keys()
        missing = [f"{where}.{key}" for key in keys if (key in one) != (key in other)]
        return missing + [
            d for key in keys & one.keys() & other.keys() for d in differences(one[key], other[key], f"{where}.{key}")
        ]
    if isinstance(one, (list, tuple)) and len(one) == len(other):
        return [d for i, (a, b) in enumerate(zip(one, other, strict=True)) for d in differences(a, b, f"{where}[{i}]")]
    if isinstance(one, torch.Tensor):
        return [] if torch.equal(one, other) else [where]
    return [] if one == other or (one != one and other != other) else [f"{where}: {one} != {other}"]
