"""Adapters of low rank beside frozen layers, as a plan of what trains."""

import re
import warnings
from collections.abc import Sequence
from typing import Annotated

import lightning as L
from annotated_types import Ge, Lt
from peft import LoraConfig, inject_adapter_in_model
from torch import nn

from epochwise.finetune.applied_plan import network_of
from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.phases import select
from epochwise.finetune.plan import Plan
from epochwise.input_error import InputError
from epochwise.model.stages import stages
from epochwise.source.fit import checked_arguments

ADAPTER = ".lora_"  # in the names of their parameters


class Lora(Plan):
    """Train adapters of the package peft and the head, and nothing else, from the first epoch on.

    An adapter adds B(A(x)) to what its layer answers, A and B of few numbers; B is 0 at first, so the network begins as
    it was. They are a part of the network, of its checkpoints, and of what is scored. ``model.pretrained`` of a run
    that was trained so adds them to its layers.

    Layers with adapters are linear ones and convolutions, but for grouped convolutions and the attention of torch's own
    ``nn.MultiheadAttention``, which reads its weights without calling their layers. So does
    ``nn.TransformerEncoderLayer`` as a whole where it is scored; with adapters it is kept from that.

    Args:
        rank: inner size of each adapter, at least 1.
        layers: which layers have one, named as in a plan: ``backbone``, a stage, or what is found in a parameter's
            name; never the head, which trains itself.
        dropout: fraction of an adapter's inputs left out in training, in [0, 1).

    Raises:
        InputError: no such layer, none that can have an adapter, or one that the network does not call.

    Source:
        Hu et al. 2021, https://arxiv.org/abs/2106.09685, with their alpha equal to the rank.
    """

    @checked_arguments
    def __init__(
        self,
        rank: Annotated[int, Ge(1)] = 8,
        layers: str | int | Sequence[str | int] = "backbone",
        dropout: Annotated[float, Ge(0), Lt(1)] = 0.0,
    ) -> None:
        super().__init__(phases=[{"at_epoch": 0, "unfreeze": "head"}])  # bind says which of the names at hand
        self.rank, self.layers, self.dropout = rank, layers, dropout
        self.asked = False

    def adapt(self, network: nn.Module) -> list[str]:
        """Add the adapters to a network, once.

        Args:
            network: with the weights it begins with, or those of a checkpoint still to come.

        Returns:
            A line that says what trains.
        """
        if any(ADAPTER in name for name, _ in network.named_parameters()):
            return []
        cut = stages(network)
        head = list(cut.values())[-1]
        named = set(select("finetune.layers", self.layers, cut)) - set(head)
        fitting = {name: one for name, one in network.named_modules() if f"{name}.weight" in named and _fits(one)}
        if not fitting:
            raise InputError(
                f"finetune.layers: {self.layers} of {type(network).__name__} has no linear layer and no convolution "
                f"that can have an adapter; its stages are {', '.join(cut)}"
            )
        config = LoraConfig(
            r=self.rank,
            lora_alpha=self.rank,
            lora_dropout=self.dropout,
            target_modules="|".join(map(re.escape, fitting)),
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "fan_in_fan_out")  # how GPT-2 lays its weights out, peft sees itself
            inject_adapter_in_model(config, network)
        for module in network.modules():
            if isinstance(module, nn.TransformerEncoderLayer):
                module.activation_relu_or_gelu = 0  # what it asks before it reads weights past their layers
        sizes = {name: one.numel() for name, one in network.named_parameters()}
        added = sum(size for name, size in sizes.items() if ADAPTER in name)
        own = sum(sizes[name] for name in head)
        frozen = sum(sizes.values()) - added - own
        line = f"adapters of rank {self.rank} on {len(fitting)} layers: {added:,} parameters train, and the head's "
        return [f"{line}{own:,}; the network's other {frozen:,} are frozen"]

    def bind(self, network: nn.Module, max_epochs: int | None) -> BoundPlan:
        head = "|".join(map(re.escape, list(stages(network).values())[-1]))
        self.phases = [{"at_epoch": 0, "unfreeze": [re.escape(ADAPTER), f"^(?:{head})$"]}]
        self.frozen = f"^(?!(?:{head})$)(?!.*{re.escape(ADAPTER)})"
        return super().bind(network, max_epochs)

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        self.adapt(network_of(pl_module))
        super().setup(trainer, pl_module, stage)

    def on_after_backward(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self.asked:
            return
        self.asked = True
        parameters = network_of(pl_module).named_parameters()
        idle = [name for name, one in parameters if ".lora_B." in name and one.grad is None]
        if idle:
            layer = idle[0].partition(ADAPTER)[0]
            raise InputError(f"finetune.layers: the network does not call {layer}, so its adapter learns nothing")


def _fits(module: nn.Module) -> bool:
    if isinstance(module, (nn.Conv1d, nn.Conv2d)):
        return module.groups == 1
    uncalled = isinstance(module, nn.modules.linear.NonDynamicallyQuantizableLinear)  # of nn.MultiheadAttention
    return (isinstance(module, nn.Linear) and not uncalled) or type(module).__name__ == "Conv1D"
