"""A network of the project's own package, and one of a library, from the first command to the last."""

import os
import shutil
import subprocess
import sys

import pytest

SMALL = ["stopping=none", "~callbacks.model_summary", "~callbacks.progress_bar", "report=false", "data.batch_size=512"]
OWN = "from epochwise.model.mlp import MLP\n\n\nclass Net(MLP):\n    pass\n"
LIBRARYS = (
    "import torch\n\n\ndef make(sizes):\n    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))\n"
)


@pytest.fixture(scope="module")
def copy(project, tmp_path_factory):
    """A project with a package of its own, and a library that is installed elsewhere."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(project / "conf", folder / "conf")
    for name in ("train.py", "evaluate.py"):
        shutil.copy(project / name, folder)
    for place, text in (("src/own_of_test/net.py", OWN), ("installed/library_of_test/parts.py", LIBRARYS)):
        (folder / place).parent.mkdir(parents=True)
        (folder / place).with_name("__init__.py").touch()
        (folder / place).write_text(text)
    return folder


def call(folder, *words):
    path = os.pathsep.join([str(folder / "src"), str(folder / "installed")])
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.long
def test_a_network_of_the_projects_own_package_goes_on_and_is_scored_without_a_word(copy):
    own = ["model._target_=own_of_test.net.Net", "hydra.run.dir=outputs/own", "trainer.max_epochs=1"]
    code, said, errors = call(copy, "train.py", *own, *SMALL)
    assert (code, errors) == (0, "") and "run=FOLDER" not in said
    code, _, errors = call(copy, "train.py", "run=outputs/own", "trainer.max_epochs=2", "extend=hold")
    assert (code, errors) == (0, "")
    code, said, errors = call(copy, "evaluate.py", "run=outputs/own")
    assert (code, errors) == (0, "") and "accuracy" in said


@pytest.mark.long
def test_a_librarys_network_that_a_command_line_names_is_spoken_of_before_the_first_step(copy):
    (copy / "more/model").mkdir(parents=True)
    (copy / "more/model/lib.yaml").write_text("_target_: library_of_test.parts.make\nsizes: [1]\n")
    words = ["--config-dir=more", "model=lib", "hydra.run.dir=outputs/lib", "trainer.max_epochs=1", *SMALL]
    code, said, errors = call(copy, "train.py", *words)
    assert (code, errors) == (0, "")
    line = "add to conf/train.yaml: trust: [library_of_test.parts.make]"
    assert line in said[: said.index("    result  ")]
    code, _, errors = call(copy, "evaluate.py", "run=outputs/lib")
    assert code == 2 and errors.endswith(f"or {line.removeprefix('add ')}\n")
    root = copy / "conf/train.yaml"
    before = root.read_text()
    root.write_text(before.replace("trust: []", "trust: [library_of_test.parts.make]"))
    assert root.read_text() != before
    code, said, errors = call(copy, "evaluate.py", "run=outputs/lib")
    assert (code, errors) == (0, "") and "accuracy" in said
    code, said, errors = call(copy, "train.py", "--config-dir=more", "model=lib", "dry_run=true")
    assert (code, errors) == (0, "") and "trust" not in said
