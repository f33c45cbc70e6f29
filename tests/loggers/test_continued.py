"""What the loggers of libraries hold of a run that was killed and gone on with, beside one that was not."""

import csv

import pytest
from lightning.pytorch.loggers import CSVLogger

from epochwise.callbacks.last_checkpoint import LastCheckpoint
from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.loggers.continued import check_loggers, go_on_with_csv
from epochwise.task.classification import Classification

from tests.power_cut import PowerCut

BASE = (
    "model.hidden_sizes=[8]",
    "data.max_train_samples=200",
    "data.batch_size=50",  # 4 steps an epoch
    "trainer.max_epochs=4",
    "trainer.val_check_interval=2",
    "stopping=none",
    "callbacks.last_checkpoint.every_n_steps=1",
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "~callbacks.train_eval",
    "~loggers.tensorboard",
    "name=test",
)


def killed(composed, folder, monkeypatch, place, *settings):
    """Train until a training step of this process, from 1, or until behind the checkpoint of an epoch (``epoch 1``)."""
    learn, save, begun = Classification.training_step, LastCheckpoint.on_train_epoch_end, []

    def step(self, *args):
        begun.append(1)
        if len(begun) == place:
            raise PowerCut
        return learn(self, *args)

    def end(self, trainer, task):
        save(self, trainer, task)
        if place == f"epoch {trainer.current_epoch}":
            raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(Classification, "training_step", step)
        patch.setattr(LastCheckpoint, "on_train_epoch_end", end)
        with pytest.raises(PowerCut):
            train(composed(*BASE, *settings, "resume=auto", run_folder=folder))


def table(folder):
    with open(folder / "csv/metrics.csv", newline="") as file:
        rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]
    return [row for row in rows if row.keys() - {"epoch", "step"}]


KILLS = {
    "within an epoch": [7],
    "behind a validation": [7, 1, 3],
    "several times": [4, 3, 2, "epoch 1", 6],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, composed):
    folder = tmp_path_factory.mktemp("whole")
    train(composed(*BASE, "+loggers=csv", run_folder=folder))
    return table(folder)


@pytest.mark.long
@pytest.mark.parametrize("kills", KILLS)
def test_the_table_of_a_killed_run_is_that_of_one_left_alone(tmp_path, composed, monkeypatch, whole, kills):
    for place in KILLS[kills]:
        killed(composed, tmp_path, monkeypatch, place, "+loggers=csv")
    train(composed(*BASE, "+loggers=csv", "resume=auto", run_folder=tmp_path))
    assert table(tmp_path) == whole


def test_points_only_every_few_steps_go_on_as_well(tmp_path, composed, monkeypatch):
    sparse = ("+loggers=csv", "trainer.log_every_n_steps=3")
    train(composed(*BASE, *sparse, run_folder=tmp_path / "whole"))
    for place in (6, 5):
        killed(composed, tmp_path / "run", monkeypatch, place, *sparse)
    train(composed(*BASE, *sparse, "resume=auto", run_folder=tmp_path / "run"))
    assert table(tmp_path / "run") == table(tmp_path / "whole")


def test_a_half_written_row_is_left_out(tmp_path):
    (tmp_path / "metrics.csv").write_bytes(b"a,epoch,step\r\n1.0,0,0\r\n2.0,0,1\r\n3.0,0,12\r\n4.0,0,1")
    logger = CSVLogger(tmp_path, name="", version="")
    go_on_with_csv(logger, 3, {})
    logger.log_metrics({"a": 5.0, "epoch": 0}, 2)
    logger.save()
    expected = b"a,epoch,step\r\n1.0,0,0\r\n2.0,0,1\r\n5.0,0,2\r\n"
    assert (tmp_path / "metrics.csv").read_bytes() == expected


def test_a_logger_that_takes_no_points_back_is_refused_in_a_line(tmp_path):
    class Elsewhere:
        """Points that nobody can take back."""

    line = r"^loggers.mine: Elsewhere cannot take back .* allowed: ~loggers.mine, or a logger with a rewind$"
    with pytest.raises(InputError, match=line):
        check_loggers([CSVLogger(tmp_path), Elsewhere()], ["csv", "mine"])
