"""What stands behind the keys of a YAML file."""

import re

LINE = re.compile(r"^( *)(\w+):(?: (?:[^#'\"]|'[^']*'|\"[^\"]*\")*?)?(?: +# ?(.*))?$")


def key_comments(text: str) -> dict[str, str]:
    """Read the comments at the ends of lines, where configs say what a value counts and allows.

    Args:
        text: of a YAML file.

    Returns:
        Dotted key -> comment, for the keys that have one.
    """
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []  # indents and keys of the nodes that a line is in
    for line in text.splitlines():
        if match := LINE.match(line):
            indent, key, comment = len(match[1]), match[2], match[3]
            above = [(at, name) for at, name in above if at < indent] + [(indent, key)]
            if comment:
                found[".".join(name for _, name in above)] = comment.strip()
    return found
