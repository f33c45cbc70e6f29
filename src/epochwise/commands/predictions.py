"""What was predicted for each sample, as rows of a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from epochwise.data.spec import Spec

MOST_LINES = 5  # of predictions in the terminal; all are in the table
MOST_COLUMNS = 1000  # of one's own outputs in a table; larger ones are left out
BETWEEN_LABELS = "|"


def target_columns(targets: Any, spec: Spec) -> dict[str, Any]:
    """The targets of N samples as columns of a table.

    Args:
        targets: as the data module encodes them; kinds that fill no cell (masks, tokens, one's own) have no column.
        spec: of the data.
    """
    if spec.target == "class":
        return {"target": [spec.class_names[index] for index in targets.tolist()]}
    if spec.target == "labels":
        return {"target": _labels(targets, 0.5, spec.class_names)}
    if spec.target == "number" and spec.target_names:
        return {f"target({name})": targets[:, place].tolist() for place, name in enumerate(spec.target_names)}
    return {"target": targets.tolist()} if spec.target == "number" else {}


def prediction_columns(outputs: Tensor, spec: Spec, threshold: float = 0.5) -> pd.DataFrame:
    """What was predicted for each sample, as columns of a table.

    Args:
        outputs: what the task predicts: (N, C) probabilities of classes or labels, (N,) or (N, T) numbers, (N, H, W)
            classes of pixels, (N, 2) the loss and number of tokens of texts, anything of one's own task.
        spec: of the data.
        threshold: probability from which on a label is given.

    Returns:
        N rows. ``prediction``: the class, the number, or the labels with ``|`` between them; with several numbers
        ``prediction(<name>)`` each. For classes and labels ``p(<name>)`` each; for pixels ``share(<name>)``, the share
        of them of each class; for texts ``loss``, ``perplexity`` and ``tokens``; of one's own ``output(<place>)``.
    """
    names = spec.class_names
    if spec.target in ("class", "labels") and outputs.ndim == 2 and outputs.shape[1] == len(names):
        if spec.target == "class":
            found = {"prediction": [names[index] for index in outputs.argmax(dim=1).tolist()]}
        else:
            found = {"prediction": _labels(outputs, threshold, names)}
        return pd.DataFrame(found | {f"p({name})": outputs[:, index].tolist() for index, name in enumerate(names)})
    if spec.target == "mask" and outputs.ndim == 3:
        pixels = outputs.flatten(1)
        shares = [(pixels == index).float().mean(dim=1).tolist() for index in range(len(names))]
        return pd.DataFrame({f"share({name})": shares[index] for index, name in enumerate(names)})
    if spec.target == "tokens" and outputs.ndim == 2:
        loss, tokens = outputs[:, 0].double(), outputs[:, 1]
        return pd.DataFrame(
            {"loss": loss.tolist(), "perplexity": loss.exp().tolist(), "tokens": tokens.long().tolist()}
        )
    if spec.target == "number" and spec.target_names and outputs.ndim == 2:
        return pd.DataFrame(
            {f"prediction({name})": outputs[:, place].tolist() for place, name in enumerate(spec.target_names)}
        )
    if outputs.ndim == 1:
        return pd.DataFrame({"prediction": outputs.tolist()})
    flat = outputs.flatten(1)
    if flat.shape[1] > MOST_COLUMNS:
        return pd.DataFrame(index=range(len(flat)))
    return pd.DataFrame({f"output({place})": flat[:, place].tolist() for place in range(flat.shape[1])})


def write_masks(masks: Tensor, names: Sequence[str], folder: Path) -> list[str]:
    """Write masks (N, H, W) as grey PNGs, whose shade is the number of the class (16 bits beyond 256), into ``folder``.

    Returns:
        Their N file names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [f"{row:0{len(str(len(names)))}d}-{Path(name).stem[:60]}.png" for row, name in enumerate(names)]
    shades = np.uint8 if masks.dtype == torch.uint8 else np.uint16
    for file, mask in zip(files, masks.numpy().astype(shades), strict=True):
        Image.fromarray(mask).save(folder / file)
    return files


def joined(outputs: Sequence[Any], spec: Spec) -> Tensor:
    """The predictions of all batches one after another; up to 256 classes of pixels in a byte each."""
    if spec.target == "mask" and len(spec.class_names) <= 256:
        outputs = [
            each.to(torch.uint8) if each.ndim == 3 and not each.is_floating_point() else each for each in outputs
        ]
    return torch.cat(list(outputs))


def prediction_lines(table: pd.DataFrame) -> list[str]:
    """The first few predictions, as one reads them: ``three.png: 3 (probability 0.9812)``.

    Args:
        table: ``sample`` and the columns of ``prediction_columns``, a row a sample.
    """
    lines = []
    for row in table.head(MOST_LINES).to_dict("records"):
        found = {str(name): value for name, value in row.items() if name != "sample"}
        lines.append(f"{row['sample']}: {_said(found)}")
    return [*lines, *([f"and {len(table) - MOST_LINES:,} more"] if len(table) > MOST_LINES else [])]


def _said(found: dict[str, Any]) -> str:
    if "prediction" not in found:
        told = [
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in found.items()
        ]
        return (
            "  ".join(told[:6]) + (f"  and {len(told) - 6} more" if len(told) > 6 else "") or "no prediction in a cell"
        )
    value = found["prediction"]
    if (probability := found.get(f"p({value})")) is not None:
        return f"{value} (probability {probability:.4f})"
    return (value or "no label") if isinstance(value, str) else f"{value:.6g}"


def _labels(given: Tensor, threshold: float, names: Sequence[str]) -> list[str]:
    chosen = (given >= threshold).tolist()
    return [BETWEEN_LABELS.join(name for name, there in zip(names, row, strict=True) if there) for row in chosen]
