"""Pictures and a table as a newcomer has them, beside a project."""

from pathlib import Path

from PIL import Image
from sklearn.datasets import load_digits


def write_newcomer_files(folder: Path, num_pictures: int, num_classes: int) -> None:
    """Write ``pictures/<class>/*.png`` of 40x40 and ``beetles.csv`` into a folder."""
    digits = load_digits(n_class=num_classes)
    for index, (picture, name) in enumerate(zip(digits.images[:num_pictures], digits.target, strict=False)):
        file = folder / f"pictures/{name}/{index}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((picture * 255 / 16).astype("uint8")).resize((40, 40)).save(file)
    rows = [f"{a},{b},{a % 5},{'ant' if a > b else 'bee'}" for a in range(15) for b in range(15)]
    (folder / "beetles.csv").write_text("\n".join(["legs,wings,nest,species", *rows]) + "\n")
