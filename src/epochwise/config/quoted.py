"""Text as a value of an override."""


def quoted(text: str) -> str:
    """Put text in quotes, so that Hydra reads it as it is, whatever stands in it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
