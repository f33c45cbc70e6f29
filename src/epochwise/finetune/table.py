"""What a plan comes to, epoch by epoch and group by group."""

from typing import Any

import numpy as np

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.phase_optimizer import optimizer_line

MOST_ROWS = 40


def table(plan: BoundPlan, rates: np.ndarray | None) -> dict[str, Any]:
    """Lay a plan out as plain values.

    Args:
        plan: of a run with a budget.
        rates: the optimizer's rate at the start of each epoch, as far as the schedule goes; ``None``: it follows from
            the scores.

    Returns:
        ``groups``: name -> ``parameters``, their number, and ``lr_scale``; ``epochs``: for each ``epoch``, from 0, the
        number of ``parameters`` that train and by group its ``lr``, ``None`` where it is frozen; ``waits``: whether a
        phase waits for a plateau, and may begin earlier; ``lr_known``: False where ``lr`` is a factor of the
        optimizer's rate; ``optimizers``: a line for each phase with an optimizer or schedule of its own.
    """
    groups: dict[str, dict[str, Any]] = {}
    members: dict[str, set[int]] = {}
    for group in plan.groups():
        part = groups.setdefault(group["part"], {"parameters": 0, "lr_scale": group["lr_scale"]})
        part["parameters"] += sum(parameter.numel() for parameter in group["params"])
        members.setdefault(group["part"], set()).update(map(id, group["params"]))
    named = dict(plan.network.named_parameters())
    epochs = []
    for epoch in range(plan.max_epochs or 0):
        training = {id(named[name]) for name in plan.trainable_at(epoch)}
        base = 1.0 if rates is None else float(rates[min(epoch, len(rates) - 1)])
        lr = {name: base * part["lr_scale"] if members[name] <= training else None for name, part in groups.items()}
        count = sum(named[name].numel() for name in plan.trainable_at(epoch))
        epochs.append({"epoch": epoch, "parameters": count, "lr": lr})
    remade = [optimizer_line(*one) for one in zip(plan.phases, plan.starts, strict=True) if one[0].is_remade]
    known = rates is not None
    return {"groups": groups, "epochs": epochs, "waits": plan.waits, "lr_known": known, "optimizers": remade}


def phase_line(laid_out: dict[str, Any]) -> str:
    """In a line, what begins to train when, and by which other optimizers.

    >>> epochs = [{"epoch": 0, "lr": {"body": None, "head": 1.0}}, {"epoch": 1, "lr": {"body": 1.0, "head": 1.0}}]
    >>> phase_line({"epochs": epochs, "waits": False, "optimizers": ["from epoch 1: SGD, lr 0.01"]})
    'head from epoch 0, body from epoch 1; from epoch 1: SGD, lr 0.01'
    """
    found: list[str] = []
    before: set[str] = set()
    for one in laid_out["epochs"]:
        now = {name for name, rate in one["lr"].items() if rate is not None}
        if begun := [name for name in one["lr"] if name in now - before]:
            found.append(f"{' and '.join(begun)} from epoch {one['epoch']}")
        if ended := [name for name in one["lr"] if name in before - now]:
            found.append(f"{' and '.join(ended)} until epoch {one['epoch'] - 1}")
        before = now
    waits = ", or earlier at a plateau" if laid_out["waits"] else ""
    return "; ".join([f"{', '.join(found)}{waits}", *laid_out["optimizers"]])


def table_lines(laid_out: dict[str, Any]) -> list[str]:
    """The same as text: a row an epoch, rows that say the same as one."""
    groups = laid_out["groups"]
    head = ["epochs", *(f"{name} ({part['parameters']:,})" for name, part in groups.items())]
    rows: list[list[str]] = []
    firsts: list[int] = []
    for one in laid_out["epochs"]:
        cells = [_cell(rate, laid_out["lr_known"]) for rate in one["lr"].values()]
        if not rows or rows[-1] != cells:
            rows.append(cells)
            firsts.append(one["epoch"])
    if len(rows) > MOST_ROWS:  # then only where somebody begins or ends to train
        kept = [index for index in range(len(rows)) if index == 0 or _trains(rows[index]) != _trains(rows[index - 1])]
        rows, firsts = [rows[index] for index in kept], [firsts[index] for index in kept]
    lasts = [first - 1 for first in firsts[1:]] + [len(laid_out["epochs"]) - 1]
    spans = [f"{a}" if a == b else f"{a}-{b}" for a, b in zip(firsts, lasts, strict=True)]
    lines = [head, *([span, *cells] for span, cells in zip(spans, rows, strict=True))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    found = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    found += laid_out["optimizers"]
    if laid_out["waits"]:
        found.append("a phase waits for a plateau: it may begin earlier")
    return found


def _trains(cells: list[str]) -> list[bool]:
    return [cell != "frozen" for cell in cells]


def _cell(rate: float | None, known: bool) -> str:
    if rate is None:
        return "frozen"
    return f"{rate:.2g}" if known else f"x {rate:.2g}"
