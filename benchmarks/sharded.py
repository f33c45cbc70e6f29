"""What `trainer=fsdp` learns and keeps in memory, beside `trainer=ddp`, on two gloo ranks of a CPU.

    python benchmarks/sharded.py [mlp transformer resnet18]

For each network: the largest difference of a weight after 3 epochs, that of a score, and the bytes of parameters,
gradients and optimizer of a rank, as a share of DDP's: what is held behind an optimizer step, and the peak within one.
That of FSDP is as torch's own tracker counts it, with what is gathered, scattered and reduced, and what is in the
making, but without activations. That of DDP is reckoned: it keeps all gradients twice within a step, once in its
buckets; `without` is the share of the rest.
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
    from torch.distributed._tools.fsdp2_mem_tracker import FSDPMemTracker
    from torch.distributed.fsdp import FSDPModule

    from benchmarks.composed import composed
    from epochwise.commands import assemble
    from epochwise.commands.train import train
    from epochwise.device.sharded_network import local

    class Peak(FSDPMemTracker):
        most = 0

        def _update_peak_stats(self, peak_state):  # type: ignore[no-untyped-def]
            super()._update_peak_stats(peak_state)
            for kinds in self._curr_mem_snap.values():
                named = {getattr(kind, "value", kind): number for kind, number in kinds.items()}
                self.most = max(self.most, named["Total"] - named["Activation"] - named["Inputs"] - named["Buffer"])

    class Held(L.Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):  # type: ignore[no-untyped-def]
            weights = list(pl_module.network.parameters())
            states = [one for state in trainer.optimizers[0].state.values() for one in state.values()]
            held = [*weights, *[weight.grad for weight in weights if weight.grad is not None]]
            held += [one for one in states if isinstance(one, torch.Tensor)]
            bytes_of = [local(one.detach()).nbytes for one in held]
            numbers = sum(parameter.numel() for parameter in weights)
            found.update(held=sum(bytes_of), peak=sum(bytes_of) + 4 * numbers, numbers=numbers)
            self.x = batch[0][:2]  # of few samples, so that gradients of activations, which count, are small

        def on_train_end(self, trainer, pl_module):  # type: ignore[no-untyped-def]
            network, optimizer = pl_module.network, trainer.optimizers[0]
            if not isinstance(network, FSDPModule):
                return
            # By hand: within a closure the tracker takes all that is made for a part of the optimizer.
            tracker = Peak(network, optimizer)
            with tracker:
                for _ in range(2):  # only in the second step does it know the optimizer's numbers from the start
                    tracker.reset_mod_stats()
                    optimizer.zero_grad()
                    network(self.x).float().square().mean().backward()
                    optimizer.step()
            found["peak"] = tracker.most

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
    numbers = held["ddp"][0]["numbers"]
    said = f"{name:12} {numbers / 1e6:6.2f}M  {weights:.1e}  {max(scores):.1e}"
    for what in ("held", "peak"):
        whole, part = (max(one[what] for one in held[trainer]) for trainer in ("ddp", "fsdp"))
        said += f"  {whole / 1e6:6.1f} MB -> {part / 1e6:6.1f} MB  {part / whole:.3f}"
    return f"{said}  {part / (whole - 4 * numbers):.3f}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["rank"]:
        sys.path.insert(0, str(Path(__file__).parents[1]))
        rank(*sys.argv[2:])
    else:
        print(f"{'ddp -> fsdp, a rank:':45} held behind a step          peak within one", flush=True)
        print(f"network     weights  differ by scores by {'share  ':>29}{'share  without':>37}", flush=True)
        for chosen in sys.argv[1:] or NETWORKS:
            print(compare(chosen), flush=True)
