"""Documents as reports are made of, from made-up curves that look like real ones."""

from typing import Any

import numpy as np

from epochwise.epochs.analysis import analyse

HOSTILE = "</script><img src=x onerror=alert(1)>"


def example_rows(
    num_epochs: int = 30, seed: int = 0, rate: float = 0.25, overfit: float = 0.004
) -> list[dict[str, Any]]:
    """Rows of epochs.csv: classification, F1 measured every fifth epoch, one epoch without a validation score."""
    rng = np.random.default_rng(seed)
    rows = []
    for epoch in range(num_epochs):
        course = 2.2 * np.exp(-rate * (epoch + 1)) + 0.08
        loss = course + overfit * epoch + rng.normal(0, 0.006)
        rows.append(
            {
                "epoch": epoch,
                "step": (epoch + 1) * 20,
                "samples": (epoch + 1) * 1257,
                "seconds": 0.2 + 0.02 * rng.random(),
                "lr": 2e-3 * min((epoch + 1) / 3, 1) * (0.1 if epoch >= 15 else 1),
                "train/loss": course * 1.15 + rng.normal(0, 0.004),
                "train_eval/loss": course + rng.normal(0, 0.002),
                "val/loss": None if epoch == 7 else loss,
                "train/accuracy": 1 - course / 3,
                "val/accuracy": 1 - loss / 2.8,
                "val/f1": 1 - loss / 2.5 if epoch % 5 == 4 else None,
                "val/auc": 0.97 if epoch == 11 else None,
                "val/empty": None,
                "grad_norm": 1 / (epoch + 1),
                "seconds/data": 0.03 + 0.002 * rng.random(),
                "seconds/forward": 0.06,
                "seconds/backward": 0.09,
            }
        )
    return rows


def example_run(name: str, **curve: Any) -> dict[str, Any]:
    """One run of a document."""
    rows = example_rows(**curve)
    scores = [row["val/loss"] for row in rows]
    best = min((epoch for epoch, score in enumerate(scores) if score is not None), key=scores.__getitem__)
    found = analyse(rows, "val/loss", "min", chance=float(np.log(10)), ideal=0.0)
    events = [(2, "unfreeze"), (15, "lr_drop"), (len(rows) - 1, "stop")]
    return {
        "name": name,
        "folder": f"outputs/digits-mlp/{name}",
        "monitor": "val/loss",
        "mode": "min",
        "columns": {key: [row[key] for row in rows] for key in rows[0]},
        "events": [{"epoch": epoch, "name": event} for epoch, event in events],
        "status": "stopped_early",
        "reason": "val/loss has not improved for 5 epochs",
        "epochs_run": len(rows),
        "steps": len(rows) * 20,
        "seconds": 6.3,
        "best_epoch": best,
        "best_score": scores[best],
        "tested_epoch": best,
        "test": {"loss": 0.11, "accuracy": 0.981},
        "phases": {"data": 0.9, "forward": 1.8, "loss": 0.1, "backward": 2.7, "logging": 0.4, "rest": 0.4},
        "plan": {
            "samples_per_epoch": 1257,
            "batches_per_epoch": 20,
            "steps_per_epoch": 20,
            "samples_per_step": 64,
            "epochs": 50,
            "steps": 1000,
            "samples": 62850,
            "landmarks": [{"name": "end of warm-up", "epoch": 3.0, "step": 60, "lr": 2e-3}],
        },
        "notes": [],
        **{key: found[key] for key in ("verdict", "recommended_epochs", "schedule_end", "replay", "forecast")},
        "next": [{"command": "python train.py trainer.max_epochs=60", "reason": "give it twice the epochs"}],
    }


def one_run() -> dict[str, Any]:
    """A run that is still improving, so that it has a forecast."""
    run = example_run("2026-11-24_05-30-00", rate=0.09, overfit=0.0)
    return {"title": f"digits-mlp/{run['name']}", "made": "2026-11-24 05:30", "runs": [run], "seeds": []}


def several_runs() -> dict[str, Any]:
    """Three seeds of one setting and a longer run of another, with a hostile name."""
    runs = [example_run(f"seed={seed}", seed=seed) for seed in range(3)]
    runs.append(example_run(HOSTILE, num_epochs=40, rate=0.15, overfit=0.0))
    columns = {}
    for name in ("train/loss", "val/loss", "val/accuracy", "lr"):
        scores = np.array([run["columns"][name] for run in runs[:3]], dtype=float)
        mean, std = scores.mean(axis=0), scores.std(axis=0, ddof=1)
        columns[name] = {
            "mean": [None if np.isnan(value) else float(value) for value in mean],
            "std": [None if np.isnan(value) else float(value) for value in std],
        }
    seeds = {
        "name": "seed=0 and 2 more seeds",
        "runs": [0, 1, 2],
        "columns": columns,
        "recommended_epochs": {"value": 13, "low": 11, "high": 16, "at_least": False},
        "best_score": {"mean": 0.15, "std": 0.004},
        "best_epoch": {"mean": 12.3, "std": 1.2},
        "test": {"loss": {"mean": 0.11, "std": 0.01}, "accuracy": {"mean": 0.981, "std": 0.003}},
    }
    return {"title": HOSTILE, "made": "2026-11-24 05:30", "runs": runs, "seeds": [seeds]}


DOCUMENTS = {"one": one_run(), "several": several_runs()}
