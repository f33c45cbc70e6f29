import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from epochwise.commands.evaluate import evaluate, prediction_columns
from epochwise.commands.train import train
from epochwise.input_error import InputError

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test")


@pytest.fixture
def score(composed):
    return lambda *overrides: evaluate(composed(*overrides, root="evaluate"))


def test_the_test_split_scores_as_it_did_at_the_end_of_the_run(trained, score):
    expected = json.loads((trained / "result.json").read_text())
    assert score(f"run={trained}") == pytest.approx(expected["test"], abs=1e-6)
    table = pd.read_csv(trained / "predictions/test.csv")
    assert len(table) == 270
    assert (table["target"] == table["prediction"]).mean() == pytest.approx(expected["test"]["accuracy"])
    assert np.allclose(table.filter(regex=r"p\(").sum(axis=1), 1.0, atol=1e-5)


def test_the_last_checkpoint_can_be_scored_on_another_split(trained, score):
    scores = score(f"run={trained}", "ckpt=last", "split=val")
    rows = pd.read_csv(trained / "epochs.csv")
    assert scores["accuracy"] == pytest.approx(rows["val/accuracy"].iloc[-1])


def test_ones_own_pictures_of_any_size_are_labelled(trained, score, tmp_path):
    digits = load_digits()
    for index in range(20):
        picture = Image.fromarray((digits.images[index] * 255 / 16).astype(np.uint8))
        picture.resize((32, 32), Image.Resampling.NEAREST).convert("RGB").save(tmp_path / f"{index:02d}.png")
    assert score(f"run={trained}", f"predict={tmp_path}") == {}
    table = pd.read_csv(trained / "predictions" / f"{tmp_path.name}.csv")
    assert table["sample"].str.endswith(".png").all()
    assert (table["prediction"].to_numpy() == digits.target[:20]).mean() > 0.8


def test_rows_of_a_table_are_given_numbers_in_the_unit_of_the_target(tmp_path, composed, score):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=300), "colour": rng.choice(["red", "blue"], 300)})
    frame["price"] = 1000 + 50 * frame["size"]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "run").mkdir()
    table = ["data=table", f"data.path={tmp_path}/rows.csv", "data.target=price", "data.kind=number"]
    quick = [*QUICK, "task=regression", "trainer.max_epochs=20"]
    train(composed(*table, *quick, run_folder=tmp_path / "run"))
    frame.drop(columns="price").head(30).to_csv(tmp_path / "new.csv", index=False)
    (tmp_path / "rows.csv").unlink()  # the training data is not needed
    score(f"run={tmp_path}/run", f"predict={tmp_path}/new.csv")
    predicted = pd.read_csv(tmp_path / "run/predictions/new.csv")["prediction"]
    assert (predicted - frame["price"].head(30)).abs().mean() < 25


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["run={trained}x"], "run: no folder .*trained.*x; did you mean"),
        (["run={trained}/checkpoints"], r"run: .*config\.yaml is missing"),
        (["run={trained}", "data=table"], r"^data: the network was trained on something else than a table$"),
        (["run={trained}", "predict=nowhere.png"], r"nowhere\.png"),
    ],
)
def test_what_does_not_fit_is_one_line(trained, score, overrides, line):
    with pytest.raises(InputError, match=line) as caught:
        score(*(text.format(trained=trained) for text in overrides))
    assert len(caught.value.lines) == 1


def test_a_checkpoint_of_another_network_is_one_line(trained, score, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    path = tmp_path / "run/checkpoints/best.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["state_dict"]["network.head.weight"] = torch.zeros(3, 256)
    torch.save(checkpoint, path)
    with pytest.raises(
        InputError, match=r"^ckpt: .*best\.ckpt is not of .*MLP: size mismatch for network\.head\.weight"
    ):
        score(f"run={tmp_path}/run")


def test_a_damaged_checkpoint_is_one_line(trained, score, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    path = tmp_path / "run/checkpoints/best.ckpt"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"^ckpt: .*best\.ckpt cannot be read"):
        score(f"run={tmp_path}/run")


def test_probabilities_become_a_column_a_class():
    table = prediction_columns(torch.tensor([[0.25, 0.75]]), ["cat", "dog"])
    assert table.to_dict("records") == [{"prediction": "dog", "p(cat)": 0.25, "p(dog)": 0.75}]
