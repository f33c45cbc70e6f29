"""The report of runs, for people."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from epochwise.report.page import page
from epochwise.report.picture import draw_picture
from epochwise.run.whole_file import whole_file


def write_report(document: Mapping[str, Any], folder: Path) -> Path:
    """Write ``report.html`` and ``curves.png``.

    Args:
        document: see ``make_document``.
        folder: where; made where it is absent.

    Returns:
        The page.
    """
    os.makedirs(folder, exist_ok=True)
    path = folder / "report.html"
    with whole_file(path) as file:
        file.write(page(dict(document)))
    draw_picture(dict(document), folder / "curves.png")
    return path
