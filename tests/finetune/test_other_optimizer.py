"""Whole runs with another optimizer or schedule from a phase on: cut off, gone on with, logged, refused."""

import pytest

from epochwise.commands.train import train
from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv

from tests.finetune.cut_off import STEPS, cut_and_resumed, whole_run
from tests.outcome import differences
from tests.power_cut import cut_in_batch

SGD = "{_target_:torch.optim.SGD,_partial_:true,lr:0.05,momentum:0.9}"
STEP = "{_target_:epochwise.scheduler.step.Step,_partial_:true,drop_fractions:[0.5]}"
BASE = (
    "model.hidden_sizes=[4]",
    "data.batch_size=64",
    f"trainer.limit_train_batches={STEPS}",
    "trainer.limit_val_batches=1",
    "trainer.max_epochs=6",
    "optimizer.lr=0.01",
    "finetune=plan",
    "finetune.lr_decay=0.7",
    "callbacks.last_checkpoint.every_n_steps=1",
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "name=test",
)
CHANGES = {
    "optimizer": f"{{at_epoch:0,unfreeze:head}},{{at_epoch:2,unfreeze:all,optimizer:{SGD}}}",
    "schedule": f"{{at_epoch:0,unfreeze:all}},{{at_epoch:2,scheduler:{STEP}}}",
    "both, then one": f"{{at_epoch:0,unfreeze:all}},{{at_epoch:2,optimizer:{SGD},scheduler:{STEP}}},"
    f"{{at_epoch:4,freeze:body,scheduler:{STEP}}}",
    "plateau": f"{{at_epoch:0,unfreeze:head}},{{after:plateau,unfreeze:all,optimizer:{SGD}}}",
    # What schedule-free has averaged by then goes on.
    "average": f"{{at_epoch:0,unfreeze:all}},{{at_epoch:2,optimizer:{SGD}}}",
}
SAMPLE = [
    ("optimizer", (1, "mid-epoch")),
    ("optimizer", (1, "epoch end")),
    ("optimizer", (2, "mid-epoch")),
    ("both, then one", (1, "last batch")),
    ("both, then one", (4, "mid-epoch")),
    ("schedule", (2, "last batch")),
    ("plateau", (1, "epoch end")),
    ("plateau", (3, "mid-epoch")),
    ("average", (1, "epoch end")),
]
OWN = {
    "plateau": ("finetune.patience=1", "finetune.min_delta=10.0"),  # after two epochs
    "average": ("optimizer=schedule_free", "scheduler=none"),
}


def overrides(change):
    return (*BASE, f"finetune.phases=[{CHANGES[change]}]", *OWN.get(change, ()))


@pytest.fixture(scope="module")
def wholes(tmp_path_factory, composed):
    made = {}

    def whole(change):
        if change not in made:
            made[change] = whole_run(tmp_path_factory.mktemp("whole") / "run", composed, overrides(change))
        return made[change]

    return whole


@pytest.mark.parametrize(("change", "point"), SAMPLE)
def test_a_run_cut_off_before_within_and_after_the_change_ends_as_the_uninterrupted_one(
    tmp_path, composed, wholes, change, point
):
    assert differences(cut_and_resumed(tmp_path / "run", composed, overrides(change), point), wholes(change)) == []


@pytest.mark.long
def test_in_other_batches_the_schedule_that_has_begun_keeps_its_place(tmp_path, composed):
    words = ["data.max_train_samples=300" if "limit_train" in one else one for one in overrides("optimizer")]
    with cut_in_batch(5 * 3 + 2):  # of the fourth epoch
        train(composed(*words, run_folder=tmp_path / "run"))
    train(composed(*words, "data.batch_size=32", "resume=auto", run_folder=tmp_path / "run"))
    train(composed(*words, "data.batch_size=32", run_folder=tmp_path / "whole"))
    run, whole = (
        [row["lr/head"] for row in read_epochs_csv(tmp_path / name / "epochs.csv")] for name in ("run", "whole")
    )
    assert run[3:] == whole[3:]


