"""Which files of the template a new project gets, and whose they are there."""

from pathlib import PurePosixPath

#: At the top of the template as in a project.
TOP = (
    ".gitignore", ".pre-commit-config.yaml", ".yamllint", "crossval.py", "epochs.py", "evaluate.py", "outputs/.gitkeep",
    "report.py", "search.py", "train.py",
)  # fmt: skip
#: The parts of one's own, and the folder of a project that each goes to.
OWN = {"conf": "conf", "src/my_project": "src/my_project", "tests/my_project": "tests", "new_project/project": ""}
#: Of them the worked examples.
EXAMPLES = (
    "conf/callbacks", "conf/data", "conf/experiment", "conf/model", "conf/task", "src/my_project/README.md",
    "src/my_project/callbacks/weight_norm.py", "src/my_project/data/moons.py", "src/my_project/model/perceptron.py",
    "src/my_project/task/confidence_penalty.py", "tests/my_project/test_parts.py",
)  # fmt: skip
#: What takes the examples' place: a folder for each kind of task, and one for all of them.
EMPTY_START = "new_project/empty_start"
#: What is the engine's, below ``src``.
ENGINE = ("epochwise", "hydra_plugins/epochwise")


def owned_files(files: list[PurePosixPath], task: str | None) -> dict[PurePosixPath, PurePosixPath]:
    """Choose the template's files that are a new project's own.

    Args:
        files: of the template, relative to it.
        task: what is learned: whose skeleton takes the place of the worked examples. None keeps these.

    Returns:
        Path in the project -> path in the template, before names are changed.
    """
    chosen = {file: file for file in files if str(file) in TOP} | _moved(files, OWN)
    if task is not None:
        chosen = {to: file for to, file in chosen.items() if not _is_in(file, EXAMPLES)}
        chosen |= _moved(files, {f"{EMPTY_START}/{folder}": "" for folder in ("every_kind", task)})
    return chosen


def _moved(files: list[PurePosixPath], folders: dict[str, str]) -> dict[PurePosixPath, PurePosixPath]:
    return {
        PurePosixPath(to) / file.relative_to(folder): file
        for folder, to in folders.items()
        for file in files
        if PurePosixPath(folder) in file.parents
    }


def _is_in(file: PurePosixPath, paths: tuple[str, ...]) -> bool:
    return any(file == PurePosixPath(path) or PurePosixPath(path) in file.parents for path in paths)
