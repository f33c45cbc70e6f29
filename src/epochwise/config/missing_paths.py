"""Files and folders of the command line that are not there, before anything is imported to read them."""

from epochwise.data.existing_path import existing_path
from epochwise.input_error import InputError

#: Key -> the choice that reads a path there, which has to be; others download, or know names of their own.
READ_BY = {"data.root": "data=image_folder", "data.path": "data=table", "predict": None}
SHIPPED = ("breast_cancer", "diabetes", "wine")  # tables of scikit-learn, by name


def check_paths(words: list[str]) -> None:
    """Look for what is named.

    Args:
        words: overrides, as typed.

    Raises:
        InputError: a line for each path at which nothing is.
    """
    lines: list[str] = []
    for word in words:
        key, sign, value = word.partition("=")
        chosen = READ_BY.get(key, "") is None or READ_BY.get(key) in words
        value = value[1:-1].replace("\\'", "'") if value[:1] == value[-1:] == "'" else value
        if not (sign and chosen and value) or value in SHIPPED or "," in value or "${" in value or value == "null":
            continue
        try:
            existing_path(value, key)
        except InputError as error:
            lines += error.lines
    if lines:
        raise InputError(*lines)
