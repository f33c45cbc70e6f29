"""What becomes of fine-tuning a text model after kill -9 and on two ranks; ours and others, for gradual_text.py.

Each trains in a process of its own, which is killed in the middle of an epoch, or is a rank.
"""

import json
import os
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from text_rivals import WAYS
from text_transfer import few_texts, network

#: Stages thaw at epochs 0, 1, 2 and 3; the kill falls between the last two, in the middle of an epoch.
EPOCHS, EVERY, KILLED_AT = 4, 1, (2, 4)


def _lightning_kill() -> L.Callback:
    class Kill(L.Callback):
        def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
            if (trainer.current_epoch, batch_idx) == KILLED_AT:
                os.kill(os.getpid(), signal.SIGKILL)

    return Kill()


def _hugging_face_kill(batches: int) -> Any:
    from transformers import TrainerCallback

    class Kill(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            if state.global_step == KILLED_AT[0] * batches + KILLED_AT[1]:
                os.kill(os.getpid(), signal.SIGKILL)

    return Kill()


def child(folder: Path, name: str, what: str, kept: Path) -> None:
    """Train; ``what`` is whole, killed, resumed or ranks. Rank 0 leaves in ``kept`` what it found."""
    data, weights = few_texts(folder, 0), torch.load(folder / "weights.pt", weights_only=True)
    made, is_lightning = network(data, 0, weights), "Trainer" not in name
    settings: dict[str, Any] = {"epochs": EPOCHS, "every": EVERY}
    if what == "ranks":
        settings["ranks"] = 2
    elif is_lightning:
        settings |= {
            "folder": kept,
            "callbacks": [
                ModelCheckpoint(kept, "{epoch}", save_last=True, save_top_k=-1, save_on_train_epoch_end=True)
            ],
        }
        settings["callbacks"] += [_lightning_kill()] * (what == "killed")
        settings |= {"load": str(kept / "last.ckpt")} if what == "resumed" else {}
    else:
        settings |= {"folder": kept, "load": what == "resumed" or None}
        settings |= {"callbacks": [_hugging_face_kill(10)]} if what == "killed" else {}
    WAYS[name](made, data, 0, **settings)
    vector = torch.nn.utils.parameters_to_vector(made.parameters()).detach()
    apart = 0.0
    if what == "ranks":
        first = vector.clone()
        torch.distributed.broadcast(first, 0)
        most = (vector - first).abs().max()
        torch.distributed.all_reduce(most, torch.distributed.ReduceOp.MAX)
        apart = float(most)
    frozen = sum(not parameter.requires_grad for parameter in made.parameters())
    if os.environ.get("RANK", "0") == "0":
        torch.save(vector, kept / "end.pt")
        (kept / "found.json").write_text(json.dumps({"apart": apart, "frozen": frozen}))


def _start(folder: Path, name: str, what: str, kept: Path, **variables: str) -> int:
    """The process id of a child, forked from what has imported everything."""
    if process := os.fork():
        return process
    code = 1
    try:
        os.environ |= variables
        with (kept / f"said{variables.get('RANK', '')}").open("w") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            child(folder, name, what, kept)
        code = 0
    except Exception as error:  # whatever it is, it is the result
        (kept / "error").write_text(" ".join(f"{type(error).__name__}: {error}".split())[:90])
    finally:
        os._exit(code)


def _ended(process: int, kept: Path) -> tuple[dict[str, Any], str]:
    """What a child found, or its error in a line."""
    if os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]):
        return {}, (kept / "error").read_text() if (kept / "error").exists() else "ended without a word"
    return json.loads((kept / "found.json").read_text()), ""


def after_kill(folder: Path, name: str) -> str:
    """Kill a run in the middle of an epoch and go on with it, beside the same run left alone."""
    alone, cut = (Path(tempfile.mkdtemp(dir=folder)) for _ in range(2))
    whole, error = _ended(_start(folder, name, "whole", alone), alone)
    if error:
        return error
    code = os.waitstatus_to_exitcode(os.waitpid(_start(folder, name, "killed", cut), 0)[1])
    if code != -signal.SIGKILL:
        return f"was not killed, but ended with {code}"
    resumed, error = _ended(_start(folder, name, "resumed", cut), cut)
    if error:
        return error
    ends = [torch.load(kept / "end.pt", weights_only=True) for kept in (alone, cut)]
    apart = float((ends[0] - ends[1]).abs().max())
    more = resumed["frozen"] - whole["frozen"]
    return ("the same weights" if apart == 0 else f"{apart:.1g} apart") + (f", {more} more frozen" if more else "")


def two_ranks(folder: Path, name: str) -> str:
    """How far apart the weights of two ranks are in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    kept = Path(tempfile.mkdtemp(dir=folder))
    ranks = [_start(folder, name, "ranks", kept, RANK=rank, LOCAL_RANK=rank, **shared) for rank in "01"]
    found, error = _ended(ranks[0], kept)
    os.waitpid(ranks[1], 0)
    return error or ("the same" if found["apart"] == 0 else f"{found['apart']:.1g} apart")
