"""What `trainer=fsdp` learns and keeps in memory, beside `trainer=ddp`, on two gloo ranks of a CPU.

    python benchmarks/sharded.py [mlp transformer resnet18]

For each network: the largest difference of a weight after 3 epochs, that of a score, and the bytes of parameters,
gradients and optimizer that a rank holds behind an optimizer step, as a share of DDP's. `+ a block`: with the largest
block of the network whole at the same time, with its gradient, which is what a step needs at most for parameters.
About 10 minutes on two cores that others use too.
"""

import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

BASE = ("data.max_train_samples=400", "data.batch_size=32", "trainer.max_epochs=3", "trainer.devices=2", "report=false")
BASE += ("trainer.accelerator=cpu", "stopping=none", "~callbacks.progress_bar", "~callbacks.model_summary")
NETWORKS = {
    "mlp": ("model=mlp", "model.dropout=0", "model.hidden_sizes=[512,512,512,512]"),
    "transformer": (
        "data=text", "data.kind=tokens", "data.tokenizer=characters", "data.max_length=64", "data.max_train_samples=60",
        "task=language_model",
        "model=transformer", "model.dropout=0", "model.width=256", "model.num_layers=8",
    ),
    "resnet18": ("model=resnet", "model.depth=18"),  # statistics of a batch are each rank's own, as with DDP
}  # fmt: skip


def rank(folder: str, *words: str) -> None:
    """Train as one of two ranks, and print what it holds behind the last step."""
    import lightning as L
    import torch

    from benchmarks.composed import composed
    from epochwise.commands import assemble
    from epochwise.commands.train import train
    from epochwise.device.sharded_network import local
    from epochwise.model.blocks import blocks

    class Held(L.Callback):
        def on_train_batch_end(self, trainer, pl_module, *_):  # type: ignore[no-untyped-def]
            weights = list(pl_module.network.parameters())
            states = [one for state in trainer.optimizers[0].state.values() for one in state.values()]
            held = [*weights, *[weight.grad for weight in weights if weight.grad is not None]]
            held += [one for one in states if isinstance(one, torch.Tensor)]
            bytes_of = [local(one.detach()).nbytes for one in held]
            whole = [sum(p.nbytes for p in block.parameters()) for block in blocks(pl_module.network)]
            found.update(bytes=sum(bytes_of), block=2 * max(whole), parameters=sum(p.numel() for p in weights))

    found: dict[str, int] = {}
    build = assemble.build

    def with_held(config, key, **given):  # type: ignore[no-untyped-def]
        if key == "trainer":
            given["callbacks"] = [*given["callbacks"], Held()]
        return build(config, key, **given)

    assemble.build = with_held
    torch.set_num_threads(1)
    train(composed("train", [*words, f"run_folder={folder}"]))
    print(json.dumps(found), flush=True)


def trained(trainer: str, words: tuple[str, ...], folder: Path) -> list[dict[str, int]]:
    """Train on two ranks. Returns what each of them held."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    project = str(Path(__file__).parents[1])
    for number in range(2):
        variables = {"RANK": number, "LOCAL_RANK": number, "WORLD_SIZE": 2, "MASTER_PORT": port, "OMP_NUM_THREADS": 1}
        known = {name: str(value) for name, value in variables.items()}
        known |= {"MASTER_ADDR": "127.0.0.1", "PYTHONPATH": project}
        command = [sys.executable, __file__, "rank", str(folder), *BASE, f"trainer={trainer}", *words]
        process = subprocess.Popen(
            command, cwd=project, env=os.environ | known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
    found = []
    for process in processes:
        out, err = process.communicate(timeout=590)
        if process.returncode:
            sys.exit(f"{trainer}: exit code {process.returncode}\n{err}")
        found.append(json.loads(out.splitlines()[-1]))
    return found


def compare(name: str) -> str:
    """A line on one network."""
    import torch

    with tempfile.TemporaryDirectory() as folder:
        held, ends, rows = {}, {}, {}
        for trainer in ("ddp", "fsdp"):
            place = Path(folder, trainer)
            held[trainer] = trained(trainer, NETWORKS[name], place)
            ends[trainer] = torch.load(place / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
            with (place / "epochs.csv").open() as file:
                rows[trainer] = list(csv.DictReader(file))
    weights = max(float((ends["ddp"][key] - value).abs().max()) for key, value in ends["fsdp"].items())
    pairs = zip(rows["ddp"], rows["fsdp"], strict=True)
    scores = [abs(float(a[key]) - float(b[key])) for a, b in pairs for key in a if key.startswith(("val/", "train/"))]
    whole = max(one["bytes"] for one in held["ddp"])
    part = max(one["bytes"] for one in held["fsdp"])
    with_block = (part + held["fsdp"][0]["block"]) / whole
    million = held["ddp"][0]["parameters"] / 1e6
    sizes = f"{whole / 1e6:6.1f} MB -> {part / 1e6:6.1f} MB  {part / whole:.3f}  {with_block:.3f}"
    return f"{name:12} {million:6.2f}M  {weights:.1e}  {max(scores):.1e}  {sizes}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["rank"]:
        sys.path.insert(0, str(Path(__file__).parents[1]))
        rank(*sys.argv[2:])
    else:
        print("network     weights  differ by scores by  ddp -> fsdp, a rank      share  + a block", flush=True)
        for chosen in sys.argv[1:] or NETWORKS:
            print(compare(chosen), flush=True)
