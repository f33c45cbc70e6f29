"""A run that begins with the end of another one."""

import os
import shutil
from pathlib import Path
from time import monotonic, sleep

from omegaconf import DictConfig

from epochwise.device.sharded_checkpoint import link_checkpoint
from epochwise.input_error import InputError
from epochwise.run.first_process import is_first_process
from epochwise.run.run_folder import RunLock, link_file
from epochwise.sweep.job import JobRecord
from epochwise.sweep.read_jobs import read_result

#: What each run writes anew.
OF_ITS_OWN = ("config.yaml", "epochs.csv", "job.json", "plan.json", "result.json", "checkpoints", "predictions")
WAIT = 0.2  # seconds between two looks
GONE = 60.0  # seconds that nobody holds the folder of a job which says that it runs: one that begins soon does


def branch_off(config: DictConfig) -> None:
    """Put the checkpoints and the loggers' files of the job that this one begins with into its folder, once.

    What then goes on in this folder (``resume=true``) is, to the bit, a run that was trained there from its first
    epoch. The job is waited for, since launchers run several at a time; it has to be started before.

    Args:
        config: of a job of ``epochs.py``.

    Raises:
        InputError: the job that it begins with failed, was killed, or ended before its last epoch.
    """
    folder = Path(config.run_folder)
    last = folder / "checkpoints" / "last.ckpt"
    if config.get("begins_with") is None or last.exists() or not is_first_process():
        return
    parent = folder.parent / config.begins_with
    _wait_for(parent)
    last.parent.mkdir(parents=True, exist_ok=True)
    bring(parent, folder)
    # Checkpoints are replaced, never written over. The last one says that all is there.
    kept = [path for path in (parent / "checkpoints").glob("*.ckpt") if path.name not in ("last.ckpt", "previous.ckpt")]
    for path in (*kept, parent / "checkpoints" / "last.ckpt"):
        link_checkpoint(path, last.with_name(path.name))


def bring(parent: Path, folder: Path) -> None:
    """Put all of a run but what each run writes anew into another folder: the loggers' files."""
    for path in parent.iterdir():
        if path.name not in OF_ITS_OWN and not path.name.startswith(".") and path.suffix not in (".html", ".png"):
            _copy(path, folder / path.name)


def _wait_for(parent: Path) -> None:
    seen = monotonic()
    while (record := JobRecord.read(parent)) is None or record.status in ("waiting", "running"):
        if record is None or record.status == "waiting" or RunLock.is_held(parent):
            seen = monotonic()
        elif monotonic() - seen > GONE:
            raise InputError(f"begins_with: {parent.name} was killed; the same command goes on with it")
        sleep(WAIT)
    if record.status != "finished":
        raise InputError(f"begins_with: {parent.name} {record.status}: {record.reason or 'it was asked to end'}")
    result = read_result(parent)
    if result.get("status") != "completed":
        raise InputError(f"begins_with: {parent.name} ended before its last epoch: {result.get('reason')}")


def _copy(source: Path, target: Path) -> None:
    """Bring a file or folder to a new place, whole or not at all."""
    if source.is_file():
        link_file(source, target)
        return
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(target, ignore_errors=True)  # of an attempt that was cut off
    shutil.copytree(source, beside)
    os.replace(beside, target)
