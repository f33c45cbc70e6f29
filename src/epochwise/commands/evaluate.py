"""From a run folder to scores and predictions."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning as L
import pandas as pd
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from torch.utils.data import DataLoader

from epochwise.commands.build import build
from epochwise.commands.predictions import joined, prediction_columns, prediction_lines, target_columns, write_masks
from epochwise.config.check import check
from epochwise.config.schema import SCHEMAS
from epochwise.input_error import InputError
from epochwise.report.terminal import quiet, shown
from epochwise.resume.restore import Restored, restore
from epochwise.run.run_folder import whole_file
from epochwise.trust.names import Trust
from epochwise.trust.project import project_trust, with_listed
from epochwise.trust.run_config import read_trusted_config


def evaluate(config: DictConfig, tells: bool = True) -> dict[str, float]:
    """Score the checkpoint of a run and write its predictions to ``<run>/predictions``.

    Args:
        config: a composed ``conf/evaluate.yaml``.
        tells: whether to print what came out.

    Returns:
        The scores, by name; empty where ``predict`` gives samples without labels.

    Raises:
        InputError: no such run or checkpoint, or it does not fit the data; all of the run's own data is asked for; the
            predictions cannot be written.
    """
    check(config, "evaluate")
    quiet()
    if config.split == "all" and "data" not in config and not config.predict:
        raise InputError("split=all: the run was trained on most of it; allowed: train, val, test; all with data=...")
    trust = with_listed(project_trust(), config.trust)
    if config.exported is not None:
        return _evaluate(config, *_exported(config, trust), tells)
    if config.run is None:
        raise InputError("run: has no value; allowed: a run folder, or exported=FILE in its place")
    run = restore(Path(config.run), config.ckpt, trust)
    if config.export is not None:
        from epochwise.commands.export import export

        if config.predict is not None:
            raise InputError(f"predict={config.predict}: not with export=, which labels nothing; allowed: null")
        export(config, run, tells)
        return {}
    data = build(config if "data" in config else run.config, "data")
    data.load_state_dict(run.data_state)
    return _evaluate(config, run, data, None, tells)


def scores_of(run: Path, ckpt: str) -> dict[str, float]:
    """The scores of a checkpoint of a run on its own test split, by name; its predictions are written, too."""
    settings = dict.fromkeys(SCHEMAS["evaluate"].scalars) | {"run": str(run), "ckpt": ckpt, "split": "test", "seed": 0}
    return evaluate(OmegaConf.create(settings), tells=False)


def _exported(config: DictConfig, trust: Trust) -> tuple[Restored, Any, Callable[[Any], Any]]:
    """A file as a run, data, and what the file answers to its batches."""
    from epochwise.export.exported import SUFFIXES, answers_of, read_exported
    from epochwise.export.graph import take_raw

    if config.export is not None:
        raise InputError(f"export={config.export}: not with exported=, a file already; allowed: one of them")
    run, found = read_exported(config.exported, trust)
    if not config.predict and any(True for _ in run.task.parameters()):
        own = type(run.task).__name__
        raise InputError(
            f"exported={config.exported}: {own} has weights of its own, which no file has; allowed: predict="
        )
    if "data" in config:
        data = build(config, "data")
    elif config.run is not None:
        plain = read_trusted_config(Path(config.run), trust, nodes=("data",))
        data = build(OmegaConf.create({**plain, "run_folder": str(config.run)}), "data")
    else:
        raise InputError("exported: a file has no data; say data=..., or run=FOLDER for that of its run")
    data.load_state_dict(run.data_state)
    if found.get("columns"):  # it takes rows as they are, not features
        take_raw(data)
    path = Path(config.exported).expanduser()
    return run, data, answers_of(path, SUFFIXES[path.suffix], run.config, found, data)


def _evaluate(
    config: DictConfig, run: Restored, data: Any, answering: Callable[[Any], Any] | None, tells: bool
) -> dict[str, float]:
    """Score and predict.

    Args:
        config: see ``evaluate``.
        run: its task; where a file answers, one whose network leaves what that says as it is.
        data: with what it learned, not set up.
        answering: maps a batch to what a file predicts, its output, and y.
        tells: see ``evaluate``.
    """
    path = _place(config)
    ckpt = config.ckpt if answering is None else Path(config.exported).name
    trainer = L.Trainer(
        # Not the run's: it may have been made on another machine.
        accelerator="auto" if answering is None else "cpu",
        devices=1,
        precision=run.precision,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    scores: dict[str, float] = {}
    if config.predict:
        names, loader = data.predict_data(config.predict)
        table = pd.DataFrame({"sample": names})
    else:
        data.prepare_data()
        data.setup("all" if config.split == "all" else "test")
        loader = data.split_dataloader(config.split)
        targets = target_columns(data.splits[config.split].datasets[1], data.spec)
        table = pd.DataFrame({"sample": data.sample_names(config.split)} | targets)
        scores = dict(trainer.test(run.task, datamodule=Batches(data, loader, answering), verbose=False)[0])
        scores = {name.removeprefix("test/"): value for name, value in scores.items()}
    outputs: Any = trainer.predict(run.task, datamodule=Batches(data, loader, answering))
    found = joined(outputs, data.spec)
    table = pd.concat([table, prediction_columns(found, data.spec, getattr(run.task, "threshold", 0.5))], axis=1)
    try:
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)  # scores never stand beside rows that are not theirs
        if data.spec.target == "mask" and found.ndim == 3:
            table["mask"] = write_masks(found, list(table["sample"]), path.with_suffix(""))
        with whole_file(path) as file:
            table.to_csv(file, index=False)
        if scores:
            with whole_file(path.with_suffix(".json")) as file:
                json.dump({"ckpt": ckpt, "epoch": run.epoch, "samples": len(table), **scores}, file, indent=2)
    except OSError as error:
        raise InputError(f"run: cannot write {error.filename or path}: {error.strerror}") from error
    if not tells:
        return scores
    console = Console(highlight=False, soft_wrap=True, markup=False)
    samples = f"{len(table):,} samples ({config.predict or config.split})"
    console.print(f"{ckpt}{' checkpoint' * (answering is None)} (epoch {run.epoch}, counted from 0), {samples}")
    for line in prediction_lines(table) if config.predict else ():
        console.print(line)
    console.print("  ".join(f"{name} {value:.4f}" for name, value in scores.items()) or "no labels, so no scores")
    console.print(f"predictions in {shown(path)}")
    return scores


def _place(config: DictConfig) -> Path:
    """The table of predictions: in the run folder, or beside an exported file."""
    if config.exported is None:
        return Path(config.run) / "predictions" / f"{predictions_name(config)}.csv"
    file = Path(config.exported).expanduser()
    return file.parent / "predictions" / f"{file.name}-{predictions_name(config)}.csv"


def predictions_name(config: DictConfig) -> str:
    """What the predictions are called: other samples, other checkpoints, other names.

    Args:
        config: a composed ``conf/evaluate.yaml``.

    Returns:
        The split, such as ``test``; of other data ``test-of-<class>`` with the name of its file or folder; of samples
        without labels ``of-<file or folder>``. For the last checkpoint ``last-`` stands before it.
    """
    name = config.split
    if config.predict:
        name = f"of-{_last_part(config.predict)}"
    elif "data" in config:
        place = config.data.get("path") or config.data.get("root")
        name += f"-of-{config.data['_target_'].rpartition('.')[2]}" + (f"-{_last_part(place)}" if place else "")
    return name if config.ckpt == "best" else f"{config.ckpt}-{name}"


def _last_part(path: str) -> str:
    return Path(os.path.abspath(path)).name  # of ``.`` too


class Batches(L.LightningDataModule):
    """Some batches, prepared on the device as a data module prepares its own.

    Args:
        data: the data module.
        loader: gives the batches.
        answering: of an exported network, which prepares them itself: its output takes the place of x.
    """

    def __init__(
        self, data: L.LightningDataModule, loader: DataLoader, answering: Callable[[Any], Any] | None = None
    ) -> None:
        super().__init__()
        self.data, self.loader, self.answering = data, loader, answering

    def test_dataloader(self) -> DataLoader:
        return self.loader

    predict_dataloader = test_dataloader

    def on_before_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        # What an exported network is given is made of the batch as the loader gives it.
        return batch if self.answering else self.data.on_before_batch_transfer(batch, dataloader_idx)

    def transfer_batch_to_device(self, batch: Any, device: Any, dataloader_idx: int) -> Any:
        return self.data.transfer_batch_to_device(batch, device, dataloader_idx)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        if self.answering is not None:
            _, output, y = self.answering(batch)
            return output if y is None else [output, y]
        return self.data.on_after_batch_transfer(batch, dataloader_idx)
