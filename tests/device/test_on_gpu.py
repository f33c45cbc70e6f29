"""What only a GPU shows. Not run where this project is tested: `make gpu` on a machine that has one."""

import warnings
from typing import ClassVar

import lightning as L
import pytest
import torch

from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import differences, outcome
from tests.power_cut import cut_in_batch

pytestmark = pytest.mark.gpu

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "name=test")
BASE = ("trainer=gpu", "data.batch_size=128", "trainer.max_epochs=2", *QUICK)
CNN = (*BASE, "model=cnn", "model.channels=[8,16]", "model.dropout=0")


class Seen(L.Callback):
    """Notes where a batch lies, how weights do, and how often the host waited for the device within the steps."""

    found: ClassVar[dict] = {}

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if batch_idx == 2:
            Seen.found = {"device": batch[0].device.type, "loader": trainer.train_dataloader.dataset}
            weights = [p for p in pl_module.parameters() if p.ndim == 4]
            Seen.found["laid"] = [p.is_contiguous(memory_format=torch.channels_last) for p in weights]
            self.caught = warnings.catch_warnings(record=True)
            self.said = self.caught.__enter__()
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if batch_idx == 8:
            torch.cuda.set_sync_debug_mode("default")
            self.caught.__exit__(None, None, None)
            Seen.found["waits"] = [str(one.message) for one in self.said if "synchroniz" in str(one.message)]


@pytest.fixture(autouse=True)
def _as_others_find_it():
    yield
    torch.cuda.set_sync_debug_mode("default")
    torch.use_deterministic_algorithms(False)


def last_row(folder):
    return read_epochs_csv(folder / "epochs.csv")[-1]


def test_a_run_that_was_cut_off_ends_as_the_uninterrupted_one(tmp_path, composed):
    settings = (*BASE, "trainer.deterministic=true", "callbacks.last_checkpoint.every_n_steps=3")
    train(composed(*settings, run_folder=tmp_path / "whole"))
    with cut_in_batch(14):
        train(composed(*settings, run_folder=tmp_path / "cut"))
    train(composed(*settings, "resume=auto", run_folder=tmp_path / "cut"))
    assert differences(outcome(tmp_path / "cut"), outcome(tmp_path / "whole")) == []


def test_batches_are_cut_there_weights_lie_channels_last_and_steps_wait_for_nothing(tmp_path, composed):
    train(composed(*CNN, "+callbacks.seen._target_=tests.device.test_on_gpu.Seen", run_folder=tmp_path))
    assert Seen.found["device"] == "cuda"
    assert type(Seen.found["loader"]).__name__ == "KeptSamples"
    assert set(Seen.found["laid"]) == {True}
    assert len(Seen.found["waits"]) <= 2, Seen.found["waits"]  # points are asked for once a second


def test_batches_that_are_sent_are_pinned_and_train_the_same(tmp_path, composed):
    exact = (*CNN, "trainer.deterministic=true")
    train(composed(*exact, run_folder=tmp_path / "kept"))
    train(composed(*exact, "data.keep_on_device=false", run_folder=tmp_path / "sent"))
    states = [outcome(tmp_path / name)["checkpoints"]["last"]["state_dict"] for name in ("kept", "sent")]
    assert differences(*states) == []


@pytest.mark.parametrize(
    ("mode", "more"),
    [
        ("true", ()),
        ("reduce-overhead", ()),
        ("reduce-overhead", ("+callbacks=ema",)),
        ("reduce-overhead", ("finetune=gradual", "finetune.one_stage_every_n_epochs=1")),
    ],
)
def test_a_compiled_network_trains_as_without_and_is_scored_without(tmp_path, composed, mode, more):
    exact = (*CNN, "trainer.precision=32-true", "trainer.max_epochs=3", *more)
    train(composed(*exact, run_folder=tmp_path / "plain"))
    train(composed(*exact, f"compile={mode}", run_folder=tmp_path / "compiled"))
    one, other = (last_row(tmp_path / name) for name in ("compiled", "plain"))
    for name in ("train/loss", "val/loss", "train_eval/loss"):
        assert one[name] == pytest.approx(other[name], rel=0.02), name
    states = [outcome(tmp_path / name)["checkpoints"]["last"]["state_dict"] for name in ("compiled", "plain")]
    assert list(states[0]) == list(states[1])
    test = outcome(tmp_path / "compiled")["result"]["test"]["loss"]
    scores = evaluate(composed(f"run={tmp_path / 'compiled'}", root="evaluate"))
    assert scores["loss"] == pytest.approx(test, rel=1e-3)


def test_a_compiled_run_goes_on_on_a_cpu(tmp_path, composed):
    train(composed(*CNN, "compile=reduce-overhead", run_folder=tmp_path))
    cpu = [word for word in CNN if word != "trainer=gpu"]
    train(composed(*cpu, "trainer.max_epochs=3", "extend=stretch", "resume=auto", run_folder=tmp_path))
    assert last_row(tmp_path)["epoch"] == 2
