"""The scores over counts for TensorBoard."""

import time
from pathlib import Path
from typing import Any

from epochwise.run.whole_file import whole_file

#: Always the same: the points of a ladder that was climbed further take the place of those before.
FILE = "events.out.tfevents.0.counts"


def write_count_points(document: dict[str, Any], folder: Path) -> None:
    """Write each score at the end of a run as a point ``count/<name>`` at x = count of epochs, mean and each seed.

    Args:
        document: see ``counts_document``.
        folder: of the event file; made where it is absent.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    lines = {f"count/{document['monitor']}": document["mean"], "count/stderr": document["stderr"]}
    for name, scores in document["scores"].items():
        lines |= {f"count/{name}/seed={seed}": row for seed, row in zip(document["seeds"], scores, strict=True)}
    now = time.time()
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / FILE, "wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=now, file_version="brain.Event:2").SerializeToString())
        for tag, values in lines.items():
            for count, value in zip(document["counts"], values, strict=True):
                if value is not None:
                    point = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
                    writer.write(Event(wall_time=now, step=count, summary=point).SerializeToString())
