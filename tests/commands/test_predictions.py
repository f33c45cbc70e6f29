import numpy as np
import torch
from PIL import Image

from epochwise.commands.predictions import joined, prediction_columns, prediction_lines, target_columns, write_masks
from epochwise.data.spec import Spec

LABELS = Spec((2,), "labels", 3, ["drama", "comedy", "war"], [1, 1, 1], num_train=4)
MASKS = Spec((1, 2, 2), "mask", 2, ["ground", "icon"], [10, 2])


def test_the_labels_above_the_threshold_stand_in_one_cell():
    table = prediction_columns(torch.tensor([[0.9, 0.4, 0.6], [0.1, 0.2, 0.3]]), LABELS, threshold=0.5)
    assert table["prediction"].tolist() == ["drama|war", ""]
    assert table["p(comedy)"].round(3).tolist() == [0.4, 0.2]
    assert target_columns(torch.tensor([[0.0, 1.0, 1.0]]), LABELS) == {"target": ["comedy|war"]}
    table.insert(0, "sample", ["one", "two"])
    assert prediction_lines(table) == ["one: drama|war", "two: no label"]


def test_several_numbers_have_a_column_each():
    spec = Spec((2,), "number", 2, [], [], [0.0, 0.0], [1.0, 1.0], ["weight", "waist"])
    table = prediction_columns(torch.tensor([[1.0, 2.0]]), spec)
    assert table.to_dict("records") == [{"prediction(weight)": 1.0, "prediction(waist)": 2.0}]
    assert target_columns(torch.tensor([[3.0, 4.0]]), spec) == {"target(weight)": [3.0], "target(waist)": [4.0]}


def test_masks_become_pictures_and_shares(tmp_path):
    masks = joined([torch.tensor([[[0, 1], [1, 1]]]), torch.zeros(1, 2, 2, dtype=torch.int64)], MASKS)
    assert masks.dtype == torch.uint8
    assert prediction_columns(masks, MASKS)["share(icon)"].tolist() == [0.75, 0.0]
    files = write_masks(masks, ["a/home.png", "b/home.png"], tmp_path / "masks")
    assert len(set(files)) == 2
    assert np.array_equal(np.array(Image.open(tmp_path / "masks" / files[0])), [[0, 1], [1, 1]])
    assert target_columns(masks, MASKS) == {}


def test_texts_have_their_loss_perplexity_and_tokens():
    spec = Spec((8,), "tokens", 5, [], [], num_tokens=5)
    (row,) = prediction_columns(torch.tensor([[0.0, 7.0]]), spec).to_dict("records")
    assert row == {"loss": 0.0, "perplexity": 1.0, "tokens": 7}


def test_outputs_of_ones_own_have_numbered_columns_unless_they_are_too_many():
    spec = Spec((2,), "own", 1, [], [])
    assert list(prediction_columns(torch.zeros(3, 2, 2), spec)) == [f"output({place})" for place in range(4)]
    large = prediction_columns(torch.zeros(3, 2000), spec)
    assert (len(large), len(large.columns)) == (3, 0)


def test_more_classes_than_a_byte_has_stay_what_they_are(tmp_path):
    spec = Spec((1, 1, 1), "mask", 300, [str(label) for label in range(300)], [1] * 300)
    masks = joined([torch.tensor([[[299]]])], spec)
    (file,) = write_masks(masks, ["one"], tmp_path)
    assert np.array(Image.open(tmp_path / file)).item() == 299
