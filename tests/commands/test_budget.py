import json
from types import SimpleNamespace

import pytest
from lightning.pytorch.callbacks import timer
from omegaconf import OmegaConf

from epochwise.command_line.continued_run import continue_run
from epochwise.commands.budget import budgeted
from epochwise.commands.train import train
from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.run.stopper import Pace
from epochwise.task.classification import Classification

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
        ("7epochs", [], 7),
        ("1e1epochs", [], 10),
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


@pytest.mark.parametrize("given", ["90 parsecs", "steps", "-3 steps", "1e6", "90m", "min"])
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


@pytest.mark.parametrize(
    ("budget", "max_time"),
    [("90s", "00:00:01:30"), ("90min", "00:01:30:00"), ("1.5h", "00:01:30:00"), ("36 h", "01:12:00:00")],
)
def test_a_budget_of_time_is_a_bound_beside_the_epochs(composed, budget, max_time):
    asked = composed(f"budget='{budget}'", "stopping=adaptive", "trainer.max_epochs=500")
    assert check(asked) == []
    config, (said,) = budgeted(asked, DATA)
    assert (config.budget, config.trainer.max_time, config.trainer.max_epochs) == (None, max_time, 500)
    assert "or after trainer.max_epochs=500, whichever comes first" in said
    assert check(config) == []


def test_a_budget_of_no_time_is_refused(composed):
    with pytest.raises(InputError, match="budget: got '0s', allowed: at least 1s"):
        budgeted(composed("budget=0s", "scheduler=none"), DATA)


@pytest.fixture
def clock(monkeypatch):
    """In the place of the one that Lightning's Timer reads: an epoch of 5 steps takes 10 s."""
    made = SimpleNamespace(now=0.0)
    monkeypatch.setattr(timer, "time", SimpleNamespace(monotonic=lambda: made.now))
    learn = Classification.training_step

    def step(self, *args):
        made.now += 2.0
        return learn(self, *args)

    monkeypatch.setattr(Classification, "training_step", step)
    return made


SMALL = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test")
TIMED = (
    *SMALL,
    "~callbacks.train_eval",
    "~loggers.tensorboard",
    "data.batch_size=256",
    "model.hidden_sizes=[8]",
    "trainer.max_epochs=100",
)


@pytest.mark.long
def test_adaptive_cools_down_in_time_to_end_with_the_budget(tmp_path, composed, clock):
    slow = ("stopping=adaptive", "optimizer.lr=1e-4")  # has not levelled off by then
    train(composed(*TIMED, *slow, "budget=150s", run_folder=tmp_path))
    rows = read_epochs_csv(tmp_path / "epochs.csv")
    begun = next(row["epoch"] for row in rows if row["events"] == "cooldown")
    assert (begun, len(rows)) == (9, 14)  # of 15 that there was time for: one to spare
    assert rows[-1]["lr"] < rows[begun - 1]["lr"] / 5
    reason = json.loads((tmp_path / "result.json").read_text())["reason"]
    assert reason.startswith("trainer.max_time was near by epoch 8")
    assert reason.endswith("cooled down from epoch 9 to 13")
    with pytest.raises(
        InputError, match=r"trainer.max_time: got 00:00:05:00, but the schedule \(WSD\) went with 00:00:02"
    ):
        train(composed(*TIMED, *slow, "trainer.max_time=00:00:05:00", "resume=auto", run_folder=tmp_path))
    more = ("trainer.max_time=00:00:05:00", "trainer.max_epochs=200", "extend=stretch", "resume=auto")
    train(composed(*TIMED, *slow, *more, run_folder=tmp_path))
    assert len(read_epochs_csv(tmp_path / "epochs.csv")) == 29  # of 30 that there was time for


def test_a_cool_down_that_the_clock_cuts_short_says_so(tmp_path, composed, clock, monkeypatch):
    monkeypatch.setattr(Pace, "epochs_in_time", lambda self, trainer: 15)  # and then epochs take longer
    train(composed(*TIMED, "stopping=adaptive", "optimizer.lr=1e-4", "budget=120s", run_folder=tmp_path))
    reason = json.loads((tmp_path / "result.json").read_text())["reason"]
    said = "trainer.max_time=00:00:02:00 was over in epoch 11, and cut the cool-down short that began with epoch 9"
    assert reason == said


