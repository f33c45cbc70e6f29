"""DDP learns anew which parameters train.

This file alone leans on how Lightning's DDPStrategy wraps a module: ``strategy.model`` is the wrapper, and
``configure_ddp`` makes one of the module that stands there. tests/finetune/test_wrap_again.py fails where that changes.
"""

import lightning as L
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy
from torch.nn.parallel import DistributedDataParallel

from epochwise.input_error import InputError


def wrap_again(trainer: L.Trainer) -> None:
    """Make DDP's wrapper anew, after parameters have been frozen or unfrozen; nothing where there is none.

    DDP hooks itself into the parameters that train when it wraps. Those that are unfrozen later it never synchronises:
    ranks would drift apart, and the checkpoint would hold what rank 0 alone has learned.

    Raises:
        InputError: the strategy shares parameters between processes in a way that is fixed at the start.
    """
    strategy = trainer.strategy
    if isinstance(strategy, SingleDeviceStrategy):
        return
    if not isinstance(strategy, DDPStrategy):
        raise InputError(
            f"trainer.strategy: {type(strategy).__name__} cannot freeze and unfreeze layers on the way; allowed with "
            "finetune: auto, ddp"
        )
    if isinstance(strategy.model, DistributedDataParallel):
        strategy.model = strategy.lightning_module  # the old wrapper goes, and its hooks with it
        strategy.configure_ddp()
