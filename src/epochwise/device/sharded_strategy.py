"""Training of a network that is larger than a device: each rank keeps a part of it."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.strategies import ModelParallelStrategy
from lightning.pytorch.strategies.parallel import ParallelStrategy
from torch import Tensor
from torch.optim import Optimizer

from epochwise.device.sharded_checkpoint import KEY, read_shards, write_shards
from epochwise.device.sharded_network import each_tensor, parts_of_state, shard_network, whole
from epochwise.input_error import InputError
from epochwise.run.write_checkpoint import WholeCheckpointIO
from epochwise.source.fit import checked_arguments


def _is_of_no_optimizer(name: str) -> bool:
    return not name.startswith("optimizer_states/")


def _log_whole(log: Callable[..., None], name: str, value: Any, *args: Any, **kwargs: Any) -> None:
    """Log what was computed of parts as one number: rank 0 alone will look at it, and would wait for the others."""
    log(name, whole(value, True), *args, **kwargs)


class ShardedStrategy(ModelParallelStrategy):
    """Lightning's ModelParallelStrategy with torch's FSDP2 over all ranks, for any module.

    Each rank keeps a part of every parameter, of its gradient and of what the optimizer knows of it, and learns from
    batches of its own, as with DDP. It is the ``network`` of a module that is spread, or the module itself where it has
    none; so is an average of its weights. Checkpoints are those of any other strategy, one file of whole tensors that
    rank 0 writes, so a run goes on with any number of ranks, and by any strategy.

    Args:
        sharded_checkpoints: of ``last.ckpt``, let each rank write its parts into a folder beside it
            (``write_shards``), so that no rank holds all of it; it is gone on from in the same ways. All other
            checkpoints stay one file each.

    Raises:
        InputError: shards are asked for, and safetensors is not installed.

    It leans on how WeightAveraging keeps its ``_average_model``:
    tests/device/test_sharded_strategy.py fails where that changes.
    """

    @checked_arguments
    def __init__(self, sharded_checkpoints: bool = False) -> None:
        super().__init__(save_distributed_checkpoint=False)
        self.sharded_checkpoints = sharded_checkpoints
        if sharded_checkpoints and not find_spec("safetensors"):
            key = "trainer.strategy.sharded_checkpoints"
            raise InputError(f"{key}: needs the package 'safetensors', which is not installed: pip install safetensors")

    def setup_environment(self) -> None:
        self._data_parallel_size, self._tensor_parallel_size = self.num_nodes * self.num_processes, 1
        super().setup_environment()

    def setup(self, trainer: L.Trainer) -> None:
        module: Any = self.lightning_module
        # Lightning's place for this is configure_model, which comes before a callback that averages weights copies the
        # module and before a checkpoint is loaded. Neither can be done to what is spread; Lightning asks for a hook.
        module.configure_model = self._shard
        module.configure_model()
        super().setup(trainer)
        del module.configure_model
        if "log" not in vars(module):
            module.log = partial(_log_whole, module.log)

    def _shard(self) -> None:
        """Spread the module, and the average of its weights."""
        module: Any = self.lightning_module
        averages = [one for one in module.trainer.callbacks if isinstance(one, WeightAveraging)]
        copies: list[Any] = [one._average_model.module for one in averages if one._average_model is not None]
        for each in [module, *copies]:
            shard_network(getattr(each, "network", each), self.device_mesh["data_parallel"])

    @property
    def restore_checkpoint_after_setup(self) -> bool:
        return False  # as with DDP: what a checkpoint says may decide what optimizer is made

    @property
    def lightning_restore_optimizer(self) -> bool:
        return True

    def lightning_module_state_dict(self) -> dict[str, Any]:
        return ParallelStrategy.lightning_module_state_dict(self)

    def optimizer_state(self, optimizer: Optimizer) -> dict[str, Any]:
        return ParallelStrategy.optimizer_state(self, optimizer)

    def save_checkpoint(
        self, checkpoint: dict[str, Any], filepath: str | Path, storage_options: Any | None = None
    ) -> None:
        if self.sharded_checkpoints and Path(filepath).name == "last.ckpt":
            together = write_shards(checkpoint, Path(filepath))
        else:
            together = whole(checkpoint, self.is_global_zero)
        if self.is_global_zero:
            self.checkpoint_io.save_checkpoint(together, filepath, storage_options=storage_options)

    def load_checkpoint(self, checkpoint_path: str | Path, weights_only: bool | None = None) -> dict[str, Any]:
        if not isinstance(self.checkpoint_io, WholeCheckpointIO):
            return ParallelStrategy.load_checkpoint(self, checkpoint_path, weights_only)
        checkpoint = self.checkpoint_io.load_checkpoint(checkpoint_path, is_wanted=_is_of_no_optimizer)
        self._shards_beside = Path(checkpoint_path).parent
        return checkpoint

    def load_model_state_dict(self, checkpoint: Mapping[str, Any], strict: bool = True) -> None:
        ParallelStrategy.load_model_state_dict(self, checkpoint, strict)

    def load_optimizer_state_dict(self, checkpoint: Mapping[str, Any]) -> None:
        states = self._with_own_parts(checkpoint)
        for optimizer, state in zip(self.optimizers, states, strict=True):
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            fused = [group.get("fused") for group in optimizer.param_groups]
            optimizer.load_state_dict(parts_of_state(state, parameters))
            for group, can in zip(optimizer.param_groups, fused, strict=True):
                if group.get("fused") and not can:  # that of whole parameters had a kernel which parts have not
                    group["fused"] = can

    def _with_own_parts(self, checkpoint: Mapping[str, Any]) -> list[Any]:
        """The optimizers' states, of which this rank reads its own part of what lies in shards."""
        read: dict[str, Tensor] = {}

        def own(name: str, tensor: Tensor) -> Tensor:
            if not tensor.is_meta:
                return tensor
            number, index = (int(name.split("/")[at]) for at in (1, 3))  # optimizer_states/0/state/7/exp_avg
            parameter = [one for group in self.optimizers[number].param_groups for one in group["params"]][index]
            alike = parameter if parameter.shape == tensor.shape else torch.empty(tensor.shape)
            read[name] = torch.zeros_like(alike, dtype=tensor.dtype)
            return read[name]

        states: list[Any] = each_tensor(checkpoint["optimizer_states"], own, "optimizer_states")
        if read:
            read_shards(read, self._shards_beside / checkpoint[KEY]["folder"])
        return states

    def teardown(self) -> None:
        super().teardown()
        self.checkpoint_io.teardown()
