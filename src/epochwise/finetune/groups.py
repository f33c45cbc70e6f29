"""The optimizer's groups, by stage."""

from collections.abc import Hashable, Mapping
from typing import Any

from torch import nn

from epochwise.optimizer.decay_groups import decay_groups


def stage_groups(
    network: nn.Module, stages: dict[str, list[str]], alike: Mapping[str, Hashable], lr_scale: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Cut the groups of ``decay_groups`` by stage, and a stage by what acts alike in it.

    Args:
        network: all its parameters are taken, whether they train from the start, later or never.
        stages: see ``stages``.
        alike: parameter -> what it shares with those that train in the same epochs.
        lr_scale: parameter -> what the optimizer's rate is multiplied by.

    Returns:
        Groups for a torch optimizer, from the input to the head. ``name`` is unique: ``layer4``, and
        ``layer4/no_decay`` for those of its parameters that weight decay leaves alone. ``part`` is what both are a part
        of; where a stage does not act as one, the others of its parts are ``layer4_2``, ``layer4_3``. ``lr_scale`` is
        for ``optimizer.scaled_rates``.
    """
    parameters = dict(network.named_parameters())
    part_of = _parts(stages, alike, lr_scale)
    bases = decay_groups(network)
    base_of = {id(parameter): base for base in bases for parameter in base["params"]}
    groups: dict[str, dict[str, Any]] = {}
    for name, part in part_of.items():
        base = base_of[id(parameters[name])]
        called = part if base["name"] == "decay" else f"{part}/{base['name']}"
        if called not in groups:
            groups[called] = base | {"name": called, "part": part, "lr_scale": lr_scale[name], "params": []}
        groups[called]["params"].append(parameters[name])
    return list(groups.values())


def _parts(
    stages: dict[str, list[str]], alike: Mapping[str, Hashable], lr_scale: Mapping[str, float]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for stage, names in stages.items():
        parts: dict[Hashable, str] = {}
        for name in names:
            kind = (alike[name], lr_scale[name])
            if kind not in parts:
                parts[kind] = f"{stage}_{len(parts) + 1}" if parts else stage
            found[name] = parts[kind]
    return found
