"""A run that was cut off and continued, beside the same run uninterrupted."""

import pytest
import torch

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import differences, outcome
from tests.power_cut import cut_in_batch

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test")
BASE = ("data.batch_size=128", "trainer.max_epochs=4", "model.hidden_sizes=[16]", *QUICK)  # 10 steps an epoch
CONFIGS = {
    "dropout and cosine": ["callbacks.last_checkpoint.every_n_steps=3"],
    "only epoch ends": [],
    "every step": ["callbacks.last_checkpoint.every_n_steps=1", "optimizer=sgd", "scheduler=one_cycle"],
    "plateau": [
        "scheduler=plateau",
        "scheduler.patience=0",
        "optimizer.lr=0.05",
        "callbacks.last_checkpoint.every_n_steps=4",
    ],
    "averaged weights": ["+callbacks=ema", "callbacks.last_checkpoint.every_n_steps=3"],
    "accumulation": ["trainer.accumulate_grad_batches=3", "callbacks.last_checkpoint.every_n_steps=1"],
    "several validations": ["trainer.val_check_interval=3", "callbacks.last_checkpoint.every_n_steps=1"],
    "validations between steps": [
        "trainer.accumulate_grad_batches=4",
        "trainer.val_check_interval=2",
        "callbacks.last_checkpoint.every_n_steps=1",
    ],
    "double precision": ["trainer.precision=64-true", "optimizer=sgd", "callbacks.last_checkpoint.every_n_steps=3"],
    "workers": ["data.num_workers=2", "callbacks.last_checkpoint.every_n_steps=3"],
    "early stopping": ["stopping.patience=1", "optimizer.lr=0.3", "callbacks.last_checkpoint.every_n_steps=3"],
    "schedule free": [
        "optimizer=schedule_free",
        "trainer.val_check_interval=4",
        "callbacks.last_checkpoint.every_n_steps=3",
    ],
    "wsd": ["scheduler=wsd", "callbacks.last_checkpoint.every_n_steps=3"],
    "validated by steps": [
        "+callbacks=step_validation",
        "callbacks.step_validation.every_n_steps=3",
        "trainer.accumulate_grad_batches=2",
        "stopping.patience_unit=validations",
        "stopping.patience=2",
        "optimizer.lr=0.3",
        "callbacks.last_checkpoint.every_n_steps=2",
    ],
    "validation sets": [
        "+callbacks=val_sets",
        "+callbacks.val_sets.sets.again={_target_:epochwise.data.digits.Digits}",
        "monitor=val_again/loss",
        "trainer.val_check_interval=3",
        "callbacks.last_checkpoint.every_n_steps=2",
    ],
    "steps": ["scheduler=step", "trainer.check_val_every_n_epoch=2", "callbacks.last_checkpoint.every_n_steps=2"],
}


@pytest.fixture(autouse=True)
def _workers_of_the_dead_are_not_waited_for(monkeypatch):
    # A cut off run is garbage here, where its process would be gone; torch waits 5 s for each of its workers.
    monkeypatch.setattr(torch.utils.data._utils, "MP_STATUS_CHECK_INTERVAL", 0.1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, composed):
    """The uninterrupted runs, made once each."""
    made = {}

    def run(name):
        if name not in made:
            folder = tmp_path_factory.mktemp("whole") / "run"
            train(composed(*BASE, *CONFIGS[name], run_folder=folder))
            made[name] = outcome(folder)
        return made[name]

    return run


#: Those that are cut off in `make test`; in `make ranks` all are, and each at four places.
QUICK_ONES = ("dropout and cosine", "plateau", "averaged weights", "validations between steps", "early stopping")
QUICK_ONES += ("validated by steps",)


@pytest.mark.parametrize(
    ("name", "batch"),
    [
        pytest.param(name, batch, marks=[pytest.mark.ranks] * (batch != 17 or name not in QUICK_ONES))
        for name in CONFIGS
        for batch in (17, 4, 10, 23)
    ],
)
def test_a_run_that_was_cut_off_ends_as_the_uninterrupted_one(tmp_path, composed, whole, name, batch):
    expected = whole(name)
    folder = tmp_path / "run"
    with cut_in_batch(batch):
        train(composed(*BASE, *CONFIGS[name], run_folder=folder))
    train(composed(*BASE, *CONFIGS[name], "resume=auto", run_folder=folder))
    assert differences(outcome(folder), expected) == []


def test_the_epoch_that_was_gone_on_with_says_so(tmp_path, composed):
    folder = tmp_path / "run"
    train(composed(*BASE, "scheduler=none", "trainer.max_epochs=2", run_folder=folder))
    train(composed(*BASE, "scheduler=none", "resume=auto", run_folder=folder))
    assert [row["events"] for row in read_epochs_csv(folder / "epochs.csv")] == [None, None, "resume", None]


def test_a_finished_run_is_not_overwritten(trained, composed):
    with pytest.raises(InputError, match=r"^run_folder: .* holds a run; go on with it by run="):
        train(composed(*BASE, run_folder=trained))


def test_a_damaged_last_checkpoint_is_named_and_the_one_before_it_used(tmp_path, composed, whole, capsys):
    folder = tmp_path / "run"
    train(composed(*BASE, run_folder=folder))
    last = folder / "checkpoints/last.ckpt"
    content = bytearray(last.read_bytes())
    weight = next(iter(torch.load(last, weights_only=True)["state_dict"].values()))
    content[content.index(weight.numpy().tobytes()) + 1] ^= 0xFF
    last.write_bytes(content)
    train(composed(*BASE, "resume=auto", run_folder=folder))
    said = capsys.readouterr().err
    assert "last.ckpt is damaged" in said
    assert "going on from" in said
    assert differences(outcome(folder), whole("only epoch ends")) == []


def test_a_run_without_any_whole_checkpoint_is_refused(tmp_path, composed):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/last.ckpt").write_bytes(b"half of a")
    with pytest.raises(InputError, match=r"last\.ckpt is damaged"):
        train(composed(*BASE, "resume=auto", run_folder=tmp_path))
