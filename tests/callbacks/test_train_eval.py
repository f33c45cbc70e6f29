import multiprocessing

import lightning as L
import numpy as np
import pytest
import torch

from epochwise.callbacks.train_eval import TrainEval
from epochwise.commands.build import build
from epochwise.commands.evaluate import Batches, evaluate
from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.resume.restore import restore
from epochwise.run.epochs_csv import read_epochs_csv


def test_it_scores_the_weights_that_are_validated_without_dropout(trained):
    run = restore(trained, "last")
    data = build(run.config, "data")
    data.setup()
    chosen = torch.utils.data.Subset(data.splits["train"], sorted(first_256(len(data.splits["train"]))))
    trainer = L.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_checkpointing=False)
    (scores,) = trainer.test(run.task, datamodule=Batches(data, data.dataloader_of(chosen)), verbose=False)
    row = read_epochs_csv(trained / "epochs.csv")[-1]
    for name in ("loss", "accuracy", "f1"):
        assert row[f"train_eval/{name}"] == pytest.approx(scores[f"test/{name}"], abs=1e-6)
    assert row["train_eval/loss"] < row["train/loss"]


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true", "64-true"])
def test_it_scores_in_the_precision_of_the_run_as_evaluate_does(tmp_path, composed, precision):
    few = ["data.max_train_samples=96", "data.batch_size=48", "trainer.max_epochs=2", "trainer.limit_val_batches=1"]
    head = ["model=cnn", "model.channels=[4,4]", "finetune=head", "finetune.cache_features=true"]
    train(composed(*few, *head, f"trainer.precision={precision}", "~callbacks.model_summary", run_folder=tmp_path))
    row = read_epochs_csv(tmp_path / "epochs.csv")[-1]
    asked = composed(f"run={tmp_path}", "ckpt=last", "split=train", root="evaluate")
    scores = evaluate(asked)
    assert row["train_eval/loss"] == pytest.approx(scores["loss"], rel=1e-5)
    kept = torch.load(tmp_path / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
    exact = {"bf16-true": torch.bfloat16, "64-true": torch.float64}.get(precision, torch.float32)
    assert {weight.dtype for weight in kept.values() if weight.is_floating_point()} == {exact}


def first_256(num_samples):
    return np.random.default_rng(0).permutation(num_samples)[:256].tolist()


def test_a_data_module_without_splits_is_one_line():
    with pytest.raises(InputError, match=r"drop it: ~callbacks.train_eval"):
        TrainEval().on_fit_start(L.Trainer(accelerator="cpu", logger=False), L.LightningModule())


def test_no_worker_outlives_the_run(tmp_path, composed):
    before = set(multiprocessing.active_children())
    train(composed("trainer.max_epochs=1", "data.num_workers=1", "~callbacks.model_summary", run_folder=tmp_path))
    assert set(multiprocessing.active_children()) <= before
