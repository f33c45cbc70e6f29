"""Whether data, network, loss and scores fit each other, tried before the first step."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from epochwise.input_error import InputError

#: What a network, a loss or a score raises at a batch that it was not made for.
REFUSALS = (RuntimeError, ValueError, TypeError, AssertionError, IndexError, KeyError, AttributeError)


def check_fits(task: Any, data: Any, name: str) -> Any:
    """Send two training samples through the network, the loss and the scores, so that what does not fit shows at once.

    Args:
        task: with its network, in the state it will be trained from; nothing in it changes.
        data: set up; of what gives no samples by their index, two of zeros are taken.
        name: what the config calls the network.

    Returns:
        The two samples' x as the network got them: a tensor (2, ...), or several by name.

    Raises:
        InputError: one of the three fails on such a batch, or the network answers with another shape than the task
            takes.
    """
    training = task.training
    task.eval()
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            batch = data.two_samples() if hasattr(data, "two_samples") else None
            x = torch.zeros(2, *data.spec.input_shape) if batch is None else data.on_after_batch_transfer(batch)[0]
            tokens = (
                "; tokens take model=lstm, transformer or transformers" if getattr(data.spec, "num_tokens", 0) else ""
            )
            refused = f"model: {name} does not take a batch of shape {shapes_in_words(x)}{tokens}"
            output = _tried(lambda: task(x), refused)
            if batch is not None and batch[1] is not None:
                _check_answer(task, output, batch[1], name)
    finally:
        task.train(training)
    return x


def _check_answer(task: Any, output: Any, y: Any, name: str) -> None:
    allowed = task.output_shape(y) if hasattr(task, "output_shape") else None
    if allowed is not None and (not isinstance(output, Tensor) or tuple(output.shape) != tuple(allowed)):
        told = "; take the number of outputs from ${spec.num_outputs}" if len(allowed) == 2 else ""
        raise InputError(
            f"model: {name} answers a batch of 2 with shape {shapes_in_words(output)}, allowed: {tuple(allowed)}{told}"
        )
    if not hasattr(task, "meters"):  # a task that goes its own way
        return
    kind = type(task).__name__
    got = f"an output of shape {shapes_in_words(output)} and targets of shape {shapes_in_words(y)}"
    loss = _tried(lambda: task.compute_loss(output, y), f"task: the loss of {kind} does not take {got}")
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise InputError(
            f"task: the loss of {kind} for a batch has the shape {shapes_in_words(loss)}, allowed: one number, a mean"
        )
    scores = task.meters["val"].scores.clone()
    _tried(
        lambda: scores.update(*task.scored(task.predict(output), y)),
        f"task: the scores of {kind} do not take what it predicts of {got}",
    )
    _tried(lambda: task.count(y), f"task: count of {kind} does not take targets of shape {shapes_in_words(y)}")


def _tried(call: Callable[[], Any], refused: str) -> Any:
    try:
        with warnings.catch_warnings():
            # torch's losses only warn, and then compare each answer of a batch with each target of it.
            warnings.filterwarnings("error", message="Using a target size", category=UserWarning)
            return call()
    except (*REFUSALS, UserWarning) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if isinstance(error, (KeyError, AttributeError)):
            reason = f"{type(error).__name__}: {reason}"
        raise InputError(f"{refused}: {reason}") from error


def shapes_in_words(given: Any) -> str:
    """The shape of a tensor, or of each of several, as in a message: ``(2, 4)``, ``{image: (2, 1, 8, 8)}``."""
    if isinstance(given, Tensor):
        return str(tuple(given.shape))
    if isinstance(given, dict):
        return "{" + ", ".join(f"{name}: {shapes_in_words(each)}" for name, each in given.items()) + "}"
    if isinstance(given, (list, tuple)):
        return f"[{', '.join(map(shapes_in_words, given))}]"
    return type(given).__name__
