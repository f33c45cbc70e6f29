"""What an epoch of ResNet-50 on ImageNet and of a 1B language model costs on 1, 8, 64 and 1024 GPUs, on paper.

    python benchmarks/scale_on_paper.py

Trains nothing and takes a second: it reckons with the figures of benchmarks/scale_figures.py and writes the tables of
docs/scale.md between their marks. A step takes as long as its batch does, and what of the all-reduce does not fit
beside backward, or as long as reading its samples, if that is longer. An epoch is its steps and its checkpoints.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf, log2
from pathlib import Path
from typing import NamedTuple

import scale_figures as given

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"


@dataclass(frozen=True)
class Work:
    """A network and its data: an epoch's samples, parameters, bytes of a checkpoint, and batches of one GPU."""

    name: str
    samples: float
    unit: str
    parameters: float
    checkpoint_bytes: float
    checkpoints: int
    rows: tuple[tuple[int, int], ...]  # GPUs, samples a GPU and step
    largest: int  # samples a GPU and step


RESNET = Work(
    *("ResNet-50, ImageNet", 1_281_167, "pictures", 25_557_032, 8 * 25_557_032, 1),
    rows=((1, 256), (8, 256), (64, 51), (64, 256), (1024, 8), (1024, 64)),
    largest=256,
)
LANGUAGE = Work(
    *("1.1B language model, 22e9 tokens", 22e9, "tokens", 1.1e9, 12 * 1.1e9, 20),
    rows=((1, 16_384), (8, 16_384), (64, 16_384), (1024, 2_048), (1024, 16_384)),
    largest=16_384,
)


class Epoch(NamedTuple):
    """Of an epoch: its steps, seconds, those of them by what they go to, and seconds of a step's whole all-reduce."""

    steps: int
    seconds: float
    parts: dict[str, float]
    all_reduce: float


def all_reduce(gpus: int, size: float, figures: dict[str, float]) -> float:
    """Seconds to sum ``size`` bytes over N GPUs: 2 (N - 1) / N of them over the bandwidth, and a ring's or tree's hops.

    The hops are NCCL's model (src/graph/tuning.cc): a ring has 2 (N - 1), two of them a machine over the network; a
    tree goes through each machine and up and down log2 of their number.
    """
    if gpus == 1:
        return 0.0
    machines = ceil(gpus / given.GPUS_A_MACHINE)
    outer = 2 * machines if machines > 1 else 0
    call, inside, network = given.RING_MICROSECONDS
    ring = call + (2 * (gpus - 1) - outer) * inside + outer * network
    call, inside, network = given.TREE_MICROSECONDS
    tree = call + 2 * ((ceil(gpus / machines) - 1) * inside + int(log2(machines)) * network)
    bandwidth = figures["all-reduce over machines" if machines > 1 else "all-reduce in a machine"]
    return 2 * (gpus - 1) / gpus * size / (bandwidth * 1e9) + min(ring, tree) / 1e6


def epoch(work: Work, gpus: int, batch: int, figures: dict[str, float]) -> Epoch:
    """What an epoch takes with ``batch`` samples a GPU and step."""
    if work is RESNET:
        fixed = figures["a step of ResNet-50, its batch aside"] / 1e3
        computed = batch * figures["a picture of ResNet-50"] / 1e3
        read = figures["cores that read for a GPU"] * figures["pictures a core reads"]
        read = min(read, figures["storage that all machines share"] * 1e9 / given.BYTES_A_PICTURE / gpus)
    else:
        fixed = given.ADAMW_BYTES * work.parameters / (figures["memory of an A100"] * 1e9)
        computed = batch * 6 * work.parameters / (figures["operations of a 1B language model"] * 1e12)
        read = figures["storage that all machines share"] * 1e9 / given.BYTES_A_TOKEN / gpus
    size = work.parameters * figures["bytes of a gradient"]
    whole = all_reduce(gpus, size, figures)
    beside = given.BACKWARD_SHARE * computed
    waited = max(whole - beside, all_reduce(gpus, min(size, given.LAST_BUCKET), figures))
    steps = ceil(work.samples / (gpus * batch))
    full = work.samples / (gpus * batch)  # the last step of an epoch is smaller
    parts = {
        "compute": full * computed,
        "small steps": steps * fixed,
        "all-reduce": steps * waited,
        "input": max(0.0, full * batch / read - full * computed - steps * (fixed + waited)),
        "checkpoint": work.checkpoints * work.checkpoint_bytes / (figures["a checkpoint, while training waits"] * 1e9),
    }
    return Epoch(steps, sum(parts.values()), parts, whole)


