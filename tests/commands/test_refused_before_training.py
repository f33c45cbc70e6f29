"""What only the data or a class can refuse is one line, before the first step and before there is a run folder."""

import pytest
import torch

from epochwise.commands.train import train
from epochwise.input_error import InputError

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test")
GPU = torch.cuda.is_available() or torch.backends.mps.is_available()


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["scheduler=step", "scheduler.drop_fractions=[2]"], r"^scheduler: drop_fractions: got 2, "),
        (["model=timm", "model.model_name=resnet1"], r"^model: timm has no model 'resnet1'; did you mean 'resnet"),
        (
            ["trainer.val_check_interval=15", "trainer.limit_train_batches=10"],
            r"^trainer\.val_check_interval: got 15, allowed: at most the 10 batches",
        ),
        (["trainer.val_check_interval=100"], r"^trainer\.val_check_interval: got 100, allowed: at most the 20 batches"),
        (["data.batch_size=5000", "data.drop_last=true"], r"^data\.batch_size=5000 "),
        (["data=table", "model=cnn"], r"^model: .*pictures.*use mlp$"),
        (["data=table", "model=resnet"], r"^model: .*pictures.*use mlp$"),
        (
            ["task=regression", "monitor=val/loss"],
            r"^task: the targets of this data are classes; use task=classification$",
        ),
        pytest.param(["trainer=gpu"], r"^trainer: .*gpu", marks=pytest.mark.skipif(GPU, reason="there is a GPU")),
    ],
)
def test_a_value_that_only_the_data_or_a_class_can_refuse_is_a_line_before_the_first_step(
    tmp_path, composed, capsys, overrides, line
):
    folder = tmp_path / "run"
    with pytest.raises(InputError, match=line) as caught:
        train(composed("trainer.max_epochs=2", *overrides, *QUICK, run_folder=folder))
    assert len(caught.value.lines) == 1
    assert capsys.readouterr().out == ""
    assert not folder.exists()
