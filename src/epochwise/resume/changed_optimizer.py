"""An optimizer that goes on with other settings: whether they have an effect, and whether it can take a step."""

from typing import Any

import torch

from epochwise.device.sharded_network import each_tensor
from epochwise.input_error import InputError
from epochwise.scheduler.made_alone import made_alone


def check_effect(task: Any, keys: list[str]) -> None:
    """Refuse a setting of the optimizer that the schedule sets itself."""
    made = [made_alone(*task.made_before), made_alone(task.make_optimizer, task.make_scheduler)]
    before, now = (parts[0].param_groups[0] for parts in made)
    idle = []
    for key in keys:
        name = key.partition(".")[2]
        names = [one for one in now if one.endswith("lr")] if name == "lr" else [name] if name in now else []
        if names and all(before.get(one) == now[one] for one in names):
            instead = "; set scheduler.max_lr=..." if name == "lr" else ""
            idle.append(f"{key}: changes nothing: {type(made[1][1]).__name__} sets it itself{instead}")
    if idle:
        raise InputError(*idle)


def check_step(task: Any, keys: list[str], states: dict[int, dict[str, Any]]) -> None:
    """Refuse settings of the optimizer with which it cannot take a step from the state that it has."""
    first = next(iter(states.values()), {})
    state = each_tensor(
        first, lambda name, one: torch.zeros(one.shape, dtype=one.dtype) if one.is_meta else one.clone()
    )
    shapes = [value.shape for value in state.values() if isinstance(value, torch.Tensor) and value.ndim]
    if not shapes:
        return
    parameter = torch.nn.Parameter(torch.zeros(shapes[0]))
    parameter.grad = torch.zeros(shapes[0])
    optimizer = task.make_optimizer([parameter])
    if hasattr(optimizer, "train"):
        optimizer.train()
    optimizer.state[parameter] = state
    try:
        optimizer.step()
    except Exception as error:  # whatever an optimizer says of a state that lacks something
        why = f"the optimizer of the checkpoint has no {error} for it" if isinstance(error, KeyError) else str(error)
        raise InputError(*(f"{key}: cannot be gone on with: {why}" for key in keys)) from error