def binds(parts: dict[str, float]) -> str:
    """What most of the time goes to; input where the GPUs wait for it, since then it sets the pace."""
    most = max(parts, key=lambda part: parts[part])
    return "input" if parts["input"] > 0 and most != "checkpoint" else most


def epochs(work: Work, batch: float, figures: dict[str, float]) -> float:
    """Epochs until the goal, by the global batch; infinity beyond the largest that is published.

    ResNet-50: MLPerf's, between two batches on the line through them. The language model: those that give what one
    epoch gives in small batches, 1 + B / B_crit (McCandlish et al. 2018; Kaplan et al. 2020, section 5.1).
    """
    if work is LANGUAGE:
        return 1 + batch / figures["critical batch of a 1B language model"]
    points = sorted(given.EPOCHS_OF_BATCH.items())
    if batch <= points[0][0]:
        return points[0][1]
    for (low, before), (high, after) in pairwise(points):
        if batch <= high:
            return before + (after - before) * (batch - low) / (high - low)
    return inf


def in_all(work: Work, gpus: int, batch: int, figures: dict[str, float]) -> float:
    """Seconds until the goal."""
    return epochs(work, gpus * batch, figures) * epoch(work, gpus, batch, figures).seconds


def best(work: Work, gpus: int, figures: dict[str, float]) -> tuple[float, int]:
    """The fewest seconds until the goal, and the batch a GPU that gives them, of powers of two and the largest."""
    powers = [2**power for power in range(int(log2(work.largest)) + 1)]
    return min((in_all(work, gpus, batch, figures), batch) for batch in powers)


def last_useful(work: Work, figures: dict[str, float]) -> int:
    """The most GPUs, of powers of two, that still take a third off what half as many need until the goal."""
    gpus = 1
    while best(work, 2 * gpus, figures)[0] <= best(work, gpus, figures)[0] * 2 / 3:
        gpus *= 2
    return gpus


def rounded(number: float) -> str:
    """Three digits that count, thousands parted."""
    return f"{float(f'{number:.3g}'):,g}" if number < 1e3 else f"{float(f'{number:.3g}'):,.0f}"


