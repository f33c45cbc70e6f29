import ast

from epochwise.source.definition import Source, find, in_module, module_file


def written(folder, name, text):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_names_of_a_module_are_its_definitions_and_its_imports(tmp_path):
    imports = "import a.b\nimport c.d as e\nfrom .f import G as H\nfrom ..i import J\n"
    text = imports + "K = 1\nL: int = 2\ndef m(): ...\nclass N: ..."
    read = Source("one.two.three", written(tmp_path, "three.py", text))
    assert read.names["a"] == ("a", "")
    assert read.names["e"] == ("c.d", "")
    assert read.names["H"] == ("one.two.f", "G")
    assert read.names["J"] == ("one.i", "J")
    assert set(read.names) == {"a", "e", "H", "J", "K", "L", "m", "N"}


def test_relative_imports_of_a_package_start_in_the_package(tmp_path):
    read = Source("one.two", written(tmp_path, "__init__.py", "from .f import G\nfrom ..h import I\nfrom . import j"))
    assert read.names == {"G": ("one.two.f", "G"), "I": ("one.h", "I"), "j": ("one.two", "j")}


def test_the_first_way_of_a_try_or_an_if_counts(tmp_path):
    text = (
        "try:\n    from a import B\nexcept ImportError:\n    B = None\nif x:\n    C = 1\nelse:\n    from d import C\n"
    )
    read = Source("one", written(tmp_path, "one.py", text))
    assert read.names["B"] == ("a", "B")
    assert isinstance(read.names["C"], ast.Assign)


def test_overloads_are_not_the_function(tmp_path):
    text = "@overload\ndef f(x: int): ...\ndef f(x): ...\n@typing.overload\ndef f(x: str): ...\n"
    read = Source("one", written(tmp_path, "one.py", text))
    assert read.names["f"].lineno == 3


def test_a_definition_is_found_through_stars_aliases_and_circles(tmp_path, monkeypatch):
    written(tmp_path, "pack_one/__init__.py", "from .left import *\nfrom . import right\nAlias = right.Right\n")
    written(
        tmp_path, "pack_one/left.py", "from pack_one.left import Left\nfrom pack_one import Alias\nclass Found: ...\n"
    )
    written(tmp_path, "pack_one/right.py", "class Right:\n    class Inner: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert find("pack_one.Found").node.name == "Found"
    assert find("pack_one.Alias").node.name == "Right"
    assert find("pack_one.right.Right.Inner").node.name == "Inner"
    assert find("pack_one.left.Left") is None  # imports itself: the source cannot tell
    assert in_module(find("pack_one.Found").module, "Nothing") is None


def test_a_class_is_not_mistaken_for_a_folder_of_its_name(tmp_path, monkeypatch):
    written(tmp_path, "pack_two/__init__.py", "from .trainer.trainer import Trainer\n")
    written(tmp_path, "pack_two/trainer/__init__.py", "")
    written(tmp_path, "pack_two/trainer/trainer.py", "class Trainer: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert module_file("pack_two.Trainer") is None
    assert module_file("pack_two.trainer") == tmp_path / "pack_two" / "trainer" / "__init__.py"
    assert find("pack_two.Trainer").module.name == "pack_two.trainer.trainer"


def test_names_made_at_run_time_are_left_to_the_import(tmp_path, monkeypatch):
    written(tmp_path, "pack_three.py", "def __getattr__(name): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert find("pack_three.Anything") is None


def test_a_source_with_a_syntax_error_is_left_to_the_import(tmp_path, monkeypatch):
    written(tmp_path, "pack_four.py", "class Net(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert find("pack_four.Net") is None
