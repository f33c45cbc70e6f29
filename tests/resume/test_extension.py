"""A finished run that is given more epochs."""

import shlex
import shutil

import pytest
from omegaconf import OmegaConf

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.resume.extension import extended
from epochwise.run.epochs_csv import read_epochs_csv

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test")
BASE = ("data.batch_size=128", "model.hidden_sizes=[16]", *QUICK)  # 10 steps an epoch


@pytest.fixture(scope="module")
def finished(tmp_path_factory, composed):
    """Runs of four epochs, made once for each schedule, copied for each that goes on with one."""
    made = {}

    def copy(schedule, *overrides):
        key = (schedule, *overrides)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("finished") / "run"
            train(composed(*BASE, "trainer.max_epochs=4", f"scheduler={schedule}", *overrides, run_folder=made[key]))
        folder = tmp_path_factory.mktemp("extended") / "run"
        shutil.copytree(made[key], folder)
        return folder

    return copy


def go_on(composed, folder, schedule, *overrides):
    words = (*BASE, f"scheduler={schedule}", "trainer.max_epochs=8", "resume=auto", *overrides)
    train(composed(*words, run_folder=folder))
    return [row["lr"] for row in read_epochs_csv(folder / "epochs.csv")]


@pytest.mark.parametrize(
    ("schedule", "modes"),
    [("cosine", ["stretch", "hold", "restart"]), ("step", ["stretch", "hold"]), ("one_cycle", ["stretch"])],
)
def test_a_schedule_that_was_tied_to_the_budget_is_asked_for(finished, composed, schedule, modes):
    folder = finished(schedule)
    before = sorted(path.name for path in folder.rglob("*"))
    with pytest.raises(InputError) as asked:
        go_on(composed, folder, schedule)
    head, *lines = asked.value.lines
    assert "ends with epoch 4 of before, not 8; choose one:" in head
    command = ["python", "train.py", f"run={folder}", "trainer.max_epochs=8"]
    assert [shlex.split(line, comments=True) for line in lines] == [[*command, f"extend={mode}"] for mode in modes]
    assert all("in epoch 4, " in line and "in epoch 7" in line for line in lines)
    assert sorted(path.name for path in folder.rglob("*")) == before


@pytest.mark.parametrize(
    "schedule", ["cosine", *(pytest.param(name, marks=pytest.mark.ranks) for name in ("step", "one_cycle"))]
)
def test_stretched_the_rates_go_on_as_those_of_a_run_that_was_planned_so(tmp_path, finished, composed, schedule):
    train(composed(*BASE, "trainer.max_epochs=8", f"scheduler={schedule}", run_folder=tmp_path / "planned"))
    planned = [row["lr"] for row in read_epochs_csv(tmp_path / "planned/epochs.csv")]
    rates = go_on(composed, finished(schedule), schedule, "extend=stretch")
    assert len(rates) == 8
    assert rates[4:] == pytest.approx(planned[4:])


def test_held_a_rate_stays_where_the_schedule_ended(finished, composed):
    rates = go_on(composed, finished("step"), "step", "extend=hold")
    assert rates[4:] == pytest.approx([rates[3]] * 4)


def test_restarted_the_schedule_comes_once_more_over_the_epochs_added(finished, composed):
    rates = go_on(composed, finished("cosine"), "cosine", "extend=restart")
    assert rates[4:] == pytest.approx(rates[:4])


def test_an_extended_run_that_is_cut_off_goes_on_by_its_own_config_and_can_be_extended_again(finished, composed):
    folder = finished("cosine")
    rates = go_on(composed, folder, "cosine", "extend=restart")
    config = OmegaConf.load(folder / "config.yaml")
    assert (config.extend, config.scheduler.restart_at_epoch, config.scheduler.then.max_epochs) == (None, 4, 4)
    longer = OmegaConf.merge(config, {"trainer": {"max_epochs": 10}, "extend": "stretch", "run_folder": "x"})
    assert extended(longer, config).scheduler.then.max_epochs == 6
    assert extended(config, config) is config
    assert rates == [row["lr"] for row in read_epochs_csv(folder / "epochs.csv")]


@pytest.mark.parametrize("schedule", ["none", pytest.param("plateau", marks=pytest.mark.ranks)])
def test_a_schedule_without_an_end_goes_on_unasked(finished, composed, schedule):
    assert len(go_on(composed, finished(schedule), schedule)) == 8


def test_what_is_not_possible_with_a_schedule_is_refused_with_what_is(finished, composed):
    with pytest.raises(InputError, match=r"extend: got 'restart', but the schedule \(Step\)"):
        go_on(composed, finished("step"), "step", "extend=restart")


def test_a_run_that_had_stopped_early_has_all_its_patience_for_the_epochs_that_were_added(finished, composed):
    early = ("stopping.patience=2", "stopping.min_delta=9")  # no score is ever better than the first
    folder = finished("none", *early)
    assert read_epochs_csv(folder / "epochs.csv")[-1]["events"] == "stop"
    assert len(go_on(composed, folder, "none", *early)) == 5  # epochs 0 to 2, then 3 and 4


def test_a_run_of_before_every_network_had_the_key_of_its_weights_goes_on(finished, composed):
    folder = finished("none")
    config = OmegaConf.load(folder / "config.yaml")
    del config.model.pretrained
    OmegaConf.save(config, folder / "config.yaml")
    assert len(go_on(composed, folder, "none")) == 8
