"""The config of one run, out of that of a front door that makes many."""

from omegaconf import DictConfig, OmegaConf, open_dict

from epochwise.config.check import check
from epochwise.config.schema import SCHEMAS


def one_run(config: DictConfig, front_door: str) -> DictConfig:
    """Leave out what says how many runs there are, so that what is left is a ``conf/train.yaml``.

    Args:
        config: of one job.
        front_door: whose job it is.

    Raises:
        InputError: a line for each fault of the config.
    """
    check(config, front_door)
    OmegaConf.resolve(config.data)  # it may refer to what goes
    with open_dict(config):
        for key in set(SCHEMAS[front_door].keys()) - set(SCHEMAS["train"].keys()):
            config.pop(key, None)
        # In a run that is not one of many there is no other to go on from.
        config.resume = "auto" if config.get("resume") in (True, "auto") else None
    return config
