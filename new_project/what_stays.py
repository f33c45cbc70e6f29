"""What of the template a new project gets."""

import re
from pathlib import PurePosixPath

#: Here to make projects, or to tell of this one.
TEMPLATE_ONLY = (
    ".github/workflows/new_project.yml", "CHANGELOG.md", "CITATION.cff", "LICENSE", "cookiecutter.json",
    "docs/new-project.md", "findings", "hooks", "new_project", "tests/new_project", "{{cookiecutter.project_slug}}",
)  # fmt: skip
#: The worked examples: digits, the experiments and tests on it, and what was measured with them.
EXAMPLES = (
    "benchmarks", "docs/coming-from.md", "docs/epochs.md", "docs/pictures", "src/epochwise/conf/data/digits.yaml",
    "src/epochwise/conf/experiment",
    "src/epochwise/data/digits.py", "tests",
)  # fmt: skip
#: What of those folders asks nothing of digits.
NO_EXAMPLES = (
    "src/epochwise/conf/experiment/fast_dev_run.yaml", "src/epochwise/conf/experiment/overfit_batch.yaml",
    "src/epochwise/conf/experiment/profile.yaml",
    "tests/composer_of.py", "tests/conftest.py", "tests/test_conf.py",
)  # fmt: skip
#: What takes the examples' place: paths here are those in the project.
EMPTY_START = PurePosixPath("new_project/empty_start")


def what_stays(files: list[PurePosixPath], examples: bool) -> dict[PurePosixPath, PurePosixPath]:
    """Choose the template's files that a new project gets.

    Args:
        files: of the template, relative to it.
        examples: whether the worked examples are kept.

    Returns:
        Path in the project -> path in the template, before names are changed.
    """
    chosen = {file: file for file in files if not _is_in(file, TEMPLATE_ONLY)}
    if not examples:
        chosen = {file: file for file in chosen if not _is_in(file, EXAMPLES) or _is_in(file, NO_EXAMPLES)}
        chosen |= {file.relative_to(EMPTY_START): file for file in files if EMPTY_START in file.parents}
    return chosen


def without_parts(text: str, examples: bool) -> str:
    """Cut out of a text file what a project does not get.

    Such a part stands between lines ``<!-- template -->`` and ``<!-- /template -->``, or ``# template`` and
    ``# /template``; what goes with the examples, between ``examples`` and ``/examples``.
    """
    text = re.sub(_between("template"), "", text)
    return re.sub(_line("examples") if examples else _between("examples"), "", text)


def _is_in(file: PurePosixPath, paths: tuple[str, ...]) -> bool:
    return any(file == PurePosixPath(path) or PurePosixPath(path) in file.parents for path in paths)


def _line(word: str) -> str:
    return rf"(?m)^ *(?:<!-- /?{word} -->|# /?{word})\n"


def _between(word: str) -> str:
    return rf"(?ms)^ *(?:<!-- {word} -->|# {word})\n.*?^ *(?:<!-- /{word} -->|# /{word})\n"
