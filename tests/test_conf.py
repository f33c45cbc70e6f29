"""Every file of conf composes, binds to the class it names, and stands where that class stands."""

import re
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from epochwise.command_line.command_line import CommandLine
from epochwise.command_line.composer import ENGINE_CONF
from epochwise.command_line.override_text import parse_arguments
from epochwise.config.schema import SCHEMAS
from epochwise.source.definition import find
from epochwise.source.signature import signature

from tests.composer_of import composer_of

OWN_CONF = Path(__file__).parent.parent / "conf"
SINGULAR = sorted(SCHEMAS["train"].one | SCHEMAS["train"].optional)
PLURAL = sorted(SCHEMAS["train"].several)
#: A file of conf -> the module in which its class stands together with others of a kind.
TOGETHER = dict.fromkeys(("mnist", "fashion_mnist", "cifar10", "cifar100"), "torchvision_pictures")
FILES = [path.relative_to(ENGINE_CONF) for path in sorted(ENGINE_CONF.rglob("*.yaml"))]
OPTIONS = [path for path in FILES if path.parts[0] in (*SINGULAR, *PLURAL)]


def check(*overrides):
    CommandLine("train", composer_of("train"), parse_arguments(["--cfg", "job", *overrides])).check()


def choice(path):
    """The override that chooses a file."""
    group, name = str(path.parent), path.stem
    if group == "experiment":
        return f"experiment={name}"
    return f"{'+' if group in PLURAL else ''}{group}={name}"


@pytest.mark.parametrize("path", [*OPTIONS, *(p for p in FILES if p.parts[0] == "experiment")], ids=str)
def test_every_option_composes_and_binds(path):
    check(choice(path))


@pytest.mark.parametrize("front_door", sorted(SCHEMAS))
def test_every_root_file_composes_and_binds(front_door):
    arguments = parse_arguments(["--cfg", "job"])
    CommandLine(front_door, composer_of(front_door), arguments).check()


@pytest.mark.parametrize("path", OPTIONS, ids=str)
def test_a_file_stands_where_its_class_stands(path):
    group, name = path.parts[0], path.stem
    node = OmegaConf.to_container(OmegaConf.load(ENGINE_CONF / path), resolve=False)
    if group in PLURAL:
        assert list(node) == [name], f"{path} holds one node of its own name"
        node = node[name]
    if "_target_" not in node and "defaults" in node:
        return  # a variant of another file, which has the class
    target = node["_target_"]
    assert signature(target) is not None
    if target.startswith("epochwise."):
        module, _, class_name = target.rpartition(".")
        assert module == f"epochwise.{group}.{TOGETHER.get(name, name)}"
        assert find(target).module.name == module, "the class itself stands there, it is no re-export"
        assert class_name.lower() == name.replace("_", "")


@pytest.mark.parametrize("path", FILES, ids=str)
def test_only_experiments_write_everywhere(path):
    lines = (ENGINE_CONF / path).read_text().splitlines()
    headers = [number for number, line in enumerate(lines) if re.match(r"#\s*@package", line)]
    if path.parts[0] == "experiment":
        assert headers == [0]
        assert lines[0] == "# @package _global_"
    else:
        assert headers == []


def test_the_list_of_groups_is_the_schemas():
    folders = {path.parts[0] for path in FILES if len(path.parts) > 1}
    known = {"space"} | {group for each in SCHEMAS.values() for group in each.one | each.optional | each.several}
    assert folders - {"experiment", "hydra"} == known - {"replay"}  # whose settings stand in report.yaml