def test_before_the_change_a_run_is_the_one_without_it(tmp_path, composed, wholes):
    phases = CHANGES["optimizer"].replace(f",optimizer:{SGD}", "")
    without = whole_run(tmp_path / "run", composed, (*BASE, f"finetune.phases=[{phases}]"))["rows"]
    rows = wholes("optimizer")["rows"]
    assert rows[:2] == without[:2]
    assert rows[2]["train/loss"] != without[2]["train/loss"]


def test_the_log_says_what_changes_and_the_rates_of_the_schedule_that_begins_there(wholes):
    rows = wholes("both, then one")["rows"]
    assert [row["events"] for row in rows] == [None, None, "optimizer", None, "freeze schedule", "lr_drop"]
    # Each drops to a tenth over its second half: of the four epochs that were left, then of the two.
    assert [row["lr/head"] for row in rows[2:]] == pytest.approx([0.05, 0.05, 0.05, 0.005])
    assert [row["lr/body"] for row in rows[2:]] == pytest.approx([0.035, 0.035, 0, 0])
    assert [row["events"] for row in wholes("plateau")["rows"]] == [None, None, "unfreeze optimizer", None, None, None]


def test_a_dry_run_shows_the_change_and_its_rates(tmp_path, composed, capsys):
    config = composed(*overrides("both, then one"), "scheduler=none", "dry_run=true", run_folder=tmp_path)
    train(config)
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["from", "epoch", "2:", "SGD,", "lr", "0.05,", "Step"] in said
    assert ["from", "epoch", "4:", "Step"] in said
    assert ["2-3", "0.035", "0.05"] in said
    assert ["5", "frozen", "0.005"] in said


def checked_and_trained(config):
    check(config)
    train(config)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["stopping=adaptive", "scheduler=wsd"], "phases.1: stopping=adaptive drives the run's own schedule"),
        (["trainer.max_time=00:01:00:00"], "phases.1: trainer.max_time drives the run's own schedule"),
        (["+finetune.phases.1.optimizer.nestrov=true"], "finetune.phases.1.optimizer.nestrov: unknown key of SGD"),
        (["finetune.phases.1.optimizer._partial_=false"], "finetune.phases.1.optimizer: got no _target_ and _partial_"),
        (["finetune.phases.1.optimizer=sgd"], "finetune.phases.1.optimizer: got 'sgd', allowed: a node as in conf/opt"),
        (["+finetune.phases.0.scheduler=${scheduler}"], "phases.0.scheduler: the first phase has the run's own"),
    ],
)
def test_settings_that_do_not_go_together_are_one_line(tmp_path, composed, words, line):
    base = [one for one in BASE if not one.startswith("finetune")]
    plan = ("finetune=other_optimizer", "finetune.phases.1.at_epoch=2")
    with pytest.raises(InputError, match=line) as caught:
        checked_and_trained(composed(*base, *plan, *words, run_folder=tmp_path / "run"))
    assert len(caught.value.lines) == 1
    assert not (tmp_path / "run" / "config.yaml").exists()


@pytest.fixture(scope="module")
def begun(tmp_path_factory, composed):
    """A run that was cut off in its second epoch."""
    folder = tmp_path_factory.mktemp("begun") / "run"
    with cut_in_batch(STEPS + 2):
        train(composed(*overrides("optimizer"), run_folder=folder))
    return folder


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["trainer.max_epochs=8"],
            "trainer.max_epochs: got 8, but the run goes on with 6: its phases begin optimizers",
        ),
        (["optimizer.lr=0.02"], "optimizer.lr: got 0.02, but the run goes on with 0.01: its phases begin optimizers"),
        (["finetune.phases.1.optimizer.lr=0.1"], "finetune.phases: got .* but the run goes on with"),
    ],
)
def test_a_run_goes_on_with_the_optimizers_and_epochs_it_began_with(begun, composed, words, line):
    with pytest.raises(InputError, match=line) as caught:
        train(composed(*overrides("optimizer"), *words, "resume=auto", run_folder=begun))
    assert len(caught.value.lines) == 1
