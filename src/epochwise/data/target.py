"""Kinds of targets: what a sample has to say, and how a network answers."""

from typing import Any, Literal, get_args

import numpy as np

from epochwise.input_error import InputError

#: ``class``: one of C. ``number``: one or several numbers. ``labels``: any of C. ``mask``: one of C for each pixel.
#: ``tokens``: the next token at each place. ``own``: what one's own task makes of it.
Target = Literal["class", "number", "labels", "mask", "tokens", "own"]
TARGETS: tuple[str, ...] = get_args(Target)
#: Where a mask or a row of tokens says nothing: what torch's cross-entropy leaves out by default (``ignore_index``).
IGNORE = -100

#: What a sample has, and with which task it is learned, in the words of a message.
IN_WORDS = {
    "class": ("a class", "task=classification"),
    "number": ("a number", "task=regression"),
    "labels": ("several labels", "task=multilabel"),
    "mask": ("a mask", "task=segmentation"),
    "tokens": ("the next token", "task=language_model"),
    "own": ("its own", "task=own"),
}


def check_task(target: str, *allowed: str) -> None:
    """Refuse data of another kind than a task learns from.

    Args:
        target: kind of target that the data has, ``spec.target``.
        *allowed: kinds that the task takes.

    Raises:
        ValueError: it takes others. The message names the task for this data.
    """
    if target in allowed:
        return
    if target not in IN_WORDS:
        raise ValueError(f"target: got {target!r}, allowed: {', '.join(TARGETS)}")
    words, task = IN_WORDS[target]
    raise ValueError(f"the target of this data is {words}; use {task}")


def check_targets(y: Any, kind: str, num_classes: int, names: list[str]) -> None:
    """Hold the targets of N samples against their kind.

    Args:
        y: (N,) class indices, (N,) or (N, T) numbers, or (N, C) labels of 0 and 1; other kinds are not looked at, since
            what reads a mask or a text holds it itself.
        kind: one of ``TARGETS``.
        num_classes: C, for a class or labels.
        names: of the samples, for the message.

    Raises:
        InputError: a class out of range, a number that is not finite, a label that is neither 0 nor 1.
    """
    if kind == "number":
        wrong, allowed = ~np.isfinite(y), "a finite number"
    elif kind == "class":
        wrong, allowed = (y < 0) | (y >= num_classes), f"0 to {num_classes - 1}"
    elif kind == "labels":
        if y.ndim != 2 or y.shape[1] != num_classes:
            raise InputError(f"data: labels of shape {y.shape}; allowed: ({len(y)}, {num_classes}), one a class")
        wrong, allowed = (y != 0) & (y != 1), "0 or 1"
    else:
        return
    if wrong.any():
        row = int(np.argmax(wrong.reshape(len(wrong), -1).any(axis=1)))
        given = np.atleast_1d(y[row])[np.atleast_1d(wrong[row])][0]
        raise InputError(f"data: the target of sample {names[row]!r} is {given}; allowed: {allowed}")
