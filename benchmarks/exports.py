"""How far exported networks are from their checkpoints, on 500 real samples each, as docs/export.md has it.

    python benchmarks/exports.py                    # an epoch of each network, and three files of each
    python benchmarks/exports.py mlp table          # some of them

It needs the packages of the extras export and mnist5k.
"""

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = (
    "data=mnist5k data.max_train_samples=500 trainer.max_epochs=1 trainer.limit_val_batches=2 ~callbacks.train_eval"
)
#: The regression is of one column of the same 569 tumours from the others.
AREA = "data=table 'data.target=mean area' data.kind=number data.ignore_columns=[target]"
#: Network -> what is typed to train it, and to name 500 samples or more that it is compared on.
RUNS = {
    "mlp": (f"{PICTURES} model=mlp", ""),
    "cnn": (f"{PICTURES} model=cnn", ""),
    "resnet": (f"{PICTURES} model=resnet", ""),
    "timm": (f"{PICTURES} model=timm model.model_name=mobilenetv3_small_100", ""),
    "table": ("data=table trainer.max_epochs=20", "data=table split=all"),
    "numbers": (f"{AREA} task=regression trainer.max_epochs=20", f"{AREA} split=all"),
}
QUIET = (
    "stopping=none",
    "report=false",
    "~callbacks.progress_bar",
    "~loggers.tensorboard",
    "trainer.limit_test_batches=0",
)
FORMATS = ("onnx", "torch_export", "safetensors")
LARGEST = re.compile(r"prediction (\S+) of up to (\S+), output (\S+) of up to \S+, on (\d+) samples")


def called(script: str, typed: str, *words: str) -> str:
    """What a command prints.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, str(ROOT / script), *shlex.split(typed), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return done.stdout


def main(names: list[str]) -> None:
    """Train, export and print a row a network: the largest difference of either output.

    That of predictions above 1, numbers in the unit of their target, is a share of the largest.
    """
    print(f"| | samples | {' | '.join(FORMATS)} |")
    print(f"|---|---|{'---|' * len(FORMATS)}")
    for name in names or RUNS:
        train, compare = RUNS[name]
        with tempfile.TemporaryDirectory() as folder:
            called("train.py", train, *QUIET, f"hydra.run.dir={folder}/run")
            cells = []
            for kind in FORMATS:
                said = called("evaluate.py", compare, f"run={folder}/run", f"export={kind}")
                match = LARGEST.search(said)
                assert match, said
                prediction, most, output = map(float, match.groups()[:3])
                cells.append(f"{max(prediction / max(most, 1.0), output):.1e}")
        print(f"| {name} | {match[4]} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
