import json
from time import sleep

import pytest

from epochwise.run.epoch_place import PHASES, Phases
from epochwise.run.epochs_csv import read_epochs_csv


def test_phases_add_up_to_the_epoch_and_epochs_to_the_training(trained):
    rows = read_epochs_csv(trained / "epochs.csv")
    for row in rows:
        phases = {name: row[f"seconds/{name}"] for name in PHASES}
        assert sum(phases.values()) == pytest.approx(row["seconds"], abs=1e-3)
        for name in ("data", "forward", "loss", "backward", "optimizer", "validation", "logging"):
            assert phases[name] > 0, name
    phases = json.loads((trained / "result.json").read_text())["phases"]
    assert sum(phases.values()) == pytest.approx(sum(row["seconds"] for row in rows), abs=0.01)


def test_a_second_is_counted_where_it_is_spent():
    clock = Phases()
    clock.enter("forward")
    sleep(0.05)
    clock.enter("loss")
    taken = clock.take()
    assert taken["forward"] >= 0.05 > taken["loss"]
    assert clock.take()["forward"] == 0


def test_what_an_epoch_begun_has_had_is_added_to():
    clock = Phases()
    clock.begin({"validation": 2.0})
    assert clock.so_far()["validation"] == 2.0
