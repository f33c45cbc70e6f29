"""Settings of one run that leave no curve for many to be compared by."""

from omegaconf import DictConfig


def no_curves(config: DictConfig, program: str) -> list[str]:
    """A line for each setting with which a job would train nothing whole.

    Args:
        config: of one of many jobs.
        program: that starts them.
    """
    found = {
        "find": f"{program} trains whole runs; python train.py find={config.get('find')} tries",
        "trainer.fast_dev_run": f"{program} compares curves, and this leaves none; python train.py takes it",
        "extend": f"{program} begins its runs; allowed where one goes on: python train.py run=FOLDER",
        "dry_run": f"{program} goes by what came out; python train.py dry_run=true says what one would be",
    }
    given = {"find": config.get("find"), "extend": config.get("extend")}
    given["dry_run"] = config.get("dry_run") and program in ("search.py", "epochs.py")
    given["trainer.fast_dev_run"] = config.trainer.get("fast_dev_run")
    return [f"{key}: got {given[key]!r}, but {line}" for key, line in found.items() if given[key]]
