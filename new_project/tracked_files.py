"""The files of the template, with git or without."""

import subprocess
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath


def tracked_files(folder: Path) -> list[PurePosixPath]:
    """List what belongs to the template, as paths relative to it, in order.

    A clone's files are those that git tracks. Where there is no git, as in a zip, they are all that .gitignore leaves.
    """
    # A folder above may be a repository of something else.
    if (folder / ".git").exists():
        command = ["git", "-C", str(folder), "ls-files", "-z"]
        try:
            listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):  # no git here, or git does not trust this folder
            pass
        else:
            paths = [PurePosixPath(name) for name in listed.split("\0") if name]
            return sorted(path for path in paths if (folder / path).is_file())
    rules = (folder / ".gitignore").read_text(encoding="utf-8").split("\n")
    rules = [".git/", *(rule for rule in rules if rule and not rule.startswith("#"))]
    return sorted(_left(folder, PurePosixPath(), rules))


def _left(folder: Path, below: PurePosixPath, rules: list[str]) -> list[PurePosixPath]:
    found: list[PurePosixPath] = []
    for entry in (folder / below).iterdir():
        path = below / entry.name
        if not _is_ignored(path, entry.is_dir(), rules):
            found += _left(folder, path, rules) if entry.is_dir() else [path]
    return found


def _is_ignored(path: PurePosixPath, is_folder: bool, rules: list[str]) -> bool:
    """As git has it, for the kinds of rules that our .gitignore holds; the last that matches decides."""
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!").rstrip("/")
        whole = "/" in pattern  # a rule with a slash inside is about the path from the top
        if (is_folder or not rule.endswith("/")) and fnmatch(str(path) if whole else path.name, pattern.lstrip("/")):
            ignored = not rule.startswith("!")
    return ignored
