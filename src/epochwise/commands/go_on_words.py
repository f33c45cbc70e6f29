"""What a command line has to say for a run to go on, because its folder alone cannot vouch for it."""

import shlex
from collections.abc import Iterator

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
    values = {key: value for key, value in _leaves(plain) if key in faults}
    names = list(dict.fromkeys(str(value) for key, value in values.items() if key.endswith("._target_")))
    words = [f"trust={names[0] if len(names) == 1 else '[' + ','.join(names) + ']'}"] if names else []
    words += [f"{key}={value}" for key, value in values.items() if not key.endswith("._target_")]
    return [shlex.quote(word) for word in words]


def _leaves(node: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Dotted key and value of all that is no mapping or list; a key of ``changes`` has dots of its own."""
    if isinstance(node, dict):
        pairs = [(str(name), item) for name, item in node.items()]
    elif isinstance(node, list):
        pairs = [(str(index), item) for index, item in enumerate(node)]
    else:
        yield key, node
        return
    for name, item in pairs:
        yield from _leaves(item, f"{key}.{name}" if key else name)