def test_the_clock_goes_on_where_a_run_does(tmp_path, composed, clock):
    words = (*TIMED, "scheduler=none", "stopping=none", "budget=100s")
    train(composed(*words, "+trainer.max_steps=25", run_folder=tmp_path))  # 50 s
    clock.now = 7000.0  # another process, much later
    train(composed(*words, "+trainer.max_steps=-1", "resume=auto", run_folder=tmp_path))
    rows = read_epochs_csv(tmp_path / "epochs.csv")
    assert len(rows) == 10
    said = "trainer.max_time=00:00:01:40 was over in epoch 9"
    assert json.loads((tmp_path / "result.json").read_text())["reason"] == said
    train(composed(*words, "+trainer.max_steps=-1", "resume=auto", run_folder=tmp_path))  # none is left
    assert len(read_epochs_csv(tmp_path / "epochs.csv")) == 10


@pytest.mark.long
@pytest.mark.parametrize(
    "choice", ["cosine", "wsd_long", *(pytest.param(name, marks=pytest.mark.ranks) for name in ("one_cycle", "step"))]
)
def test_a_schedule_over_epochs_goes_with_the_time(tmp_path, composed, clock, choice):
    words = [*TIMED, f"scheduler={choice}", "stopping=none"]
    train(composed(*words, "trainer.max_epochs=12", run_folder=tmp_path / "epochs"))
    clock.now = 0.0
    train(composed(*words, "budget=120s", "trainer.max_epochs=120", run_folder=tmp_path / "time"))  # 12 of the epochs
    by_epochs, by_time = (read_epochs_csv(tmp_path / name / "epochs.csv") for name in ("epochs", "time"))
    assert len(by_time) == 12
    rates = [row["lr"] for row in by_epochs]
    if choice in ("cosine", "wsd_long"):  # a twelfth of the run is the warm-up of one, a 120th that of the other
        by_epochs, by_time, rates = by_epochs[2:], by_time[2:], rates[2:]
    assert [row["lr"] for row in by_time] == pytest.approx(rates, abs=0.12 * max(rates))
    assert by_time[-1]["lr"] < by_time[1]["lr"] / 2
    begun = [[row["epoch"] for row in rows if row["events"] == "cooldown"] for rows in (by_epochs, by_time)]
    assert begun == ([[8], [8]] if choice == "wsd_long" else [[], []])


def test_a_schedule_ends_with_the_epochs_where_these_end_before_the_time(tmp_path, composed, clock):
    words = (*TIMED, "trainer.max_epochs=4", "stopping=none")
    train(composed(*words, run_folder=tmp_path / "without"))
    train(composed(*words, "+trainer.max_time=00:10:00:00", run_folder=tmp_path / "with"))
    without, with_ = (read_epochs_csv(tmp_path / name / "epochs.csv") for name in ("without", "with"))
    assert [row["lr"] for row in with_] == [row["lr"] for row in without]
    assert [row["val/loss"] for row in with_] == [row["val/loss"] for row in without]


def test_a_schedule_that_goes_with_the_time_says_so_and_goes_on_where_the_run_does(tmp_path, composed, clock):
    words = (*TIMED, "stopping=none", "budget=100s")
    (note,) = check(composed(*TIMED, "stopping=none", "+trainer.max_time=00:00:01:40"))
    said = "the schedule (Cosine) goes with the time, of which its 100 epochs are equal shares"
    assert note == f"trainer.max_time=00:00:01:40: {said}"
    train(composed(*words, run_folder=tmp_path / "whole"))
    clock.now = 0.0
    train(composed(*words, "+trainer.max_steps=25", run_folder=tmp_path / "cut"))
    clock.now = 7000.0
    train(composed(*words, "+trainer.max_steps=-1", "resume=auto", run_folder=tmp_path / "cut"))
    whole, cut = (read_epochs_csv(tmp_path / name / "epochs.csv") for name in ("whole", "cut"))
    assert [row["lr"] for row in cut] == pytest.approx([row["lr"] for row in whole], rel=0.05, abs=1e-6)
    with pytest.raises(InputError, match=r"trainer.max_time: got 00:00:05:00, but the schedule \(Cosine\) went with"):
        train(
            composed(
                *TIMED, "stopping=none", "trainer.max_time=00:00:05:00", "resume=auto", run_folder=tmp_path / "cut"
            )
        )
