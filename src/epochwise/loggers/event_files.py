"""TensorBoard's event files, taken back to an earlier point of a run."""

from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

from epochwise.run.whole_file import whole_file

#: What the end of a run writes, and the end of the continued run writes again.
OF_THE_END = ("_hparams_/", "best_", "confusion_matrix/", "epoch/test/", "step/test/")


def rewind_events(folder: Path, last: dict[str, int]) -> None:
    """Put all events up to a point into one file, and leave out the rest, half-written ones too.

    Args:
        folder: where ``events.out.tfevents.*`` stand; their order in time is that of their names.
        last: axis, the first part of a tag, -> the last x that stays. What has no such tag goes by ``last["step"]``.
    """
    files = sorted(file for file in folder.glob("events.out.tfevents.*") if file.is_file())  # no pipe, which never ends
    if not files:
        return
    with whole_file(files[0], "wb") as whole:
        writer = RecordWriter(whole)
        for index, file in enumerate(files):
            for record in RawEventFileLoader(str(file)).Load():
                event = Event.FromString(record)
                if event.HasField("file_version") and index > 0:
                    continue  # it stands once, at the top
                if event.HasField("summary"):
                    tags = [value.tag for value in event.summary.value]
                    if any(tag.startswith(OF_THE_END) for tag in tags):
                        continue
                    axis = tags[0].partition("/")[0] if tags else "step"
                    if event.step > last.get(axis, last["step"]):
                        continue
                writer.write(record)
    for file in files[1:]:
        file.unlink()
