"""Which of a distributed run's processes this is."""

import os
import sys

from epochwise.config.hydra_arguments import parse_arguments


def is_first_process() -> bool:
    """Whether this is the first process of a run; it alone speaks and writes."""
    return all(os.environ.get(rank, "0") == "0" for rank in ("RANK", "LOCAL_RANK"))


def share_the_run_folder() -> None:
    """Keep the other processes of a distributed run from making run folders of their own."""
    if is_first_process():
        return
    given = parse_arguments(sys.argv[1:]).overrides
    # Behind the last override, as the last word counts; not behind a flag, where argparse takes no override.
    end = len(sys.argv) - sys.argv[::-1].index(given[-1]) if given else 1
    # One that goes on must find the checkpoint which the first process finds.
    continues = any(word.lstrip("+") == "resume=auto" for word in given)
    sys.argv[end:end] = ["hydra.run.dir=."] * (not continues) + ["hydra.output_subdir=null"]
