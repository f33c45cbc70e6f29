"""Every file of conf that can train here, trained."""

import json

import pytest

from epochwise.command_line.composer import ENGINE_CONF
from epochwise.commands.train import train

QUICK = ("~callbacks.progress_bar", "~callbacks.model_summary", "name=test", "trainer.max_epochs=2")
QUICK += ("~callbacks.train_eval",)


def files(group, without=()):
    return [f"{group}={path.stem}" for path in sorted((ENGINE_CONF / group).glob("*.yaml")) if path.stem not in without]


def trained_result(composed, folder, *overrides):
    train(composed(*overrides, run_folder=folder))
    result = json.loads((folder / "result.json").read_text())
    assert result["status"] == "completed"
    return result


@pytest.mark.long
@pytest.mark.parametrize("choice", [*files("optimizer"), *files("scheduler"), *files("stopping", without=["target"])])
def test_every_optimizer_schedule_and_stopping_trains(tmp_path, composed, choice):
    # Muon's matrix iterations are made for a GPU: on a small network they tell as much in less time.
    small = ["model.hidden_sizes=[32]", "optimizer.lr=0.01"] if choice.startswith("optimizer") else []
    result = trained_result(composed, tmp_path, choice, *small, *QUICK, "~loggers.tensorboard")
    assert result["test"]["accuracy"] > 0.3


@pytest.mark.parametrize(
    "choice",
    [
        "finetune=head",
        "finetune=layerwise",
        "finetune=gradual finetune.one_stage_every_n_epochs=1",
        "finetune=two_phase finetune.phases.1.at_epoch=1",
        "finetune=other_optimizer finetune.phases.1.at_epoch=1",
    ],
)
def test_every_plan_trains(tmp_path, composed, choice):
    result = trained_result(composed, tmp_path, *choice.split(), *QUICK, "~loggers.tensorboard")
    assert result["test"]["accuracy"] > 0.3


@pytest.mark.long
@pytest.mark.parametrize("choice", ["model=mlp", "model=cnn", "model=timm model.model_name=test_resnet"])
def test_every_network_trains(tmp_path, composed, choice):
    result = trained_result(composed, tmp_path, *choice.split(), *QUICK, "~loggers.tensorboard")
    assert result["test"]["accuracy"] > 0.3


@pytest.mark.parametrize(
    "overrides", [[], ["data.path=wine"], ["data.path=diabetes", "data.kind=number", "task=regression"]]
)
def test_every_shipped_table_trains(tmp_path, composed, overrides):
    result = trained_result(composed, tmp_path, "data=table", *overrides, *QUICK, "~loggers.tensorboard")
    assert result["test"].keys() >= ({"mae", "rmse", "r2"} if "task=regression" in overrides else {"accuracy", "f1"})


def test_averaged_weights_are_what_is_scored_and_kept(tmp_path, composed):
    import torch

    trained_result(composed, tmp_path, "+callbacks=ema", *QUICK)
    checkpoint = torch.load(tmp_path / "checkpoints/best.ckpt", weights_only=True)
    name = "network.head.weight"
    assert not torch.equal(checkpoint["state_dict"][name], checkpoint["current_model_state"][name])


def test_lightnings_own_table_can_be_added(tmp_path, composed):
    trained_result(composed, tmp_path, "+loggers=csv", *QUICK)
    assert (tmp_path / "csv" / "metrics.csv").is_file()
