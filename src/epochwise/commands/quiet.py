"""What Lightning says that helps nobody here."""

import logging
import warnings

NOISE = (
    ".*does not have many workers.*",  # data in memory needs none, and workers are a setting of the data
    ".*isinstance\\(treespec, LeafSpec\\).*",  # Lightning 2.6 on torch 2.12 and later: not for the user to mend
    ".*is not supported by the model summary.*",  # its estimate of the size in memory is all it means
    ".*resuming from a checkpoint that ended before the epoch ended.*",  # the order of batches follows from their place
    ".*is smaller than the logging interval.*",  # every epoch is a point here, whatever the interval
    ".*`srun` command is available.*",  # where a cluster can be reached, and a run is not for it
    ".*could not find the monitored key.*",  # an epoch that the run's end cut short has no validation
    ".*callbacks used to create the checkpoint need to be provided.*",  # one was dropped where the run went on
    ".*Checkpoint directory .* exists and is not empty.*",  # the run folder is ours
)


def quiet() -> None:
    """Leave out Lightning's notes on what hardware there is, and warnings that are false in this project."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in NOISE:
        warnings.filterwarnings("ignore", message=message)
