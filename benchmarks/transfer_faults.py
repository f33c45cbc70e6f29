"""What becomes of a run with two phases on a one-cycle schedule, after a resume and on two ranks; ours and others.

benchmarks/finetuning.py prints it. Run by itself, as a rank, it trains on two and rank 0 prints how far apart they are.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from typing import Any

import lightning as L
import torch
from real_transfer import EPOCHS, Rival, few_digits, fit, network
from transfer_rivals import RIVALS, UNFREEZE_AT, plan

Weights = dict[str, torch.Tensor]
RATE = 3e-3
#: name -> what makes the callback, and the task it needs
CASES: dict[str, tuple[Callable[[], L.Callback], Any]] = {
    "two_phase": (partial(plan, "two_phase"), None),
    **{name: (partial(make, RATE), Rival) for name, make in RIVALS.items()},
}


def said(error: Exception) -> str:
    """An error in a line."""
    if isinstance(error, ModuleNotFoundError):
        return "not installed"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:60]}"


def one_cycle(weights: Weights, name: str) -> str:
    """Whether it runs."""
    make, kind = CASES[name]
    schedule = partial(torch.optim.lr_scheduler.OneCycleLR, max_lr=RATE, epochs=EPOCHS)
    try:
        fit(network(10, weights), few_digits(20, 0), RATE, EPOCHS, 0, make(), kind, schedule)
    except Exception as error:  # whatever it is, it is the result
        return said(error)
    return "runs"


def resume(weights: Weights, name: str) -> str:
    """Cut a run off two epochs after the unfreeze and go on with it, beside the same run left alone."""
    (make, kind), data, path = CASES[name], few_digits(20, 0), os.path.join(tempfile.mkdtemp(), "cut.ckpt")
    constant = partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0)  # a cosine would end with the cut run
    run = partial(fit, rate=RATE, seed=0, schedule=constant, kind=kind)
    try:
        whole = run(network(10, weights), data, epochs=EPOCHS, callback=make())
        run(network(10, weights), data, epochs=UNFREEZE_AT + 2, callback=make(), save=path)
        resumed = run(network(10, weights), data, epochs=EPOCHS, callback=make(), load=path)
    except Exception as error:
        return said(error)
    frozen = [sum(not parameter.requires_grad for parameter in one.network.parameters()) for one in (whole, resumed)]
    pairs = zip(whole.network.parameters(), resumed.network.parameters(), strict=True)
    apart = max(float((a - b).detach().abs().max()) for a, b in pairs)
    stay = f", {frozen[1]} tensors stay frozen" if frozen[1] > frozen[0] else ""
    return f"weights differ by {apart:.1g}{stay}"


def two_ranks(weights: Weights) -> dict[str, str]:
    """How far apart the weights of two ranks are in the end, for all of them."""
    with socket.socket() as free, tempfile.NamedTemporaryFile(suffix=".pt") as file:
        free.bind(("127.0.0.1", 0))
        torch.save(weights, file.name)
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": "2"}
        free.close()
        ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(2)]
        started = [
            subprocess.Popen(
                [sys.executable, __file__, file.name], env=os.environ | address | rank, stdout=subprocess.PIPE
            )
            for rank in ranks
        ]
        found: dict[str, str] = json.loads(started[0].communicate()[0].splitlines()[-1])
        started[1].communicate()
    return found


def as_rank(file: str) -> None:
    weights, found = torch.load(file, weights_only=True), {}
    for name, (make, kind) in CASES.items():
        try:
            trained = fit(network(10, weights), few_digits(20, 0), RATE, EPOCHS, 0, make(), kind, ranks=2).network
            mine = torch.nn.utils.parameters_to_vector(trained.parameters()).detach()
            first = mine.clone()
            torch.distributed.broadcast(first, 0)
            apart = (mine - first).abs().max()
            torch.distributed.all_reduce(apart, torch.distributed.ReduceOp.MAX)
            found[name] = f"differ by {float(apart):.1g}"
        except Exception as error:
            found[name] = said(error)
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    import logging
    import warnings

    from epochwise.report.terminal import quiet

    logging.disable(logging.WARNING)
    quiet()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    as_rank(sys.argv[1])
