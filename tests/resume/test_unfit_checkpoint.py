from pathlib import Path

import lightning as L
import pytest
import torch
from lightning.pytorch.demos.boring_classes import BoringModel

from epochwise.resume.claim import unfit_checkpoint

PATH = Path("run/checkpoints/last.ckpt")


def caught(call):
    with pytest.raises(Exception) as error:  # noqa: PT011 (of any kind)
        call()
    return error.value


def optimizer_without_eps():
    optimizer = torch.optim.AdamW([weight := torch.zeros(2, requires_grad=True)])
    weight.grad = torch.ones(2)
    del optimizer.param_groups[0]["eps"]
    return optimizer


@pytest.fixture
def trainer(tmp_path):
    return L.Trainer(
        accelerator="cpu", max_steps=2, logger=False, enable_progress_bar=False, enable_model_summary=False,
        default_root_dir=tmp_path,
    )  # fmt: skip


def test_a_value_that_lightning_cannot_put_back_is_one_line(trainer, tmp_path, recwarn):
    path = tmp_path / "last.ckpt"
    trainer.fit(BoringModel())
    trainer.save_checkpoint(path)
    torch.save(torch.load(path, weights_only=True) | {"pytorch-lightning_version": "x"}, path)
    line = unfit_checkpoint(caught(lambda: trainer.fit(BoringModel(), ckpt_path=path, weights_only=True)), path)
    assert line.startswith(f"{path} does not fit this run: InvalidVersion: Invalid version: ")
    assert line.endswith(")") and "(version.py:" in line


def test_a_state_that_an_optimizer_cannot_use_is_one_line():
    line = unfit_checkpoint(caught(optimizer_without_eps().step), PATH)
    assert line.startswith(f"{PATH} does not fit this run: KeyError: 'eps' (adam")


def test_an_error_in_the_step_itself_keeps_its_traceback():
    def learn():
        raise KeyError("eps")

    optimizer = torch.optim.SGD([torch.zeros(2, requires_grad=True)])
    assert unfit_checkpoint(caught(lambda: optimizer.step(learn)), PATH) is None


def test_an_error_while_a_checkpoint_is_written_keeps_its_traceback(trainer, tmp_path, recwarn):
    trainer.fit(model := BoringModel())
    model.on_save_checkpoint = lambda checkpoint: checkpoint["nowhere"]
    assert unfit_checkpoint(caught(lambda: trainer.save_checkpoint(tmp_path / "x.ckpt")), PATH) is None


def test_a_run_that_began_anew_has_no_checkpoint_to_blame():
    assert unfit_checkpoint(caught(optimizer_without_eps().step), None) is None
