"""The project's first commit."""

import shutil
import subprocess
from pathlib import Path


def first_commit(project: Path, author: str, email: str) -> None:
    """Make a repository of a project, where git is there and no repository is around it.

    Args:
        project: its folder.
        author: of the commit, and its committer where git knows none.
        email: theirs.
    """
    if not shutil.which("git") or _git(project, "rev-parse", "--is-inside-work-tree"):
        return
    _git(project, "init", "--quiet")
    _git(project, "add", "--all")
    who = ("-c", f"user.name={author}", "-c", f"user.email={email}")
    # One's own signing and hooks ask questions or run linters; this commit is nobody's work yet.
    if not _git(project, *who, "-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "-m", "Start"):
        print("git made no first commit; the project is there all the same")


def _git(project: Path, *words: str) -> bool:
    return subprocess.run(["git", *words], cwd=project, capture_output=True, check=False).returncode == 0
