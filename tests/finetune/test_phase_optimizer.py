from functools import partial

import lightning as L
import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import ConstantLR, ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.phase_optimizer import PhaseOptimizers, optimizer_line
from epochwise.finetune.plan import Plan
from epochwise.input_error import InputError
from epochwise.resume.extension import schedule_rates
from epochwise.scheduler.cosine import Cosine
from epochwise.task.optimized import Optimized


class Fitted(Optimized):
    """A line, fitted by an optimizer that keeps moments."""

    def __init__(self):
        torch.manual_seed(0)
        adam = partial(torch.optim.Adam, lr=0.1)
        super().__init__(nn.Linear(2, 1), adam, partial(ConstantLR, factor=1.0, total_iters=1), "loss")

    def training_step(self, batch, batch_idx):
        return self.network(batch[0]).square().mean()


BATCHES = DataLoader(TensorDataset(torch.arange(1.0, 13).reshape(6, 2)), batch_size=2)
ALL = {"at_epoch": 0, "unfreeze": "all"}
QUIET = {
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "accelerator": "cpu",
}
HALF = partial(ConstantLR, factor=0.5, total_iters=9)
MOMENTUM = partial(torch.optim.SGD, lr=0.01, momentum=0.9)


def fitted(phase, task=None, epochs=4, **trainer):
    task = task or Fitted()
    callbacks = [Plan([ALL, {"at_epoch": 2, **phase}]), *trainer.pop("callbacks", [])]
    L.Trainer(max_epochs=epochs, callbacks=callbacks, **QUIET, **trainer).fit(task, BATCHES)
    return [parameter.detach() for parameter in task.network.parameters()]


def by_hand(optimizer, change):
    task = Fitted()
    made = optimizer(task.parameters(), fused=True)  # as a run does
    for epoch in range(4):
        if epoch == 2:
            made = change(task, made)
        for batch in BATCHES:
            made.zero_grad()
            task.training_step(batch, 0).backward()
            made.step()
    return [parameter.detach() for parameter in task.network.parameters()]


def halved(task, made):
    made.param_groups[0]["lr"] /= 2
    return made


ADAM = partial(torch.optim.Adam, lr=0.1)


@pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers")
@pytest.mark.filterwarnings("ignore:The number of training batches")
@pytest.mark.parametrize(
    ("phase", "change"),
    [
        ({"optimizer": MOMENTUM}, lambda task, _: MOMENTUM(task.parameters(), fused=True)),
        ({"optimizer": ADAM}, lambda task, _: ADAM(task.parameters(), fused=True)),
        ({"scheduler": HALF}, halved),
    ],
    ids=["another optimizer", "the same without its moments", "the same with its moments at another rate"],
)
def test_steps_are_those_of_a_loop_by_hand_that_changes_the_optimizer(phase, change):
    assert all(map(torch.equal, fitted(phase), by_hand(ADAM, change)))
    task = Fitted()
    fitted(phase, task, epochs=3)
    task.network.load_state_dict(Fitted().network.state_dict())
    assert all(map(torch.equal, fitted(phase, task), by_hand(ADAM, change)))  # a second run begins with its own again


def made(*phases, max_epochs=10):
    plan = BoundPlan(nn.Sequential(nn.Linear(2, 2)), max_epochs, [ALL, *phases], (), None, 1.0, {})
    return PhaseOptimizers(plan, ADAM, partial(Cosine, max_epochs=10, warmup_epochs=3))


def test_a_schedule_that_begins_goes_over_the_epochs_that_are_left():
    found = made({"at_epoch": 4, "optimizer": MOMENTUM}, {"at_epoch": 6, "scheduler": partial(Cosine, max_epochs=10)})
    assert found.makers(0)[1].keywords["max_epochs"] == 10
    assert [found.makers(phase)[0] for phase in (0, 1, 2)] == [ADAM, MOMENTUM, MOMENTUM]
    assert [found.makers(phase)[1].keywords["max_epochs"] for phase in (1, 2)] == [6, 4]


@pytest.mark.parametrize(
    ("phase", "line"),
    [
        ({"at_epoch": 8, "optimizer": MOMENTUM}, r"phases.1.optimizer: warmup_epochs=3 is longer than the 2 epochs"),
        (
            {"after": "plateau", "optimizer": MOMENTUM},
            "phases.1.optimizer: warmup_epochs=3 is longer than the 1 epochs",
        ),
        ({"at_epoch": 4, "scheduler": partial(Cosine, max_epochs=5)}, "scheduler.max_epochs: got 5, .*the 6 epochs th"),
        (
            {"at_epoch": 4, "scheduler": partial(Cosine, warmup_epochs=-1)},
            "phases.1.scheduler: Cosine: warmup_epochs: got -1",
        ),
        (
            {"at_epoch": 4, "optimizer": partial(torch.optim.SGD, lr=-1)},
            "phases.1.optimizer: Invalid learning rate: -1",
        ),
        ({"at_epoch": 4, "optimizer": partial(dict, lr=1)}, "phases.1.optimizer: "),
        ({"at_epoch": 4, "optimizer": lambda groups: 1}, "phases.1.optimizer: makes a int, allowed: what makes an opt"),
        ({"at_epoch": 4, "scheduler": lambda optimizer: 1}, "phases.1.scheduler: makes a int, allowed: what makes a s"),
    ],
)
def test_what_cannot_be_made_is_an_error_before_the_first_step(phase, line):
    with pytest.raises(InputError, match=line):
        made(phase).check()


def test_without_a_last_epoch_a_schedule_has_to_say_where_it_ends():
    phase = {"at_epoch": 4, "scheduler": Cosine}
    with pytest.raises(InputError, match=r"phases.1.scheduler.max_epochs: the run has no last epoch"):
        made(phase, max_epochs=None).check()
    made({**phase, "scheduler": partial(Cosine, max_epochs=5)}, max_epochs=None).check()


def test_a_schedule_that_follows_scores_leaves_the_rates_unknown():
    found = made({"at_epoch": 4, "scheduler": ReduceLROnPlateau})
    assert found.rates(schedule_rates, 10, 5) is None


@pytest.mark.parametrize(
    ("phase", "start", "words"),
    [
        ({"at_epoch": 5, "optimizer": MOMENTUM}, 5, "from epoch 5: SGD, lr 0.01"),
        ({"after": "plateau", "scheduler": Cosine}, None, "from a plateau on: Cosine"),
        ({"after": "plateau", "scheduler": Cosine}, 7, "from epoch 7, or a plateau before: Cosine"),
    ],
)
def test_a_line_says_from_when_on_which(phase, start, words):
    assert optimizer_line(made(phase).plan.phases[1], start) == words


def test_a_module_that_makes_its_optimizer_itself_is_refused():
    class Own(L.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = nn.Linear(2, 1)

    with pytest.raises(InputError, match=r"phases.1: Own makes its optimizer itself, .*Optimized"):
        Plan([ALL, {"at_epoch": 2, "optimizer": ADAM}]).setup(L.Trainer(logger=False, max_epochs=4), Own(), "fit")
