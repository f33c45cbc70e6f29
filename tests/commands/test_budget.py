from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

from epochwise.commands.budget import budgeted
from epochwise.commands.train import train
from epochwise.config.check import check
from epochwise.config.continued_run import continue_run
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv

DATA = SimpleNamespace(num_samples={"train": 1257}, batch_size=64, drop_last=False)  # digits: 20 steps an epoch


@pytest.mark.parametrize(
    ("budget", "changes", "epochs"),
    [
        ("200 steps", [], 10),
        ("201 steps", [], 11),
        ("1 step", [], 1),
        ("2e4 samples", [], 16),
        ("2.5e4samples", [], 20),
        ("7 epochs", [], 7),
        ("200 steps", ["trainer.accumulate_grad_batches=2"], 20),
        ("200 steps", ["trainer.devices=2"], 20),
        ("200 steps", ["trainer.limit_train_batches=5"], 40),
    ],
)
def test_a_budget_is_so_many_whole_epochs_and_schedules_follow_it(composed, budget, changes, epochs):
    config, notes = budgeted(composed(f"budget='{budget}'", *changes), DATA)
    assert config.trainer.max_epochs == config.scheduler.max_epochs == epochs
    assert config.budget is None
    assert notes[0].startswith(f"budget={budget}: {epochs} epochs")


def test_without_a_budget_nothing_changes(composed):
    config = composed("trainer.max_epochs=3")
    assert budgeted(config, DATA) == (config, [])


@pytest.mark.parametrize("given", ["90 parsecs", "steps", "-3 steps", "1e6", "90min"])
def test_what_is_no_count_with_a_unit_is_refused_before_anything_is_imported(composed, given):
    with pytest.raises(InputError, match=r"budget: got .* allowed: a count with its unit: 20000 steps, 2e6 samples"):
        check(composed(f"budget='{given}'"))


def test_settings_are_held_against_the_epochs_that_it_makes(composed):
    small = composed("budget='100 steps'", "stopping.patience=10")
    assert not any("patience" in note for note in check(small))  # how many epochs these are is not known yet
    assert any("cannot end a run before trainer.max_epochs=5" in note for note in budgeted(small, DATA)[1])
    with pytest.raises(InputError, match=r"scheduler.warmup_epochs: got 6, allowed: below trainer.max_epochs=5"):
        budgeted(composed("budget='100 steps'", "scheduler.warmup_epochs=6"), DATA)


def test_a_number_of_devices_that_is_not_given_is_asked_for(composed):
    with pytest.raises(InputError, match=r"trainer.devices: got 'auto', allowed with a budget: a number"):
        budgeted(composed("budget='100 steps'", "trainer.devices=auto"), DATA)


def test_a_run_trains_that_many_and_keeps_them_in_its_config(tmp_path, composed, capsys):
    quick = ("~callbacks.model_summary", "~callbacks.progress_bar", "name=test", "model.hidden_sizes=[8]")
    train(composed("budget='50 steps'", *quick, run_folder=tmp_path))
    assert [row["step"] for row in read_epochs_csv(tmp_path / "epochs.csv")] == [20, 40, 60]
    kept = OmegaConf.load(tmp_path / "config.yaml")
    assert (kept.budget, kept.trainer.max_epochs, kept.scheduler.max_epochs) == (None, 3, 3)
    assert "budget=50 steps: 3 epochs of 20 steps" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"budget: a run that goes on takes trainer.max_epochs"):
        continue_run([f"run={tmp_path}", "budget=100 steps"])
    with pytest.raises(InputError, match=r"extend: .*set trainer.max_epochs"):
        continue_run([f"run={tmp_path}", "extend=hold"])
