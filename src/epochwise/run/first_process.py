"""Which of the processes of a run speaks and writes."""

import os


def is_first_process() -> bool:
    """Whether this is the first process of a run, as torchrun, Lightning or ``srun`` say by variables.

    Where torchrun or Lightning say nothing it is ``srun``, as Lightning's ``SLURMEnvironment`` takes it: SLURM's own
    shells (jobs of the name ``bash`` or ``interactive``) say nothing of a run.
    """
    if found := [os.environ[rank] for rank in ("RANK", "LOCAL_RANK") if rank in os.environ]:
        return all(rank == "0" for rank in found)
    return not by_srun() or os.environ.get("SLURM_PROCID", "0") == "0"


def by_srun() -> bool:
    """Whether ``srun`` started the processes of this run."""
    return "SLURM_NTASKS" in os.environ and os.environ.get("SLURM_JOB_NAME") not in ("bash", "interactive")
