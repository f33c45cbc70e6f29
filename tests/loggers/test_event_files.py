import os

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

from epochwise.loggers.tensorboard import rewind_events


def life(folder, steps, name):
    """Write what one life of a run writes, under a name of its own."""
    with SummaryWriter(str(folder / "new")) as writer:
        for step in steps:
            writer.add_scalar("step/loss", float(step), step)
    (file,) = (folder / "new").iterdir()
    file.rename(folder / f"events.out.tfevents.{name}")


def steps_of(folder):
    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    reader.Reload()
    return [event.step for event in reader.Scalars("step/loss")]


def test_what_bears_the_name_of_an_event_file_and_is_none_is_left_alone(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("step/loss", 1.0, 5)
    os.mkfifo(tmp_path / "events.out.tfevents.0")  # reading it would never end
    (tmp_path / "events.out.tfevents.1").mkdir()
    rewind_events(tmp_path, {"step": 9, "epoch": 1})
    assert (tmp_path / "events.out.tfevents.0").is_fifo()
    assert (tmp_path / "events.out.tfevents.1").is_dir()


def test_events_of_two_lives_are_one_file_without_what_is_trained_again(tmp_path):
    life(tmp_path, [1, 2, 3, 4], "1700000000.host.10.0")
    life(tmp_path, [3, 4, 5], "1700000001.host.11.0")
    rewind_events(tmp_path, {"step": 2, "epoch": 1})
    assert steps_of(tmp_path) == [1, 2]
    assert len(list(tmp_path.glob("events*"))) == 1


def test_one_that_was_killed_before_it_removed_what_it_had_joined_leaves_no_point_twice(tmp_path, monkeypatch):
    life(tmp_path, [1, 2], "1700000000.host.10.0")
    life(tmp_path, [3, 4], "1700000001.host.11.0")
    with monkeypatch.context() as killed:
        killed.setattr("pathlib.Path.unlink", lambda *_, **__: None)
        rewind_events(tmp_path, {"step": 4, "epoch": 1})
    rewind_events(tmp_path, {"step": 4, "epoch": 1})
    assert steps_of(tmp_path) == [1, 2, 3, 4]


def test_of_several_points_at_the_last_step_those_stay_that_the_checkpoint_counts(tmp_path):
    life(tmp_path, [1, 2, 2], "1700000000.host.10.0")  # validated, kept, and validated before the next step
    rewind_events(tmp_path, {"step": 2, "epoch": 0}, {"loss": 1})
    assert steps_of(tmp_path) == [1, 2]
    rewind_events(tmp_path, {"step": 2, "epoch": 0}, {})
    assert steps_of(tmp_path) == [1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1700000000.host.9999.0", "1700000000.host.10000.0"),  # both within a second
        ("1700000000.host.10.9", "1700000000.host.10.10"),
        ("1700000005.host.10.0", "1700000002.host.11.0"),  # the clock was set back
    ],
)
def test_points_stand_in_the_order_of_their_steps_whatever_the_names_of_the_files(tmp_path, first, second):
    life(tmp_path, [1, 2], first)
    life(tmp_path, [3, 4], second)
    rewind_events(tmp_path, {"step": 4, "epoch": 1})
    assert steps_of(tmp_path) == [1, 2, 3, 4]


def test_a_life_that_begins_in_the_second_of_the_one_before_is_read_after_it(tmp_path):
    life(tmp_path, [1, 2], "1700000000.host.9999.0")
    rewind_events(tmp_path, {"step": 4, "epoch": 1})
    life(tmp_path, [3, 4], "1700000000.host.10000.0")
    assert steps_of(tmp_path) == [1, 2, 3, 4]
