"""Interpolations into what the data will publish."""

import re

from epochwise.config.allowed_names import allowed_names
from epochwise.config.signature import signature

SPEC = "epochwise.data.spec.Spec"
FIELD = re.compile(r"\$\{\s*spec\s*(?:\.|\[)\s*(\w+)")


def spec_faults(written: dict[str, str]) -> dict[str, str]:
    """Check the names that follow ``${spec.``.

    Args:
        written: dotted key -> the text with interpolations that stands there.

    Returns:
        Dotted key -> line, for each key that refers to a field the spec does not have.
    """
    spec = signature(SPEC)
    fields = list(spec.parameters) if spec else []
    faults = {}
    for key, text in written.items():
        for name in FIELD.findall(text):
            if fields and name not in fields:
                faults[key] = f"{key}: got {text!r}: no {name!r} in spec{allowed_names(name, fields)}"
    return faults
