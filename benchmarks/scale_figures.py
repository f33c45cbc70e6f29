"""The figures that benchmarks/scale_on_paper.py reckons with: the likely one, its slow and fast ends, unit and source.

Each was read in the source it names: a file of a public repository, an issue, a specification. Papers that were read as
abstracts or in transcriptions of their tables say so. What is reckoned from other figures stands as the formula.
"""

from typing import NamedTuple

ENDS = ("likely", "slow", "fast")


class Figure(NamedTuple):
    """A figure and its range, where sources differ; ``slow`` and ``fast`` are what they do to training."""

    likely: float
    slow: float
    fast: float
    unit: str
    source: str


def always(value: float, unit: str, source: str) -> Figure:
    """A figure without a range: its sources give one."""
    return Figure(value, value, value, unit, source)


#: Of ResNet-50 in MLPerf Training 2.0: GPUs -> (pictures a GPU and step, pictures a second of all, epochs to 75.9 %).
MLPERF = {8: (408, 27_170, 35), 64: (51, 167_758, 35), 1024: (35, 2_389_083, 56)}
#: Batch size -> epochs until ResNet-50 classifies 75.9 % of ImageNet's validation split, means of 10 to 28 runs each:
#: MLPerf's reference convergence points (mlcommons/logging, rcp_checker/training_4.0.0/rcps_resnet.json).
EPOCHS_OF_BATCH = {
    1632: 34.9,
    3264: 35.2,
    4096: 40.0,
    8192: 42.0,
    13056: 45.4,
    32768: 56.0,
    49152: 68.0,
    58880: 79.9,
    65536: 84.5,
    67840: 85.9,
}
#: MPT-1b (1,315,950,592 parameters, 2,048 tokens a sequence, FSDP): A100 of 40 GB -> (sequences a GPU and step, tokens
#: a second and GPU). llm-foundry, scripts/train/benchmarking/README.md; its row of 32 GPUs (15,555) is out of line.
MPT_1B = {8: (64, 19_271), 16: (8, 19_085), 64: (10, 19_001), 128: (10, 18_647)}
MPT_1B_PARAMETERS, MPT_1B_TOKENS = 1_315_950_592, 2_048

GPUS_A_MACHINE = 8
#: A step of 51 pictures and one of 408, by MLPerf: what a step takes whatever its batch, and each picture.
SECONDS_A_PICTURE = (408 / (27_170 / 8) - 51 / (167_758 / 64)) / (408 - 51)
SECONDS_A_STEP = 51 / (167_758 / 64) - 51 * SECONDS_A_PICTURE

_MLPERF = "MLPerf Training 2.0, NVIDIA's result logs of 8 and 64 A100 (mlcommons/training_results_v2.0)"
_EXAMPLES = "NVIDIA/DeepLearningExamples, ResNet50 v1.5 on a DGX A100, 1 GPU, batch 256, mixed precision"
_CLUSTER = "stas00/ml-engineering"
FIGURES = {
    "a step of ResNet-50, its batch aside": always(1e3 * SECONDS_A_STEP, "ms", f"from two rows of {_MLPERF}"),
    "a picture of ResNet-50": Figure(
        1e3 / 2_470 - 1e3 * SECONDS_A_STEP / 256,
        1e3 / 2_180 - 1e3 * SECONDS_A_STEP / 256,
        1e3 * SECONDS_A_PICTURE,
        "ms",
        f"2,470 a second by PyTorch, 2,180 by MXNet: {_EXAMPLES}, less the step's share; fast: {_MLPERF}",
    ),
    "operations of a 1B language model": Figure(
        158.4,
        103.5,
        162.0,
        "TFLOP/s",
        "6 N times tokens a second: TinyLlama 1.1B 24,000 (its README), Pythia-1.0B 300e9 in 4,830 GPU-hours (there), "
        "MPT-1b 20,513 (llm-foundry, scripts/train/benchmarking)",
    ),
    "memory of an A100": always(1555.0, "GB/s", "A100 of 40 GB: PC2 Paderborn, specification"),
    "all-reduce in a machine": Figure(
        234.9, 200.0, 234.9, "GB/s", f"nccl-tests on 8 A100: {_CLUSTER}, network; slow: NVIDIA/nccl-tests issue 149"
    ),
    "all-reduce over machines": Figure(
        182.0,
        86.0,
        200.0,
        "GB/s",
        "91 measured over 4 network cards of 200 Gb/s (NVIDIA/nccl-tests issue 100), here 8; "
        "slow: 86 over 4 (issue 175); fast: what 8 can carry",
    ),
    "bytes of a gradient": Figure(4, 4, 2, "bytes", "fp32 under autocast; fast: sent in 16 bits"),
    "cores that read for a GPU": Figure(
        16, 6, 16, "cores", f"DGX A100: 128 cores, 8 GPUs (hardwaretimes.com); slow: 48 cores ({_CLUSTER}, network)"
    ),
    "pictures a core reads": Figure(
        285, 244, 285, "pictures/s", "measured: benchmarks/picture_reading.py, README; slow: torchvision's, there"
    ),
    "storage that all machines share": Figure(
        float("inf"),
        57.5,
        float("inf"),
        "GB/s",
        f"slow: 2.3 TB in 40 s, written ({_CLUSTER}, storage); else each machine keeps ImageNet's 144 GB in its memory",
    ),
    "a checkpoint, while training waits": Figure(
        24.8,
        0.15,
        24.8,
        "GB/s",
        "a copy over PCIe 4 at 80 % of 31, written beside training; "
        f"slow: one process writes, a 384th of 57.5 ({_CLUSTER}, storage)",
    ),
    "critical batch of a 1B language model": Figure(
        2.0e6,
        1.0e6,
        3.4e6,
        "tokens",
        "Kaplan et al. 2020, section 1.1: 1 to 2 million for their largest; fast: 2e8 L^(-1/0.21), "
        "L = (8.8e13 / N)^0.076 (section 1.2; both read in transcriptions)",
    ),
}
#: NCCL's own figures (src/graph/tuning.cc, protocol LL128), microseconds: a call, a hop by NVLink, a hop by network.
RING_MICROSECONDS, TREE_MICROSECONDS = (14.0, 1.9, 4.0), (14.0, 1.25, 8.5)
#: Gradients go in buckets beside backward, except the last: DistributedDataParallel's default, bytes.
LAST_BUCKET = 25 * 2**20
#: Of a step's operations: 4 N of 6 N (Kaplan et al. 2020, section 2.1).
BACKWARD_SHARE = 2 / 3
#: AdamW in fp32 reads weight, gradient and two moments and writes three of them, bytes a parameter.
ADAMW_BYTES = 28
#: 144 GB of 1.3 million files: NetAppDocs/netapp-solutions, a400-thinksystem-test-configuration.
BYTES_A_PICTURE, BYTES_A_TOKEN = 108e3, 2


def figures(end: str) -> dict[str, float]:
    """Each figure at one end of its range; ``end`` is one of ENDS."""
    return {name: getattr(figure, end) for name, figure in FIGURES.items()}


def table() -> str:
    """The figures as Markdown."""

    def said(value: float) -> str:
        return "no bound" if value == float("inf") else f"{value:,.3g}" if value < 1e3 else f"{value:,.0f}"

    lines = ["| | likely | slow | fast | unit | source |", "|---|---|---|---|---|---|"]
    for name, (likely, slow, fast, unit, source) in FIGURES.items():
        lines.append(f"| {name} | {said(likely)} | {said(slow)} | {said(fast)} | {unit} | {source} |")
    return "\n".join(lines)
