"""Memory for time: what blocks of a network compute on the way is not kept, but computed again on the way back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from epochwise.input_error import InputError
from epochwise.model.blocks import blocks


def forget_activations(network: Any) -> None:
    """Let each block of a network (``model.blocks``) keep its inputs alone while it trains.

    Its forward pass is taken again where its gradients are asked for, with the same random numbers and without counting
    in the statistics of norms a second time, so the gradients are those of before. Networks of transformers have a way
    of their own, which is taken. Names of parameters stay, so checkpoints are the same.

    Args:
        network: in the state that it will be trained from.

    Raises:
        InputError: it has no blocks.

    Source:
        Chen et al. 2016, https://arxiv.org/abs/1604.06174.
    """
    own = [one for one in network.modules() if hasattr(one, "gradient_checkpointing_enable")]
    if own:
        own[0].gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        return
    found = blocks(network)
    if not found:
        raise InputError(
            f"activation_checkpointing: got true, but {type(network).__name__} has no blocks that could be computed "
            "again; allowed: false"
        )
    for block in found:
        block.forward = partial(_computed_again, block, block.forward)


def _computed_again(block: nn.Module, forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    if not (block.training and torch.is_grad_enabled()):
        return forward(*args, **kwargs)
    return checkpoint(forward, *args, use_reentrant=False, context_fn=partial(_contexts, block), **kwargs)


def _contexts(block: nn.Module) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    return nullcontext(), _as_before(block)


@contextmanager
def _as_before(block: nn.Module) -> Iterator[None]:
    """Give buffers back what they held, as if nothing had been computed."""
    before = [(buffer, buffer.detach().clone()) for buffer in block.buffers()]
    try:
        yield
    finally:  # it is left by an error once all that is asked for has been computed
        for buffer, value in before:
            buffer.data.copy_(value)  # not seen by autograd: nothing on the way back asks for it
