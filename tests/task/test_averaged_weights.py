import pytest
import torch
from torch import nn

from epochwise.commands.train import train
from epochwise.data.digits import Digits
from epochwise.resume.restore import restore
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.task.optimized import averaged_weights

BASE = (
    *("optimizer=schedule_free", "data.batch_size=256", "model.hidden_sizes=[16]", "optimizer.warmup_steps=5"),
    *("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test"),
)


def weights(folder, name):
    return torch.load(folder / f"checkpoints/{name}.ckpt", weights_only=True)


@pytest.fixture(scope="module")
def trained_folder(tmp_path_factory, composed):
    folder = tmp_path_factory.mktemp("schedule_free")
    train(composed(*BASE, "trainer.max_epochs=4", run_folder=folder))
    return folder


def test_an_optimizer_with_one_place_for_its_weights_is_left_alone():
    parameter = nn.Parameter(torch.ones(2))
    averaged_weights([torch.optim.SGD([parameter], lr=1.0)], score=True)
    assert parameter.tolist() == [1, 1]


def test_what_is_kept_is_the_average_and_not_the_point_that_is_trained(trained_folder):
    last = weights(trained_folder, "last")
    state = last["optimizer_states"][0]
    assert all(group["train_mode"] is False for group in state["param_groups"])
    moving = [entry["z"] for entry in state["state"].values()]
    assert not all(any(torch.equal(z, weight) for weight in last["state_dict"].values()) for z in moving)


def test_the_score_of_an_epoch_is_that_of_the_weights_kept_with_it(trained_folder):
    rows = read_epochs_csv(trained_folder / "epochs.csv")
    best = weights(trained_folder, "best")
    task = restore(trained_folder, "best").task.eval()
    data = Digits()
    data.setup()
    x, y = data.splits["val"][list(range(data.num_samples["val"]))]
    with torch.no_grad():
        loss = float(task.compute_loss(task(data.on_after_batch_transfer(x)), y))
    assert loss == pytest.approx(rows[best["epoch"]]["val/loss"], rel=1e-4)


def test_a_validation_within_an_epoch_leaves_training_where_it_was(tmp_path, composed):
    train(composed(*BASE, "trainer.max_epochs=2", "trainer.val_check_interval=2", run_folder=tmp_path))
    rows = read_epochs_csv(tmp_path / "epochs.csv")
    assert rows[-1]["val/loss"] < rows[0]["val/loss"]
