"""A file that was exported, in place of a run: scored, labelling, and not believed where it is a stranger's."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_digits

from epochwise.input_error import InputError


def described(file: Path) -> dict[str, str]:
    with safe_open(file, framework="pt") as opened:
        return opened.metadata()


def pictures(count: int) -> np.ndarray:
    return (load_digits().images[:count, None] * 255 / 16).round().astype(np.uint8)


def test_a_file_is_scored_as_its_checkpoint_and_labels_what_it_is_given(trained, weights, evaluated, tmp_path):
    shutil.copy(weights, tmp_path / "digits.safetensors")
    alone = (f"exported={tmp_path}/digits.safetensors", "run=null", "data=digits")
    assert evaluated(*alone) == pytest.approx(evaluated(f"run={trained}"), abs=1e-5)
    assert len(pd.read_csv(tmp_path / "predictions/digits.safetensors-test-of-Digits.csv")) == 270
    Image.fromarray(pictures(4)[3, 0]).save(tmp_path / "three.png")
    evaluated(*alone, f"predict={tmp_path}/three.png")
    (row,) = pd.read_csv(tmp_path / "predictions/digits.safetensors-of-three.png.csv").to_dict("records")
    assert row["prediction"] == 3


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run=null"], r"^run: has no value; allowed: a run folder, or exported=FILE"),
        (["run={trained}", "export=onnx", "predict=x.png"], r"^predict=x\.png: not with export="),
        (["run={trained}", "export=onnx", "exported=x.onnx"], r"^export=onnx: not with exported="),
        (["run={trained}", "export=onx"], r"export.*onx.*allowed.*onnx"),
        (["run=null", "exported={weights}"], r"^exported: a file has no data; say data=\.\.\., or run=FOLDER"),
        (["run=null", "exported={weights}x"], r"there is no 'best\.safetensorsx'; did you mean 'best\.safetensors'"),
        (["run=null", "exported={trained}/config.yaml"], r"allowed: a file ending in \.onnx, \.pt2, \.safetensors"),
        (["run=null", "exported={trained}", "data=digits"], r"allowed: a file ending in"),
        (["run={trained}", "exported={weights}", "data=table"], r"trained on something else than a table"),
    ],
)
def test_what_cannot_be_is_one_line(trained, weights, evaluated, words, line):
    with pytest.raises(InputError, match=line) as caught:
        evaluated(*(word.format(trained=trained, weights=weights) for word in words))
    assert len(caught.value.lines) == 1


def test_a_program_is_read_only_where_it_is_trusted(trained, evaluated, tmp_path):
    (tmp_path / "model.pt2").touch()
    with pytest.raises(InputError, match=r"may run code that it holds; where it is yours, say trust=torch\.export"):
        evaluated("run=null", f"exported={tmp_path}/model.pt2", "data=digits")


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("model", '{"_target_": "os.system", "command": "touch harm"}', r"model\._target_.*os\.system"),
        ("task", '{"_target_": "shutil.rmtree"}', r"task\._target_.*shutil\.rmtree"),
        ("data_state", "{}", "no network that evaluate.py has exported"),
        ("epochs", '"many"', "no network that evaluate.py has exported"),
        ("inputs", '{"x": {"shape": 3}}', "no network that evaluate.py has exported"),
        ("inputs", "{}", "no network that evaluate.py has exported"),
        ("task", "{", "no network that evaluate.py has exported"),
    ],
)
def test_what_a_strangers_file_says_is_not_believed(weights, evaluated, tmp_path, key, value, line):
    save_file(load_file(weights), tmp_path / "model.safetensors", described(weights) | {key: value})
    with pytest.raises(InputError, match=line):
        evaluated("run=null", f"exported={tmp_path}/model.safetensors", "data=digits")


def test_a_loss_with_weights_of_its_own_is_not_scored_by_a_file_that_has_none(weights, evaluated, tmp_path):
    task = {
        "_target_": "epochwise.task.own.Own",
        "loss": {"_target_": "torch.nn.Linear", "in_features": 1, "out_features": 1},
    }
    save_file(load_file(weights), tmp_path / "model.safetensors", described(weights) | {"task": json.dumps(task)})
    with pytest.raises(InputError, match=r"Own has weights of its own, which no file has; allowed: predict=$"):
        evaluated("run=null", f"exported={tmp_path}/model.safetensors", "data=digits")
