"""Who ended a run is said in his own words, or by his name."""

import json

import lightning as L
import pytest

from epochwise.commands.train import train

SMALL = ("model.hidden_sizes=[8]", "data.max_train_samples=300", "data.batch_size=100", "trainer.max_epochs=6")
QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.train_eval", "~loggers.tensorboard")
HERE, LIGHTNING = "tests.run.test_stopper", "lightning.pytorch.callbacks"


class TwoLines(L.Callback):
    """Stops after epoch 1, as somebody would write it."""

    def on_train_epoch_end(self, trainer, pl_module):
        trainer.should_stop = trainer.current_epoch >= 1


class WithinAnEpoch(L.Callback):
    """Stops in the last epoch before it is over."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if trainer.current_epoch == 5 and batch_idx == 0:
            end(trainer)


class AfterTheLast(L.Callback):
    """Asks to stop when there is nothing left to train."""

    def on_train_epoch_end(self, trainer, pl_module):
        trainer.should_stop = trainer.current_epoch == 5


def end(trainer):
    trainer.should_stop = True


def run(composed, folder, *words):
    train(composed(*SMALL, *QUICK, "name=test", "stopping=none", *words, run_folder=folder))
    return json.loads((folder / "result.json").read_text())


STOPPERS = {
    "patience": (
        [f"{LIGHTNING}.EarlyStopping", "monitor=val/loss", "patience=1", "min_delta=9"],
        "EarlyStopping in epoch 1: Monitored metric val/loss did not improve in the last 1 records. Best score: ",
        2,
    ),
    "a threshold": (
        [f"{LIGHTNING}.EarlyStopping", "monitor=val/loss", "stopping_threshold=9"],
        "EarlyStopping in epoch 0: Stopping threshold reached: val/loss = ",
        1,
    ),
    "a timer": (
        [f"{LIGHTNING}.Timer", "duration={milliseconds: 1}"],
        "Timer in epoch 0: its 0:00:00.001000 were over",
        1,
    ),
    "two lines": ([f"{HERE}.TwoLines"], "TwoLines in epoch 1: it set trainer.should_stop", 2),
    "a function": ([f"{HERE}.WithinAnEpoch"], "WithinAnEpoch in epoch 5: it set trainer.should_stop", 6),
}


@pytest.mark.long
@pytest.mark.parametrize("stopper", STOPPERS)
def test_who_stopped_a_run_is_said_now_and_where_it_is_continued(tmp_path, composed, stopper, capsys):
    (target, *settings), said, epochs = STOPPERS[stopper]
    words = [f"+callbacks.own._target_={target}", *(f"+callbacks.own.{setting}" for setting in settings)]
    for again in ([], ["resume=auto"]):
        result = run(composed, tmp_path, *words, *again)
        assert (result["status"], result["epochs_run"]) == ("stopped_early", epochs)
        assert result["reason"].startswith(said)
        assert f"stopped early: {said}" in capsys.readouterr().out
    if stopper == "patience":  # with others it goes on
        result = run(composed, tmp_path, "resume=auto")
        assert (result["status"], result["reason"]) == ("completed", "trained all of its 6 epochs")


def test_a_stop_when_all_is_trained_and_one_before_the_least_epochs_end_nothing_early(tmp_path, composed):
    result = run(composed, tmp_path, f"+callbacks.own._target_={HERE}.AfterTheLast", "trainer.max_epochs=6")
    assert (result["status"], result["reason"]) == ("completed", "trained all of its 6 epochs")
    (tmp_path / "least").mkdir()
    result = run(composed, tmp_path / "least", f"+callbacks.own._target_={HERE}.TwoLines", "+trainer.min_epochs=4")
    assert (result["reason"], result["epochs_run"]) == ("TwoLines in epoch 3: it set trainer.should_stop", 4)


def test_a_fast_dev_run_says_what_it_trained(tmp_path, composed):
    result = run(composed, tmp_path, "trainer.fast_dev_run=2")
    assert (result["status"], result["reason"]) == ("completed", "trained 2 batches, for trainer.fast_dev_run=2")
