"""What a command line has to say for a run to go on, because its folder alone cannot vouch for it."""

import shlex

from omegaconf import DictConfig

from epochwise.config.named_classes import named_in, own_conf
from epochwise.config.trusted_config import config_faults
from epochwise.run.run_config import plain_config


def go_on_words(config: DictConfig) -> list[str]:
    """Words beside ``run=FOLDER`` that train.py and evaluate.py need for a run.

    Args:
        config: of the run, with its spec.

    Returns:
        ``trust=NAME`` for classes that only the command line of the run has named; ``KEY=VALUE`` for what is written
        outside the run folder.
    """
    plain = plain_config(config)
    faults = config_faults(plain, named_in(own_conf()))
    values = {key: _at(plain, key.split(".")) for key in faults}
    names = list(dict.fromkeys(str(value) for key, value in values.items() if key.endswith("._target_")))
    words = [f"trust={names[0] if len(names) == 1 else '[' + ','.join(names) + ']'}"] if names else []
    words += [f"{key}={value}" for key, value in values.items() if not key.endswith("._target_")]
    return [shlex.quote(word) for word in words]


def _at(node: object, path: list[str]) -> object:
    for name in path:
        node = node[int(name)] if isinstance(node, list) else node[name]  # type: ignore[index]
    return node
