"""Trust follows the owner: what a project and a command line vouch for, and what a run folder never does."""

import sys
from shutil import rmtree

import pytest

from epochwise.command_line.continued_run import trusted_run
from epochwise.input_error import InputError
from epochwise.trust.project import called, project_trust

#: An own package; ``os`` and a class of timm's are imported by it and are not its own.
NET = """
import os
from functools import partial
from timm.models.resnet import ResNet

class Net:
    def save(self): ...

def small(width): ...

@hydra_main
def main(): ...

tiny = partial(small, 2)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a package, a module beside train.py and a conf; its import path is that of its train.py."""
    for folder in ("conf/model", "src/mine_of_test/model", "outputs/run", "more/model", "library_of_test/conf/model"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "conf/train.yaml").write_text("defaults: [_self_]\ntrust: [timm.models]\n")
    (tmp_path / "conf/model/named.yaml").write_text("_target_: a_dependency.Named\n")
    (tmp_path / "more/model/x.yaml").write_text("_target_: a_dependency.More\n")
    (tmp_path / "library_of_test/__init__.py").touch()
    (tmp_path / "library_of_test/conf/__init__.py").touch()
    (tmp_path / "library_of_test/conf/model/x.yaml").write_text("_target_: a_dependency.Packaged\n")
    (tmp_path / "src/mine_of_test/__init__.py").touch()
    (tmp_path / "src/mine_of_test/model/__init__.py").write_text("from mine_of_test.model.net import Net")
    (tmp_path / "src/mine_of_test/model/net.py").write_text(NET)
    (tmp_path / "beside_of_test.py").write_text("class Net: ...\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "src"), *sys.path])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def allows(project, target, *words):
    return project_trust(project / "conf", words).allows(target, project / "outputs/run")


@pytest.mark.parametrize(
    "target",
    [
        "mine_of_test.model.net.Net",
        "mine_of_test.model.Net",  # a re-export
        "mine_of_test.model.net.small",
        "beside_of_test.Net",
        "a_dependency.Named",  # by conf
        "timm.models.resnet.ResNet",  # by the list
        "timm.models.ResNet",
        "timm.models.resnet.resnet10t",
    ],
)
def test_what_the_project_owns_names_and_lists_may_be_named(project, target):
    assert allows(project, target)


@pytest.mark.parametrize(
    "target",
    [
        "mine_of_test.model.net.os.system",  # what it imports
        "mine_of_test.model.net.ResNet.load",
        "mine_of_test.model.net.partial",
        "mine_of_test.model.net.tiny",  # made at run time
        "mine_of_test.model.net.Net.save",  # through a class
        "mine_of_test.model.net.main",  # what a decorator makes of it is not known
        "mine_of_test.model.net.__builtins__.eval",
        "mine_of_test.model.net",
        "mine_of_test.model.net.NoSuchClass",
        "mine_of_test_too.Net",
        "timm.models.load_checkpoint",  # a function of a listed package, which reads a pickle
        "timm.models.load_state_dict",
        "timm.models.build_model_with_cfg",
        "timm.models.resnet.torch.load",
        "timm.modelsx.X",
        "timm.data.create_loader",
        "a_dependency.Other",
        "pytest.Item",  # installed, and not the project's
        "library_of_test.Net",  # beside train.py, and perhaps somebody's folder
        "epochwise.commands.train.train",
        "os.system",
    ],
)
def test_nothing_else_may_be_named(project, target):
    (project / "library_of_test/__init__.py").write_text("class Net: ...\n")
    assert not allows(project, target)


@pytest.mark.parametrize(
    ("target", "word"),
    [
        ("a_dependency.More", "--config-dir=more"),
        ("a_dependency.More", "hydra.searchpath=[file://more]"),
        ("a_dependency.Packaged", "hydra.searchpath=[pkg://library_of_test.conf]"),
        ("a_dependency.More", "--config-path=more"),
        ("a.Typed", "+callbacks.x={_target_:a.Typed}"),
        ("a.Typed", "trust=[b,a.Typed]"),
        ("a.Typed", "trust=['b', 'a.Typed']"),
        ("_pytest.nodes.Item", "trust=_pytest.nodes.Item"),
    ],
)
def test_a_command_line_vouches_for_what_it_names_lists_and_adds(project, target, word):
    assert not allows(project, target)
    assert allows(project, target, word)


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("a_dependency.More", "file://more"),
        ("a_dependency.More", "file://${oc.env:PLACE_OF_TEST}"),
        ("a_dependency.Packaged", "pkg://library_of_test.conf"),
    ],
)
def test_what_the_searchpath_of_a_root_file_adds_is_the_projects(project, target, place, monkeypatch):
    monkeypatch.setenv("PLACE_OF_TEST", str(project / "more"))
    (project / "conf/train.yaml").write_text(f"hydra:\n  searchpath: ['{place}']\n")
    assert allows(project, target)


