"""What has to be known before the first job of a sweep."""

from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class SweepStart(Callback):
    """Let ``hydra.sweep.dir`` refer to ``name``, whose default refers to what was chosen.

    Hydra reads the folder of a sweep before it has set what ``${hydra:...}`` looks up.
    """

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        HydraConfig.instance().set_config(config)
