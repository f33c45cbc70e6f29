"""The page, the picture and the findings of a report, as files."""

import json
import os
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from epochwise.input_error import InputError
from epochwise.report.picture import draw_picture
from epochwise.report.read_runs import ReportRun
from epochwise.report.thin import thin
from epochwise.run.run_folder import finite, read_json, whole_file

#: In the order in which they need each other.
SCRIPTS = (
    "element.js",
    "numbers.js",
    "places.js",
    "scale.js",
    "shapes.js",
    "readout.js",
    "chart.js",
    "marks.js",
    "charts.js",
    "verdict.js",
    "findings.js",
    "runs.js",
    "curves.js",
    "counts.js",
    "page.js",
)
#: What the numbers may take; the rest of a page is some 50 kB.
MOST_BYTES = 930_000


def page(document: dict[str, Any]) -> str:
    """Fill the page with what is shown of runs.

    The text stands for itself: styles, scripts and numbers are in it, and its policy forbids any request. Names and
    reasons may come from a stranger's file; they stand in a block of JSON that they cannot end, and scripts put them on
    the page as text.

    Args:
        document: see ``document.make_document``; numbers are shown to 6 significant digits. Where there are too many
            for 1 MB, fewer epochs are drawn (``thin``) and the page says so.
    """
    data = thin(document, MOST_BYTES)
    style = "".join(_texts("page.css"))
    script = "\n".join(_texts(*SCRIPTS))
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:"
    title = escape(str(document.get("title") or "report"))
    return Template("".join(_texts("page.html"))).substitute(
        title=title.encode("ascii", "xmlcharrefreplace").decode("ascii"),
        policy=f"{policy}; base-uri 'none'; form-action 'none'",
        style=style,
        data=_inlined(data),
        script=script,
    )


def _texts(*names: str) -> Iterator[str]:
    here = files("epochwise.report")
    return (here.joinpath(name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _inlined(data: dict[str, Any]) -> str:
    """JSON in ASCII (so U+2028 and halves of a surrogate pair are escaped) in which nothing can be taken for markup."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


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


def is_result(file: Path) -> bool:
    """Whether a report wrote it, so that the next one may write it anew."""
    found = read_json(file)
    return "epochs_run" in found and "verdict" in found


def write_findings(run: ReportRun, findings: Mapping[str, Any], file: Path) -> bool:
    """Write what ``epochs.analysis.analyse`` says of a run to its ``result.json``, beside what stands there.

    A run of this project that has no result yet is under way or was killed: nothing is written, since programs take
    the file for the end of the run.

    Args:
        run: as it was read.
        findings: what is written.
        file: where.

    Returns:
        Whether it was written.

    Raises:
        InputError: the file is somebody else's, or the folder takes none.
    """
    if file.exists() and not run.result and not is_result(file):
        raise InputError(f"runs: {file} is there and no result of a run; allowed: output=FOLDER, another folder")
    if not run.result and run.settings:
        return False
    counts = {"monitor": run.monitor, "mode": run.mode, "epochs_run": len(run.rows)}
    result = (run.result or counts) | counts | dict(findings)
    with whole_file(file) as target:
        json.dump(finite(result), target, indent=2, allow_nan=False)
        target.write("\n")
    return True
