"""TensorBoard's event files, taken back to an earlier point of a run."""

from collections import Counter
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

from epochwise.run.whole_file import whole_file

#: What the end of a run writes, and the end of the continued run writes again.
OF_THE_END = ("_hparams_/", "best_", "confusion_matrix/", "epoch/test/", "step/test/")
#: Where they go: readers take files in the order of their names, and this one is before all that is yet to be written.
EARLIER = "events.out.tfevents.0000000000.earlier"


def rewind_events(folder: Path, last: dict[str, int], drawn: dict[str, int] | None = None) -> None:
    """Put all events up to a point into one file, and leave out the rest, half-written ones too.

    They stand in the order of their x, which the names of the files need not follow: these hold a clock's seconds and a
    process id. An event of two files, as a process leaves them that is killed before it has removed the second, is kept
    once.

    Args:
        folder: where ``events.out.tfevents.*`` stand.
        last: axis, the first part of a tag, -> the last x that stays. What has no such tag goes by ``last["step"]``.
        drawn: score -> how many points stay at the last x of the step axis, the first ones; None for all.
    """
    files = sorted(file for file in folder.glob("events.out.tfevents.*") if file.is_file())  # no pipe, which never ends
    if not files:
        return
    version: bytes | None = None
    kept: dict[bytes, int] = {}  # record -> x; a record holds its time, so none is another's equal
    at_last: Counter[str] = Counter()
    for file in files:
        for record in RawEventFileLoader(str(file)).Load():
            event = Event.FromString(record)
            if event.HasField("file_version"):
                version = version or record  # it stands once, at the top
            elif record not in kept and _stays(event, last):
                score = event.summary.value[0].tag.removeprefix("step/") if _is_at_last_step(event, last) else ""
                at_last[score] += 1
                if not score or drawn is None or at_last[score] <= drawn.get(score, 0):
                    kept[record] = event.step
    with whole_file(folder / EARLIER, "wb") as whole:
        writer = RecordWriter(whole)
        for record in [*filter(None, [version]), *sorted(kept, key=kept.__getitem__)]:
            writer.write(record)
    for file in files:
        if file.name != EARLIER:
            file.unlink()


def _is_at_last_step(event: Event, last: dict[str, int]) -> bool:
    values = event.summary.value
    return event.step == last["step"] and len(values) > 0 and values[0].tag.startswith("step/")


def _stays(event: Event, last: dict[str, int]) -> bool:
    if not event.HasField("summary"):
        return True
    tags = [value.tag for value in event.summary.value]
    axis = tags[0].partition("/")[0] if tags else "step"
    return not any(tag.startswith(OF_THE_END) for tag in tags) and event.step <= last.get(axis, last["step"])
