from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from lightning.pytorch.callbacks import (
    BackboneFinetuning,
    EMAWeightAveraging,
    ModelCheckpoint,
    ModelPruning,
    StochasticWeightAveraging,
    WeightAveraging,
)

from epochwise.callbacks.best_checkpoint import BestCheckpoint
from epochwise.callbacks.last_checkpoint import LastCheckpoint
from epochwise.commands.check_callbacks import check_callbacks, long_memories
from epochwise.commands.train import train
from epochwise.input_error import InputError

TRAINER = {"check_val_every_n_epoch": 1, "val_check_interval": 1.0}


def best(**settings):
    return BestCheckpoint(dirpath=Path("/run"), filename="best-{epoch}", **({"monitor": "val/loss"} | settings))


def own(**settings):
    return ModelCheckpoint(
        **({"dirpath": Path("/run"), "monitor": "val/f1", "enable_version_counter": False} | settings)
    )


@pytest.mark.parametrize(
    ("callbacks", "line"),
    [
        ({"x": ModelPruning("l1_unstructured", amount=0.5)}, "callbacks.x: ModelPruning .* model.pretrained=FILE"),
        ({"x": StochasticWeightAveraging(0.1)}, r"x: StochasticWeightAveraging .* \+callbacks=ema"),
        ({"x": BackboneFinetuning()}, "callbacks.x: BackboneFinetuning .* use finetune=plan"),
        ({"a": EMAWeightAveraging(), "b": WeightAveraging()}, "callbacks.b: a averages the weights already"),
        ({"x": own(filename="top", save_top_k=3)}, "x.filename: got 'top', one name for all that save_top_k=3"),
        ({"x": best(save_weights_only=True), "ema": WeightAveraging()}, "x.save_weights_only: .* of callbacks.ema out"),
        ({"x": best(save_last=True), "y": LastCheckpoint("/run")}, "x.save_last: got True, but callbacks.y keeps"),
        ({"a": best(), "b": own(monitor="val/loss", filename="x")}, "callbacks.b: keeps by the same score as"),
        ({"a": best(), "b": own(filename="best")}, "callbacks.b.filename: callbacks.a keeps best.ckpt already"),
        ({"x": best(every_n_train_steps=5)}, "x.every_n_train_steps: keeps weights under the score that others had"),
        ({"x": own(train_time_interval=timedelta(1))}, "x.train_time_interval: keeps weights under the score"),
    ],
)  # fmt: skip
def test_callbacks_that_would_keep_what_was_not_scored_are_a_line(callbacks, line):
    with pytest.raises(InputError, match=line) as caught:
        check_callbacks(callbacks, SimpleNamespace(**TRAINER))
    assert len(caught.value.lines) == 1


@pytest.mark.parametrize("other", [{"check_val_every_n_epoch": 2}, {"val_check_interval": 0.4}])
def test_an_epoch_that_does_not_end_with_a_validation_is_not_kept_by_its_score(other):
    callbacks = {"x": best(save_on_train_epoch_end=True)}
    check_callbacks(callbacks, SimpleNamespace(**TRAINER))
    with pytest.raises(
        InputError, match=r"x.save_on_train_epoch_end: got True, but epochs do not end with a validation"
    ):
        check_callbacks(callbacks, SimpleNamespace(**(TRAINER | other)))


def test_what_goes_together_is_let_through():
    last, own_last = (
        LastCheckpoint("/run"),
        own(monitor=None, every_n_train_steps=5, filename="{step}", save_last=False),
    )
    callbacks = {"best": best(save_top_k=3), "last": last, "ema": EMAWeightAveraging(), "f1": own(), "steps": own_last}
    check_callbacks(callbacks, SimpleNamespace(**TRAINER))


def test_a_run_is_refused_before_its_folder_has_a_config(tmp_path, composed):
    pruning = "{_target_:lightning.pytorch.callbacks.ModelPruning,pruning_fn:l1_unstructured,amount:0.5}"
    with pytest.raises(InputError, match=r"callbacks.pruned: ModelPruning prunes between"):
        train(composed(f"+callbacks.pruned={pruning}", run_folder=tmp_path / "run"))
    assert not (tmp_path / "run/config.yaml").exists()


def test_an_average_that_remembers_more_steps_than_there_are_is_told():
    nodes = {"ema": {"decay": 0.999}, "best": {"monitor": "val/loss"}}
    (line,) = long_memories(nodes, 600)
    assert line.startswith("callbacks.ema.decay=0.999 remembers about 1,000 steps and the run has 600")
    assert long_memories(nodes, 1001) == long_memories({}, 10) == []
