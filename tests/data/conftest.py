"""Real files to read, as small as they can be."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def write_pictures():
    """Write ``count`` random pictures ``0.png``, ``1.png``... into a folder."""

    def write(folder, count, mode="RGB", size=(12, 10), suffix=".png"):
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(count)
        for number in range(count):
            pixels = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(pixels).convert(mode).save(folder / f"{number}{suffix}")
        return folder

    return write


@pytest.fixture
def pets(tmp_path, write_pictures):
    """20 cats and 30 dogs, grey and coloured, of different sizes."""
    write_pictures(tmp_path / "pets" / "cat", 20, mode="L", size=(20, 15))
    write_pictures(tmp_path / "pets" / "dog", 30, suffix=".jpg")
    return tmp_path / "pets"
