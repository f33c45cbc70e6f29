import os

from torch.utils.tensorboard import SummaryWriter

from epochwise.loggers.event_files import rewind_events


def test_what_bears_the_name_of_an_event_file_and_is_none_is_left_alone(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("step/loss", 1.0, 5)
    os.mkfifo(tmp_path / "events.out.tfevents.0")  # reading it would never end
    (tmp_path / "events.out.tfevents.1").mkdir()
    before = sorted(os.listdir(tmp_path))
    rewind_events(tmp_path, {"step": 9, "epoch": 1})
    assert sorted(os.listdir(tmp_path)) == before
