import pytest
import yaml
from hydra.utils import get_class
from omegaconf import OmegaConf

from epochwise.input_error import InputError
from epochwise.run.run_config import NODES, flat, read_run_config, with_moved_classes, write_run_config
from epochwise.trust.run_config import read_trusted_config


def test_a_run_folder_may_be_moved(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    config = OmegaConf.create(
        {
            "run_folder": str(before),
            **{name: {} for name in NODES},
            "seed": 1,
            "data": {"order_seed": "${seed}"},
            "callbacks": {"best": {"dirpath": "${run_folder}/checkpoints"}},
        }
    )
    write_run_config(before, config)
    before.rename(after)
    again = read_run_config(after)
    assert again.callbacks.best.dirpath == f"{after}/checkpoints"
    assert again.data.order_seed == 1
    assert str(tmp_path) not in (after / "config.yaml").read_text()


def test_settings_are_flattened_under_dotted_names():
    assert flat({"seed": 1, "trainer": {"max_epochs": 3, "val": None}, "hidden": [1, 2]}) == {
        "seed": 1,
        "trainer.max_epochs": 3,
        "trainer.val": "None",
        "hidden": "[1, 2]",
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "run: {} is damaged or cut short"),
        ("data: {a: ", "run: {} is damaged or cut short"),
        ("- 1", "run: {} is damaged or cut short"),
        ("data: {a: 1}", "run: {} has no 'model': it is damaged or cut short"),
    ],
)
def test_a_config_that_was_cut_short_is_called_so(tmp_path, text, line):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        read_run_config(tmp_path)
    assert refused.value.lines == (line.format(file),)


def test_a_class_that_has_moved_is_found_in_runs_made_before(tmp_path):
    nodes = {name: {"_target_": "x"} for name in NODES}
    nodes["data"] = {"_target_": "epochwise.data.fashion_mnist.FashionMNIST"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(nodes))
    moved = read_run_config(tmp_path).data["_target_"]
    assert moved == "epochwise.data.torchvision_pictures.FashionMNIST"
    assert read_trusted_config(tmp_path, nodes=["data"])["data"]["_target_"] == moved
    assert with_moved_classes("epochwise.data.mnist5k.MNIST5k") == "epochwise.data.mnist5k.MNIST5k"
    assert get_class(moved) is not None
