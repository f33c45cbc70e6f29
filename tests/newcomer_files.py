"""What a newcomer has: pictures and a table, beside a project; a project with the code of a page."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_digits

PROJECT = Path(__file__).parents[1]


def write_project(folder: Path, files: Mapping[str, str]) -> None:
    """Write the engine, train.py and train.yaml into a folder, and files of one's own, by their paths in it."""
    for name in ("src/epochwise", "src/hydra_plugins"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "conf").mkdir()
    for name in ("train.py", "conf/train.yaml"):
        shutil.copy(PROJECT / name, folder / name)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        if name.endswith(".py"):
            (folder / name).with_name("__init__.py").touch()
    (folder / "src/my_project/__init__.py").touch()  # else the package of this project, which has one, goes before


def write_newcomer_files(folder: Path, num_pictures: int, num_classes: int) -> None:
    """Write ``pictures/<class>/*.png`` of 40x40 and ``beetles.csv`` into a folder."""
    digits = load_digits(n_class=num_classes)
    for index, (picture, name) in enumerate(zip(digits.images[:num_pictures], digits.target, strict=False)):
        file = folder / f"pictures/{name}/{index}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((picture * 255 / 16).astype("uint8")).resize((40, 40)).save(file)
    rows = [f"{a},{b},{a % 5},{'ant' if a > b else 'bee'}" for a in range(15) for b in range(15)]
    (folder / "beetles.csv").write_text("\n".join(["legs,wings,nest,species", *rows]) + "\n")
