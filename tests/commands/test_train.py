import json
from base64 import b64encode

import pytest
import torch
import yaml

from epochwise.commands.train import show_pictures, train
from epochwise.data.digits import Digits
from epochwise.data.table import Table
from epochwise.run.epochs_csv import read_epochs_csv

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test")
TRAIN_ALONE = ("monitor=train/loss", "~callbacks.train_eval")


def scores_of(folder):
    """The rows of a run but for what a clock wrote."""
    return [
        {k: v for k, v in row.items() if not k.startswith("seconds")} for row in read_epochs_csv(folder / "epochs.csv")
    ]


def test_a_run_folder_holds_what_its_contract_says(trained):
    files = {str(path.relative_to(trained)) for path in trained.rglob("*") if path.is_file()}
    events = {name for name in files if name.startswith("tensorboard/events.out.tfevents.")}
    assert events
    evaluated = {name for name in files if name.startswith(("predictions/", "exports/"))}  # by other tests
    assert files - events - evaluated - {"tensorboard/hparams.yaml"} == {
        "config.yaml",
        "epochs.csv",
        "result.json",
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
        "checkpoints/previous.ckpt",
    }


def test_a_run_on_pictures_shows_some_of_them_in_its_report(tmp_path, composed):
    train(composed(*QUICK, "trainer.max_epochs=1", "report=true", run_folder=tmp_path))
    sheet = (tmp_path / "pictures.png").read_bytes()
    assert b64encode(sheet).decode() in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(("data", "shown"), [(Digits(), True), (Table(), False)])
def test_pictures_are_shown_once_and_tables_are_not(tmp_path, data, shown):
    data.setup()
    show_pictures(data, tmp_path)
    assert (tmp_path / "pictures.png").exists() == shown
    (tmp_path / "pictures.png").write_bytes(b"of the run's first life")
    show_pictures(data, tmp_path)
    assert (tmp_path / "pictures.png").read_bytes() == b"of the run's first life"


def test_each_epoch_is_one_full_row(trained):
    rows = read_epochs_csv(trained / "epochs.csv")
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert [row["step"] for row in rows] == [20, 40, 60]  # 1,257 samples in batches of 64
    assert [row["samples"] for row in rows] == [1257, 2514, 3771]
    for row in rows:
        assert all(row[name] is not None for name in row if name != "events")
        assert row.keys() >= {
            "seconds",
            "lr",
            "grad_norm",
            "train/loss",
            "val/loss",
            "val/accuracy",
            "val/f1",
            "events",
        }


def test_the_result_agrees_with_the_rows_and_the_checkpoint(trained):
    result = json.loads((trained / "result.json").read_text())
    rows = read_epochs_csv(trained / "epochs.csv")
    best = min(rows, key=lambda row: row["val/loss"])
    assert (result["status"], result["epochs_run"], result["steps"]) == ("completed", 3, 60)
    assert (result["best_epoch"], result["best_score"]) == (best["epoch"], pytest.approx(best["val/loss"]))
    assert result["test"].keys() == {"loss", "accuracy", "f1"}
    checkpoint = torch.load(trained / "checkpoints/best.ckpt", weights_only=True)
    assert checkpoint["epoch"] == best["epoch"]


@pytest.mark.parametrize("name", ["best", "last"])
def test_a_checkpoint_holds_tensors_and_plain_values(trained, name):
    assert torch.load(trained / f"checkpoints/{name}.ckpt", weights_only=True)["state_dict"]


def test_the_config_kept_has_no_open_values(trained):
    text = (trained / "config.yaml").read_text()
    assert "???" not in text
    assert "${" not in text.replace("${run_folder}", "")
    assert yaml.safe_load(text)["model"]["num_outputs"] == 10


def test_the_same_seed_writes_the_same_rows_and_another_seed_others(tmp_path, composed, trained):
    for name, seed in (("same", 0), ("other", 1)):
        (tmp_path / name).mkdir()
        train(composed("trainer.max_epochs=3", f"seed={seed}", *QUICK, run_folder=tmp_path / name))
    assert scores_of(tmp_path / "same") == scores_of(trained)
    assert scores_of(tmp_path / "other") != scores_of(trained)


def test_how_often_one_validates_does_not_change_what_is_trained(tmp_path, composed, trained):
    train(composed("trainer.max_epochs=3", "trainer.val_check_interval=0.25", *QUICK, run_folder=tmp_path))
    losses = [row["train/loss"] for row in scores_of(tmp_path)]
    assert losses == [row["train/loss"] for row in scores_of(trained)]


def test_an_interval_of_validations_is_none_where_nothing_is_validated(tmp_path, composed):
    nothing = ("trainer.limit_val_batches=0", "trainer.val_check_interval=50", "trainer.limit_train_batches=10")
    train(composed("trainer.max_epochs=2", *nothing, *TRAIN_ALONE, *QUICK, run_folder=tmp_path))
    assert [row["step"] for row in read_epochs_csv(tmp_path / "epochs.csv")] == [10, 20]


def test_epochs_without_validation_have_empty_cells(tmp_path, composed):
    train(composed("trainer.max_epochs=4", "trainer.check_val_every_n_epoch=2", *QUICK, run_folder=tmp_path))
    assert [row["val/loss"] is None for row in scores_of(tmp_path)] == [True, False, True, False]


