"""A report as one page that needs nothing but a browser."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from epochwise.report.thin import thin

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