@pytest.mark.parametrize("text", ["trust: timm.models\n", "trust:\n- timm.models\n", "trust: [a, timm.models]\n"])
def test_the_list_may_be_written_in_any_way_of_yaml(project, text):
    (project / "conf/train.yaml").write_text(text)
    assert allows(project, "timm.models.resnet.ResNet")


@pytest.mark.parametrize(
    "text", ["trust: null\n", "trust: {timm.models: 1}\n", "trust: 3\n", "trust: [1, [x]]\n", "trust: [\n"]
)
def test_a_list_that_is_none_trusts_nothing(project, text):
    (project / "conf/train.yaml").write_text(text)
    assert not allows(project, "timm.models.resnet.ResNet")


CONFIG = "model: {_target_: %s}\n"


def refused(project, run, target, *words):
    (run / "config.yaml").write_text(CONFIG % target)
    with pytest.raises(InputError, match="is not among what a run's config may name") as caught:
        trusted_run(run, [f"run={run}", *words], project / "conf")
    return caught.value.lines[0]


def test_a_run_folder_vouches_for_nothing_that_it_brings(project):
    """Somebody else's folder, wherever it was unpacked: with code, with a conf, in ours, around ours."""
    code = "from pathlib import Path\nclass Net:\n    def __init__(self): Path('hacked').touch()\n"
    for run in (project / "outputs/run", project / "conf/model/run", project / "src/mine_of_test/run", project / "run"):
        run.mkdir(exist_ok=True)
        for name in ("__init__.py", "net.py"):
            (run / name).write_text(code)
        (run / "train.yaml").write_text("trust: [os, strange]\n_target_: strange.Net\n")
        refused(project, run, "strange.Net")
        refused(project, run, "strange.Net", f"--config-dir={run}")
        dotted = ".".join(run.relative_to(project).parts)
        for target in (f"{dotted}.Net", f"{dotted}.net.Net", f"{dotted.removeprefix('src.')}.net.Net"):
            refused(project, run, target)
        rmtree(run)
    (project / "config.yaml").touch()
    refused(project, project, "beside_of_test.Net")  # run=.: all of this lies in the run folder
    refused(project, project, "a_dependency.Named")
    assert not (project / "hacked").exists()


def test_a_refusal_says_what_to_add_and_where(project):
    line = refused(project, project / "outputs/run", "a_dependency.Other")
    assert line.endswith("add trust=a_dependency.Other, or to conf/train.yaml: trust: [a_dependency.Other]")


def test_the_engines_own_rooms_stay_as_they_are_listed_where_it_lies_beside_the_conf(project):
    (project / "src/epochwise").mkdir()
    (project / "src/epochwise/__init__.py").touch()
    assert not allows(project, "epochwise.commands.train.train")
    assert allows(project, "epochwise.model.mlp.MLP")


def test_a_front_door_lets_its_project_and_its_words_vouch_while_it_works(project):
    with called(project / "conf", ["trust=a.Typed"]):
        assert project_trust().allows("a.Typed") and project_trust().allows("mine_of_test.model.net.Net")
        with called(project / "conf"):  # a job of a sweep, in the same process
            assert project_trust().allows("a.Typed")
        assert not project_trust(words=()).allows("a.Typed")
    assert not project_trust(words=()).allows("mine_of_test.model.net.Net")
