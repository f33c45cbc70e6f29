"""Other libraries, in an environment of their own: one of them trains a work, an epoch at a time.

    python benchmarks/speed_rivals.py WAY WORK FOLDER     # WAY: skorch, fastai or keras

Each has what it does by itself: its history or recorder, loss and accuracy of the validation samples, no files. AdamW,
one batch size, one thread, the same data and, but for Keras, the same network.
"""

import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from speed_turns import Turns
from speed_work import BATCH, WORKS

#: Without what they need of this environment: torch, NumPy, pandas and the like are the same for all.
PINNED = (
    *("skorch==1.4.0", "tabulate==0.10.0"),
    *("keras==3.15.1", "ml-dtypes==0.6.0"),
    *("fastai==2.8.12", "fastcore==2.2.41", "fastprogress==1.1.6", "fasttransform==0.0.5", "fastdownload==0.0.8"),
    *("plum-dispatch==2.10.1", "beartype==0.23.1"),
    # fastprogress draws with a web framework.
    *("python-fasthtml==0.14.14", "fastlite==0.2.4", "apswutils==0.1.2", "apsw==3.54.1.0", "itsdangerous==2.2.0"),
    *("oauthlib==4.0.1", "beautifulsoup4==4.15.0", "soupsieve==4.1.3", "python-multipart==0.0.34"),
    *("starlette==1.10.0", "uvicorn==0.54.0", "httpx==0.28.1", "httpcore==1.0.9"),
)
MANY = 1_000


def rivals_python(folder: Path | None) -> str | None:
    """The Python of the environment in a folder, which is made where it is missing; ``None`` without a folder."""
    if folder is None:
        return None
    python = folder.absolute() / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        packages = next((folder / "lib").glob("python*")) / "site-packages"
        here = [path for path in sys.path if path.endswith("site-packages")]
        (packages / "zz_this_environment.pth").write_text("\n".join(here))  # its torch is not installed twice
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", *PINNED], check=True)
    names = ("torch", "skorch", "fastai", "keras")
    code = f"from importlib.metadata import version\nprint(*(f'{{n}} {{version(n)}}' for n in {names}), sep=', ')"
    print("rivals:", subprocess.check_output([str(python), "-c", code], text=True).strip(), flush=True)
    return str(python)


def skorch(network: Any, data: Any, turns: Turns) -> None:
    """NeuralNetClassifier, with its history and the accuracy of the validation samples."""
    import torch
    from skorch import NeuralNetClassifier
    from skorch.callbacks import Callback
    from skorch.dataset import Dataset
    from skorch.helper import predefined_split

    class Ask(Callback):  # type: ignore[misc]
        def on_epoch_begin(self, net: Any, **_: Any) -> None:
            turns()

    net = NeuralNetClassifier(
        network, criterion=torch.nn.CrossEntropyLoss, optimizer=torch.optim.AdamW, lr=2e-3,
        optimizer__weight_decay=0.05,
        batch_size=BATCH, max_epochs=MANY, iterator_train__shuffle=True, callbacks=[("ask", Ask())],
        train_split=predefined_split(Dataset(data["x_val"], data["y_val"])), verbose=0,
    )  # fmt: skip
    net.fit(data["x"], data["y"])


def fastai(network: Any, data: Any, turns: Turns) -> None:
    """Learner.fit with its Recorder, over its own DataLoaders."""
    import torch
    from fastai.callback.core import Callback
    from fastai.data.core import DataLoaders
    from fastai.data.load import DataLoader
    from fastai.learner import Learner
    from fastai.metrics import accuracy
    from fastai.optimizer import OptimWrapper

    class Ask(Callback):  # type: ignore[misc]
        def before_epoch(self) -> None:
            turns()

    sets = [list(zip(*map(torch.from_numpy, pair), strict=True)) for pair in _pairs(data)]
    loaders = DataLoaders(DataLoader(sets[0], bs=BATCH, shuffle=True), DataLoader(sets[1], bs=BATCH), device="cpu")
    make = partial(OptimWrapper, opt=torch.optim.AdamW)
    learner = Learner(loaders, network, torch.nn.functional.cross_entropy, make, metrics=accuracy, cbs=[Ask()])
    with learner.no_logging():
        learner.fit(MANY, lr=2e-3, wd=0.05)


def keras(network: Any, data: Any, turns: Turns) -> None:
    """Model.fit on torch, with layers of its own: the same sizes."""
    from keras import Sequential, callbacks, layers, optimizers
    from keras.losses import SparseCategoricalCrossentropy

    class Ask(callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            turns()

    if type(network).__name__ == "MLP":
        body = [layers.Flatten()]
        for _ in range(2):
            body += [layers.Dense(256, activation="relu"), layers.Dropout(0.3)]
    else:
        body = []
        for index, width in enumerate((16, 32, 64)):
            body += [layers.MaxPooling2D()] if index else []
            for _ in range(2):
                block = [layers.Conv2D(width, 3, padding="same", use_bias=False), layers.BatchNormalization()]
                body += [*block, layers.ReLU()]
        body += [layers.GlobalAveragePooling2D(), layers.Dropout(0.1)]
    model = Sequential([*body, layers.Dense(10)])
    model.compile(optimizers.AdamW(2e-3, 0.05), SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    (x, y), val = _pairs(data)
    model.fit(x, y, BATCH, MANY, verbose=0, validation_data=val, validation_batch_size=BATCH, callbacks=[Ask()])


def _pairs(data: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """Training and validation samples as floats, with their classes."""
    return [(data[x], data[y]) for x, y in (("x", "y"), ("x_val", "y_val"))]


def main() -> None:
    """Train until nobody asks for more."""
    way, name, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if find_spec(way) is None:
        raise SystemExit(f"{way} is not installed in this environment")
    import torch

    torch.set_num_threads(WORKS[name].threads)
    torch.manual_seed(0)
    turns = Turns()
    read = np.load(folder / "train.npz")
    scale = 255 if read["x"].dtype == np.uint8 else 1
    data = {key: read[key] if key.startswith("y") else (read[key] / scale).astype(np.float32) for key in read}
    if way == "keras" and data["x"].ndim == 4:
        data |= {key: np.moveaxis(data[key], 1, -1) for key in ("x", "x_val")}  # its channels come last
    network = WORKS[name].network(read["x"].shape[1:])
    {"skorch": skorch, "fastai": fastai, "keras": keras}[way](network, data, turns)


if __name__ == "__main__":
    main()
