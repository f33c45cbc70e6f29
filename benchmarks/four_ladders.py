"""Train a ladder of counts on four data sets, draw the first picture of docs/epochs.md and write its table.

    python benchmarks/four_ladders.py

Each is ``epochs.py counts=5,10,20,40,80`` with three seeds, as one types it: scikit-learn's wine, breast cancer and
digits, and 5,000 of MNIST, with the default network. A quarter of an hour on one core.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from what_sets_the_count import PICTURES, PROJECT, write

from epochwise.ladder.write_ladder import draw_panel

COUNTS = (5, 10, 20, 40, 80)
SETS = {
    "wine": ["data=table", "data.path=wine"],
    "breast cancer": ["data=table"],
    "digits": ["data=digits"],
    "MNIST-5k": ["data=mnist5k"],
}


def climb(words: list[str], folder: Path) -> dict[str, Any]:
    """Train a ladder; what it found."""
    quiet = ["~callbacks.progress_bar", "~callbacks.model_summary", "~loggers.tensorboard", "report=false"]
    own = [f"counts={','.join(map(str, COUNTS))}", f"hydra.sweep.dir={folder}"]
    done = subprocess.run([sys.executable, "epochs.py", *words, *quiet, *own], cwd=PROJECT, capture_output=True)
    if done.returncode != 0:
        sys.exit(done.stderr.decode())
    found: dict[str, Any] = json.loads((folder / "counts.json").read_text())
    return found


def row(name: str, found: dict[str, Any]) -> str:
    """Its scores, the count it recommends, that count's test score, and what it cost."""
    scores = [f"{mean:.4f} ± {stderr:.4f}" for mean, stderr in zip(found["mean"], found["stderr"], strict=True)]
    best = scores[COUNTS.index(found["recommended"])]
    cells = [f"**{score}**" if score == best else score for score in scores]
    test = found["test"]["accuracy"]
    accuracy = f"{100 * test['mean']:.2f} ± {100 * test['stderr']:.2f}"
    cost = f"{sum(found['price_epochs']):.0f} of {sum(COUNTS)}"
    return f"| {name} | {' | '.join(cells)} | {found['recommended']} | {accuracy} | {cost} |"


def main() -> None:
    """Write the picture and the table."""
    with tempfile.TemporaryDirectory() as folder:
        ladders = {name: climb(words, Path(folder) / name.replace(" ", "-")) for name, words in SETS.items()}
    figure = Figure(figsize=(11, 7), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (name, found) in zip(figure.subplots(2, 2).flat, ladders.items(), strict=True):
        draw_panel(axes, found)
        axes.set_title(name, fontsize=10)
    figure.savefig(PICTURES / "score_over_counts.png", metadata={"Software": None})
    head = f"| val/loss after | {' | '.join(f'{count} epochs' for count in COUNTS)} |"
    head += " recommended | its test accuracy, % | epochs trained, a seed |"
    write("counts", "\n".join([head, "|---" * (len(COUNTS) + 4) + "|", *(row(*each) for each in ladders.items())]))


if __name__ == "__main__":
    main()
