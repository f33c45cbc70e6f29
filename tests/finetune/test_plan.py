from types import SimpleNamespace

import lightning as L
import pytest
import torch

from epochwise.commands.train import train
from epochwise.finetune.plan import Plan
from epochwise.input_error import InputError
from epochwise.model.small_resnet import SmallResNet
from epochwise.run.epochs_csv import read_epochs_csv

from tests.finetune.cut_off import BASE, cut_and_resumed, settings, whole_run
from tests.outcome import differences

#: A few of all; tests/faults/test_finetune.py has 18 points x 10 combinations.
SAMPLE = [
    ((1, "epoch end"), ("sgd", "plateau")),
    ((3, "last batch"), ("sgd", "plateau")),
    ((2, "mid-epoch"), ("adamw", "one_cycle")),
    ((4, "mid-epoch"), ("adamw", "one_cycle")),
]


@pytest.fixture(scope="module")
def wholes(tmp_path_factory, composed):
    made = {}

    def whole(name):
        if name not in made:
            made[name] = whole_run(tmp_path_factory.mktemp("whole") / "run", composed, settings(*name))
        return made[name]

    return whole


@pytest.mark.long
@pytest.mark.parametrize(("point", "name"), SAMPLE)
def test_a_run_cut_off_in_any_phase_ends_as_the_uninterrupted_one(tmp_path, composed, wholes, point, name):
    whole = wholes(name)
    assert differences(cut_and_resumed(tmp_path / "run", composed, settings(*name), point), whole) == []


def test_rows_say_who_trains_and_at_what_rate(wholes):
    rows = wholes(("adamw", "one_cycle"))["rows"]
    assert [row["events"] for row in rows] == [None, None, "unfreeze", None, "unfreeze freeze", None]
    trains = {name: [row[f"lr/{name}"] > 0 for row in rows] for name in ("stem", "stage1", "stage2", "stage3", "head")}
    assert trains == {
        "stem": [False] * 4 + [True] * 2,
        "stage1": [False] * 4 + [True] * 2,
        "stage2": [False] * 2 + [True] * 4,
        "stage3": [False, False, True, True, False, False],
        "head": [True] * 6,
    }
    assert rows[-1]["lr/stage2"] == pytest.approx(0.7**2 * rows[-1]["lr/head"])


def weights(folder, name="last"):
    kept = torch.load(folder / f"checkpoints/{name}.ckpt", weights_only=True)["state_dict"]
    return {key.removeprefix("network."): value for key, value in kept.items()}


def test_what_is_frozen_keeps_its_weights_and_statistics_and_the_rest_does_not(tmp_path, composed):
    for epochs, folder in ((1, tmp_path / "one"), (2, tmp_path / "two")):
        plan = ["finetune=head", f"trainer.max_epochs={epochs}", "scheduler=none"]
        train(composed(*(one for one in BASE if "finetune" not in one), *plan, run_folder=folder))
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert {name.partition(".")[0] for name in one if not torch.equal(one[name], two[name])} == {"head"}


def test_frozen_batchnorm_may_go_by_the_batch(tmp_path, composed):
    plan = ["finetune=head", "trainer.max_epochs=1", "finetune.frozen_mode=train"]
    train(composed(*(one for one in BASE if "finetune" not in one), *plan, run_folder=tmp_path))
    assert weights(tmp_path)["stem.1.num_batches_tracked"] == 3


def test_patience_counts_from_the_last_phase_on(tmp_path, composed):
    stops = ["stopping.patience=1", "optimizer.lr=1e-9", "stopping.min_delta=1.0", "scheduler=none"]
    plan = ["finetune.phases=[{at_epoch:0,unfreeze:head},{at_epoch:4,unfreeze:all}]", "trainer.max_epochs=9"]
    train(composed(*(one for one in BASE if "phases" not in one), *plan, *stops, run_folder=tmp_path))
    assert len(read_epochs_csv(tmp_path / "epochs.csv")) == 5


PLATEAU = (
    "finetune.phases=[{at_epoch:0,unfreeze:head},{after:plateau,unfreeze:-2},{after:plateau,unfreeze:all}]",
    "finetune.patience=2",
    "finetune.min_delta=10.0",
    "trainer.max_epochs=7",
    "scheduler=none",
    "stopping.patience=1",
    "stopping.min_delta=10.0",
)


def test_a_phase_may_wait_for_a_plateau_and_stays_begun_after_a_resume(tmp_path, composed):
    overrides = [*(one for one in BASE if "phases" not in one), *PLATEAU]
    whole = whole_run(tmp_path / "whole", composed, overrides)
    # With such a min_delta only a phase's first epoch improves; two more make a plateau. Then patience 1 ends the run.
    events = [row["events"] for row in whole["rows"]]
    assert events == [None, None, None, "unfreeze", None, None, "unfreeze stop"]
    assert differences(cut_and_resumed(tmp_path / "run", composed, overrides, (3, "mid-epoch")), whole) == []


def test_what_is_unfrozen_trains_as_a_layer_that_never_was_frozen():
    network = SmallResNet((1, 8, 8), 3, widths=[2, 4])
    plan = Plan([{"at_epoch": 0, "unfreeze": "head"}, {"at_epoch": 1, "unfreeze": "all"}])
    trainer = L.Trainer(logger=False, accelerator="cpu", max_epochs=2)
    plan.setup(trainer, SimpleNamespace(network=network, parameter_groups=None), "fit")
    trainer.optimizers = [torch.optim.SGD(network.parameters(), lr=1.0)]
    plan.on_train_start(trainer, None)
    assert [module.training for module in (network.stem, network.stem[1], network.head)] == [False, False, True]
    trainer.fit_loop.epoch_progress.current.completed = 1
    plan.on_train_epoch_start(trainer, None)
    assert all(module.training for module in network.modules())


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["finetune=head", "finetune.frozen=[]"], r"finetune.phases: no phase names 'stem.0.weight' and 26 more"),
        (["finetune=head", "finetune.frozen=bakcbone"], r"finetune.frozen: 'bakcbone' matches .* 'backbone'\?"),
        (["finetune=two_phase", "trainer.max_epochs=5"], r"phases.1.at_epoch: got 5, allowed: below trainer.max_ep"),
        (["finetune=gradual", "trainer.max_epochs=5"], r"one_stage_every_n_epochs: got 2, but 'stage1' would begin"),
        (["finetune=layerwise", "+finetune.lr_scales={stme:0.1}"], r"finetune.lr_scales.stme: 'stme' matches no param"),
    ],
)  # fmt: skip
def test_a_plan_that_does_not_fit_is_an_error_before_the_first_step(tmp_path, composed, overrides, line):
    base = [one for one in BASE if "finetune" not in one]
    with pytest.raises(InputError, match=line):
        train(composed(*base, *overrides, run_folder=tmp_path / "run"))
    assert not (tmp_path / "run" / "config.yaml").exists()


def test_a_module_without_parameters_is_refused():
    with pytest.raises(InputError, match="finetune: LightningModule has no parameters to train"):
        Plan([{"at_epoch": 0, "unfreeze": "all"}]).setup(L.Trainer(logger=False), L.LightningModule(), "fit")