def said(seconds: float) -> str:
    """Seconds as one would say them."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{rounded(seconds / length)} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def cost_table(work: Work) -> str:
    """What an epoch costs, and all of them."""
    likely, slow, fast = (given.figures(end) for end in given.ENDS)
    heads = [
        f"{work.name}: GPUs x batch of each",
        "steps an epoch",
        f"{work.unit} a second",
        "an epoch takes (from, to)",
    ]
    heads += ["GPU-hours", "all-reduce of a step, waited for", "what binds; at the slow end"]
    heads += ["epochs", "in all (from, to)", "GPU-hours"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for gpus, batch in work.rows:
        made, at_worst, at_best = (epoch(work, gpus, batch, figures) for figures in (likely, slow, fast))
        waited = made.parts["all-reduce"] / made.steps
        whole = [in_all(work, gpus, batch, figures) for figures in (likely, fast, slow)]
        lines.append(
            f"| {gpus:,} x {batch:,} | {made.steps:,} | {rounded(work.samples / made.seconds)} | "
            f"**{said(made.seconds)}** ({said(at_best.seconds)}, {said(at_worst.seconds)}) | "
            f"{rounded(gpus * made.seconds / 3600)} | {1e3 * made.all_reduce:.1f} ms, {1e3 * waited:.1f} | "
            f"{binds(made.parts)}; {binds(at_worst.parts)} | {epochs(work, gpus * batch, likely):.3g} | "
            f"**{said(whole[0])}** ({said(whole[1])}, {said(whole[2])}) | {rounded(gpus * whole[0] / 3600)} |"
        )
    return "\n".join(lines)


def limit_table() -> str:
    """Where more GPUs no longer shorten the whole."""
    lines = ["| GPUs | ResNet-50: best batch of each | epochs | in all | 1.1B: best batch of each | epochs | in all |"]
    lines.append("|---|---|---|---|---|---|---|")
    figures = given.figures("likely")
    for gpus in (1, 8, 64, 256, 1024, 4096, 16384):
        cells = [f"{gpus:,}"]
        for work in (RESNET, LANGUAGE):
            seconds, batch = best(work, gpus, figures)
            cells += [f"{batch:,}", f"{epochs(work, gpus * batch, figures):.3g}", said(seconds)]
        lines.append(f"| {' | '.join(cells)} |")
    up_to = {work: [f"{last_useful(work, given.figures(end)):,}" for end in given.ENDS] for work in (RESNET, LANGUAGE)}
    said_of = {work: f"up to {likely} (slow end {slow}, fast {fast})" for work, (likely, slow, fast) in up_to.items()}
    lines += ["", f"Twice the GPUs take a third off the whole of ResNet-50 {said_of[RESNET]}, of the language model"]
    lines.append(f"{said_of[LANGUAGE]}.")
    return "\n".join(lines)


def check_table() -> str:
    """The reckoning against what was measured, on one more scale than its figures come from."""
    lines = ["| measured | a second | on paper | paper / measured |", "|---|---|---|---|"]

    def row(name: str, measured: float, work: Work, gpus: int, batch: int, figures: dict[str, float]) -> None:
        made = epoch(work, gpus, batch, figures)
        paper = work.samples / (made.seconds - made.parts["checkpoint"])
        lines.append(f"| {name} | {measured:,.0f} | {paper:,.0f} | {paper / measured:.2f} |")

    likely, slow, fast = (given.figures(end) for end in given.ENDS)
    beside_mlperf = {**fast, "pictures a core reads": inf}  # its pictures are decoded on GPUs
    for gpus, (batch, rate, _) in given.MLPERF.items():
        row(f"ResNet-50, MLPerf 2.0, {gpus:,} A100, {batch} a GPU", rate, RESNET, gpus, batch, beside_mlperf)
    as_mxnet = {**likely, "a picture of ResNet-50": slow["a picture of ResNet-50"]}
    row("ResNet-50, NVIDIA's PyTorch example, 8 A100, 256 a GPU", 16_621, RESNET, 8, 256, likely)
    row("ResNet-50, NVIDIA's MXNet example, 8 A100, 256 a GPU", 16_925, RESNET, 8, 256, as_mxnet)
    mpt = Work("MPT-1b", 22e9, "tokens", given.MPT_1B_PARAMETERS, 0, 0, (), 0)
    here = {**likely, "operations of a 1B language model": given.MPT_1B[8][1] * 6 * given.MPT_1B_PARAMETERS / 1e12}
    for gpus, (sequences, rate) in given.MPT_1B.items():
        name = f"MPT-1b, llm-foundry, {gpus} A100, {sequences} sequences a GPU"
        row(name, gpus * rate, mpt, gpus, sequences * given.MPT_1B_TOKENS, here)
    return "\n".join(lines)


def tables() -> dict[str, str]:
    """Mark on the page -> its table."""
    return {
        "scale_resnet": cost_table(RESNET),
        "scale_language": cost_table(LANGUAGE),
        "scale_limit": limit_table(),
        "scale_check": check_table(),
        "scale_figures": given.table(),
    }


def main() -> None:
    """Print the tables, and put them in their places on the page."""
    text = PAGE.read_text()
    for name, made in tables().items():
        print(f"{name}\n{made}\n")
        start, mark, rest = text.partition(f"<!-- {name} -->\n")
        text = f"{start}{mark}{made}\n{rest[rest.index('<!-- end -->') :]}"
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
