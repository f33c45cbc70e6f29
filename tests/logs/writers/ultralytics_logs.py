# /// script
# requires-python = "==3.11.*"
# dependencies = ["ultralytics==8.4.190", "torch==2.14.1", "torchvision==0.29.1", "matplotlib==3.11.2"]
# ///
"""Ultralytics: results.csv of a detector and of a classifier, each the smallest that its YAML makes, on drawn pictures.

Nothing is downloaded: weights start at random, and a font of matplotlib's stands where Ultralytics looks for its own.
"""

import os
import shutil
import tempfile
from pathlib import Path

os.environ |= {"YOLO_CONFIG_DIR": tempfile.mkdtemp(), "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false"}
import matplotlib
import numpy as np
import torch
from best import logs_of, says
from PIL import Image
from ultralytics import YOLO
from ultralytics.utils import USER_CONFIG_DIR

FONT = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")
TRAINING = {
    "batch": 16, "nbs": 16, "workers": 0, "device": "cpu", "plots": False, "seed": 0, "verbose": False,
    "optimizer": "Adam", "warmup_epochs": 1, "mosaic": 0, "close_mosaic": 0,
}  # fmt: skip


def square(draw):
    """A picture of noise with a bright square in it, and the square's middle and size as fractions of the picture."""
    pixels = draw.integers(0, 120, (64, 64, 3), dtype="uint8")
    size = int(draw.integers(20, 40))
    x, y = draw.integers(0, 64 - size, 2)
    pixels[y : y + size, x : x + size] += 130
    return Image.fromarray(pixels), ((x + size / 2) / 64, (y + size / 2) / 64, size / 64, size / 64)


def detection_data(images=48):
    draw = np.random.default_rng(0)
    for part in ("train", "val"):
        for folder in ("images", "labels"):
            Path("squares", folder, part).mkdir(parents=True)
        for number in range(images):
            picture, box = square(draw)
            picture.save(f"squares/images/{part}/{number}.png")
            Path(f"squares/labels/{part}/{number}.txt").write_text("0 " + " ".join(f"{side:.4f}" for side in box))
    path = Path("squares.yaml").resolve()
    path.write_text(f"path: {path.parent}/squares\ntrain: images/train\nval: images/val\nnames: {{0: square}}\n")
    return path


def classification_data(images=120):
    draw = np.random.default_rng(0)
    for part in ("train", "val"):
        for name in ("dark", "light"):
            Path("shades", part, name).mkdir(parents=True)
        for number in range(images):
            light = number % 2 == 0
            name = "light" if light != (draw.random() < 0.1) else "dark"
            pixels = draw.integers(0, 200, (32, 32, 3)) + 30 * light
            Image.fromarray(pixels.astype("uint8")).save(f"shades/{part}/{name}/{number}.png")
    return Path("shades").resolve()


def train(folder, name, yaml, data, epochs, score_name, **options):
    """Train, and keep results.csv; which epoch was the best stands in the trainer's stopper."""
    model = YOLO(yaml)
    found = {}
    model.add_callback("on_train_end", lambda run: found.update(best=run.stopper.best_epoch, epochs=run.epoch + 1))
    model.train(data=data, epochs=epochs, project=Path("runs").resolve(), name=name, **TRAINING | options)
    shutil.copy(f"runs/{name}/results.csv", folder / f"{name}.csv")
    fitness = torch.load(f"runs/{name}/weights/best.pt", weights_only=False)["train_metrics"]["fitness"]
    says(
        f"ultralytics/{name}.csv", "ultralytics", "EarlyStopping.best_epoch", found["best"], number=found["best"],
        counted_from=1, score=fitness, score_name=score_name, mode="max", epochs=found["epochs"],
    )  # fmt: skip


if __name__ == "__main__":
    torch.set_num_threads(1)
    shutil.copy(FONT, USER_CONFIG_DIR / "Arial.ttf")
    with logs_of("ultralytics") as folder:
        detection = {"imgsz": 64, "lr0": 0.003, "patience": 2}
        train(folder, "detect", "yolov8n.yaml", detection_data(), 25, "metrics/mAP50-95(B)", **detection)
        classification = {"imgsz": 32, "lr0": 0.0005, "patience": 6, "erasing": 0, "hsv_v": 0, "auto_augment": None}
        train(folder, "classify", "yolov8n-cls.yaml", classification_data(), 20, "fitness", **classification)