def test_early_stopping_says_why_and_the_best_epoch_is_tested(tmp_path, composed):
    settings = ["trainer.max_epochs=20", "stopping.patience=1", "optimizer.lr=0.5", "scheduler=none"]
    train(composed(*settings, *QUICK, run_folder=tmp_path))
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["status"] == "stopped_early"
    assert result["epochs_run"] == result["best_epoch"] + 2 < 20
    assert result["reason"].startswith("val/loss has not improved for 1 epoch (best:")
    assert scores_of(tmp_path)[-1]["events"] == "stop"


def test_drops_of_the_learning_rate_are_marked(tmp_path, composed):
    train(composed("trainer.max_epochs=4", "scheduler=step", *QUICK, run_folder=tmp_path))
    assert [row["events"] for row in scores_of(tmp_path)] == [None, None, "lr_drop", "lr_drop"]


def test_a_crash_is_written_down_as_failed(tmp_path, composed, monkeypatch):
    from epochwise.task.classification import Classification

    def crash(self, output, y):
        if self.global_step == 30:
            raise RuntimeError("out of everything")
        return output.sum()

    monkeypatch.setattr(Classification, "compute_loss", crash)
    with pytest.raises(RuntimeError, match="out of everything"):
        train(composed(*QUICK, run_folder=tmp_path))
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["status"], result["epochs_run"], result["steps"]) == ("failed", 1, 30)
    assert result["reason"] == "RuntimeError: out of everything (epoch 1, batch 10)"


def test_a_run_cut_short_by_steps_says_so_and_its_last_row_is_of_its_own_epoch(tmp_path, composed):
    train(composed("trainer.max_epochs=5", "+trainer.max_steps=25", *QUICK, run_folder=tmp_path / "run"))
    rows = scores_of(tmp_path / "run")
    assert [row["step"] for row in rows] == [20, 25]
    assert rows[0]["train/loss"] != rows[1]["train/loss"]
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["reason"] == "trainer.max_steps=25 was reached in epoch 1"


def test_a_loss_that_is_no_number_ends_the_run_as_failed(tmp_path, composed):
    settings = ["optimizer=sgd", "optimizer.lr=1e12", "trainer.max_epochs=2"]
    with pytest.raises(SystemExit) as ended:
        train(composed(*settings, *QUICK, run_folder=tmp_path / "run"))
    assert ended.value.code == 1
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert (result["status"], result["best_epoch"], result["best_score"]) == ("failed", None, None)
    assert result["reason"].startswith(
        "train/loss became nan in epoch 0; no checkpoint was written before; try a smaller"
    )


@pytest.mark.parametrize("every_n_steps", [None, 1])
def test_what_was_good_before_a_loss_that_is_no_number_is_named_and_gone_on_from(
    tmp_path, composed, monkeypatch, every_n_steps
):
    from epochwise.task.classification import Classification

    learn, folder = Classification.compute_loss, tmp_path / "run"
    config = composed("trainer.max_epochs=3", *QUICK, "resume=auto", run_folder=folder)
    config.callbacks.last_checkpoint.every_n_steps = every_n_steps
    with monkeypatch.context() as patch:
        patch.setattr(
            Classification,
            "compute_loss",
            lambda self, *args: learn(self, *args) * (float("nan") if self.global_step >= 30 else 1.0),
        )
        with pytest.raises(SystemExit):
            train(config)
    result = json.loads((folder / "result.json").read_text())
    assert result["reason"].startswith("train/loss became nan in epoch 1; the best is ")
    best, last = (folder / f"checkpoints/{name}.ckpt" for name in ("best", "last"))
    assert f"the best is {best} (epoch 0), the last good one {last};" in result["reason"]
    assert len(scores_of(folder)) == 2
    kept = torch.load(last, weights_only=True)
    assert kept["global_step"] == (20 if every_n_steps is None else 30)
    assert all(weight.isfinite().all() for weight in kept["state_dict"].values())
    train(config)
    assert json.loads((folder / "result.json").read_text())["status"] == "completed"


def test_the_best_step_is_that_of_the_weights_tested(tmp_path, composed):
    settings = ["trainer.val_check_interval=0.25", "optimizer.lr=0.1", "scheduler=none", "trainer.max_epochs=2"]
    train(composed(*settings, *QUICK, run_folder=tmp_path / "run"))
    result = json.loads((tmp_path / "run/result.json").read_text())
    best = torch.load(tmp_path / "run/checkpoints/best.ckpt", weights_only=True)
    assert (result["best_step"], result["tested_epoch"]) == (best["global_step"], best["epoch"])


def test_without_a_best_checkpoint_the_last_epoch_is_tested_and_said_so(tmp_path, composed, capsys):
    settings = ["~callbacks.best_checkpoint", "stopping=none", "optimizer.lr=0.3", "trainer.max_epochs=3"]
    train(composed(*settings, *QUICK, run_folder=tmp_path / "run"))
    assert json.loads((tmp_path / "run/result.json").read_text())["tested_epoch"] == 2
