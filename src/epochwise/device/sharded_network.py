"""A network of which each rank keeps a part, and its tensors, whole or in parts."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from epochwise.model.blocks import blocks


def shard_network(network: nn.Module, mesh: DeviceMesh) -> None:
    """Let each rank keep a part of each parameter; once or often is the same.

    A block of the network (``model.blocks``) is whole on a rank while it computes forward and backward; its gradients
    are the mean over the ranks, and each rank keeps those of its part. What is loaded may be whole: each rank takes its
    part of it. Buffers, such as the statistics of a BatchNorm, are each rank's own while it trains; those that are
    scored and kept are of rank 0, as with DDP.

    Args:
        network: the same on every rank. Its parameters are replaced: an optimizer is made after that.
        mesh: all ranks, in one dimension.
    """
    if isinstance(network, FSDPModule):
        return
    # By default torch would leave what is in no block whole behind each forward.
    how: dict[str, Any] = {"mesh": mesh, "reshard_after_forward": True}
    for block in blocks(network):
        fully_shard(block, **how)
    fully_shard(network, **how)
    network.register_load_state_dict_pre_hook(_take_parts)
    if any(True for _ in network.buffers()):
        network.register_forward_pre_hook(_take_buffers_of_rank_0)


def _take_parts(network: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    for name, parameter in network.named_parameters(remove_duplicate=False):
        if prefix + name in state:
            state[prefix + name] = part_of(state[prefix + name], parameter)


def _take_buffers_of_rank_0(network: nn.Module, inputs: Any) -> None:
    if not network.training:
        for buffer in network.buffers():
            dist.broadcast(buffer, src=0)


def part_of(value: Any, parameter: Tensor) -> Any:
    """This rank's part of a whole tensor that is as large as a parameter; anything else as it is."""
    is_whole = isinstance(value, Tensor) and not isinstance(value, DTensor)
    if not isinstance(parameter, DTensor) or not is_whole or value.shape != parameter.shape:
        return value
    where = parameter.device_mesh, parameter.placements
    return distribute_tensor(value.detach(), *where, src_data_rank=None)  # each rank has it whole: nothing is sent


def parts_of_state(state: Mapping[str, Any], parameters: list[Tensor]) -> dict[str, Any]:
    """An optimizer's state, of which each rank takes its part.

    Args:
        state: of whole tensors, by the numbers of its parameters.
        parameters: all of an optimizer, in the order of its groups.
    """
    kept = state["state"].items()
    parts = {index: {key: part_of(one, parameters[index]) for key, one in each.items()} for index, each in kept}
    return {**state, "state": parts}


def local(tensor: Tensor) -> Tensor:
    """What this rank has of a tensor."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def whole(value: Any, is_kept: bool) -> Any:
    """Nested dicts, lists and tuples with every tensor whole and on the CPU, where it lay in parts; all ranks must ask.

    Args:
        value: plain values and tensors. One tensor after the other is brought together.
        is_kept: whether this rank wants them; where not, ``None`` stands for each.
    """

    def together(name: str, tensor: Tensor) -> Tensor | None:
        if not isinstance(tensor, DTensor):
            return tensor
        with torch.no_grad():
            full = tensor.full_tensor()
        return full.cpu() if is_kept else None

    return each_tensor(value, together)


def each_tensor(value: Any, replace: Callable[[str, Tensor], Any], name: str = "") -> Any:
    """Nested dicts, lists and tuples, with something else in the place of each tensor.

    Args:
        value: plain values and tensors. It is copied; what is in it is not.
        replace: given the tensor, and the keys that lead to it, with ``/`` between them.
        name: the keys that lead to the value.
    """
    if isinstance(value, Tensor):
        return replace(name, value)
    inside = f"{name}/" if name else ""
    if isinstance(value, dict):
        copied = type(value)()
        vars(copied).update(getattr(value, "__dict__", {})) if hasattr(copied, "__dict__") else None
        copied.update({key: each_tensor(one, replace, f"{inside}{key}") for key, one in value.items()})
        return copied
    if type(value) in (list, tuple):
        return type(value)(each_tensor(one, replace, f"{inside}{index}") for index, one in enumerate(value))
    return value
