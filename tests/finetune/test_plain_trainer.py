"""The fine-tuning plan in a Trainer of one's own, with modules that know nothing of it."""

import lightning as L
import pytest
from torch.optim import SGD

from epochwise.callbacks.last_checkpoint import LastCheckpoint
from epochwise.callbacks.run_folder import RunFolder
from epochwise.finetune.applied_plan import parameter_groups
from epochwise.finetune.plan import Plan
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.stopping.early import Early

from tests.plain_modules import EXPECTED, Kill, KilledError, Stages, epochs_of, loader, trainer

pytestmark = pytest.mark.filterwarnings(*EXPECTED)


@pytest.fixture(autouse=True)
def _seed():
    L.seed_everything(0, verbose=False)


PHASES = [{"at_epoch": 0, "unfreeze": "head"}, {"at_epoch": 2, "unfreeze": "all"}]


def weights(module):
    return {name: weight.detach().clone() for name, weight in module.named_parameters()}


def test_a_plan_freezes_a_module_of_ones_own_until_its_epoch(tmp_path):
    module = Stages(lambda self: SGD(self.parameters(), lr=0.1))
    seen = []

    class Look(L.Callback):
        def on_train_epoch_end(self, trainer, pl_module):
            seen.append((weights(pl_module), pl_module.norm.training))

    start = weights(module)
    folder = RunFolder(tmp_path / "run")
    epochs_of(tmp_path, module, Plan(PHASES), Look(), folder, max_epochs=4)
    moved = [{name.partition(".")[0] for name in start if not now[name].equal(before[name])}
             for (now, _), before in zip(seen, [start, *(one for one, _ in seen)], strict=False)]  # fmt: skip
    assert moved == [{"head"}, {"head"}, {"backbone", "norm", "head"}, {"backbone", "norm", "head"}]
    assert [row["events"] for row in read_epochs_csv(tmp_path / "run/epochs.csv")] == [None, None, "unfreeze", None]


def test_a_plan_goes_on_in_its_phase_and_tells_the_stopping(tmp_path):
    def fit(*more, ckpt_path=None):
        L.seed_everything(0, verbose=False)
        module, early = Stages(lambda self: SGD(self.parameters(), lr=0.1)), Early("val_loss", "min", patience=4)
        run = trainer(tmp_path, Plan(PHASES), early, LastCheckpoint(tmp_path), *more, max_epochs=5)
        run.fit(module, loader(), loader(), ckpt_path=ckpt_path)
        return module, early

    whole, early = fit()
    assert early.anew_epoch == 2
    with pytest.raises(KilledError):
        fit(Kill(3, 1))
    rest, _ = fit(ckpt_path=tmp_path / "last.ckpt")
    assert all(weight.equal(weights(whole)[name]) for name, weight in weights(rest).items())


def test_rates_by_stage_are_those_of_the_plan(tmp_path):
    module = Stages(lambda self: SGD(parameter_groups(self, lr=0.1), lr=0.1))
    folder = RunFolder(tmp_path / "run")
    epochs_of(tmp_path, module, Plan(PHASES, lr_decay=0.5), folder, max_epochs=3)
    rows = read_epochs_csv(tmp_path / "run/epochs.csv")
    assert [(row["lr/stem"], row["lr/head"]) for row in rows] == [(0.0, 0.1), (0.0, 0.1), (0.05, 0.1)]


@pytest.mark.parametrize(
    ("parameters", "plan", "line"),
    [
        (lambda self: self.head.parameters(), {}, "Stages.configure_optimizers leaves out 'backbone.weight'"),
        (lambda self: self.parameters(), {"lr_decay": 0.5}, r"need the plan's groups in Stages.* parameter_groups"),
        (lambda self: self.parameters(), {"cache_features": True}, "cache_features: Stages has no 'network'"),
        (lambda self: self.parameters(), {"frozen": "haed"}, "'haed' matches no parameter; .*'head'"),
    ],
)
def test_what_a_plan_needs_of_the_module_is_one_line(tmp_path, parameters, plan, line):
    module = Stages(lambda self: SGD(parameters(self), lr=0.1))
    with pytest.raises(InputError, match=line):
        epochs_of(tmp_path, module, Plan(PHASES, **plan))


def test_a_plan_serves_another_module_after_the_first(tmp_path):
    plan = Plan(PHASES)
    for _ in range(2):
        module = Stages(lambda self: SGD(self.parameters(), lr=0.1))
        epochs_of(tmp_path, module, plan, max_epochs=3)
        assert all(weight.requires_grad for weight in module.parameters())
