import json

import lightning as L
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from epochwise.commands.evaluate import Batches, evaluate, predictions_name
from epochwise.commands.predictions import prediction_columns, prediction_lines
from epochwise.commands.train import train
from epochwise.data.spec import Spec
from epochwise.input_error import InputError

PETS = Spec((2,), "class", 2, ["cat", "dog"], [1, 1])
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
    assert json.loads((trained / "predictions/last-val.json").read_text())["samples"] == 270
    rows = pd.read_csv(trained / "epochs.csv")
    assert scores["accuracy"] == pytest.approx(rows["val/accuracy"].iloc[-1])


def test_ones_own_pictures_of_any_size_are_labelled(trained, score, tmp_path):
    digits = load_digits()
    for index in range(20):
        picture = Image.fromarray((digits.images[index] * 255 / 16).astype(np.uint8))
        picture.resize((32, 32), Image.Resampling.NEAREST).convert("RGB").save(tmp_path / f"{index:02d}.png")
    assert score(f"run={trained}", f"predict={tmp_path}") == {}
    table = pd.read_csv(trained / "predictions" / f"of-{tmp_path.name}.csv")
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
    predicted = pd.read_csv(tmp_path / "run/predictions/of-new.csv.csv")["prediction"]
    assert (predicted - frame["price"].head(30)).abs().mean() < 25


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["run={trained}x"], "run: no folder .*trained.*x; did you mean"),
        (["run={trained}", "split=all"], r"^split=all: .*; allowed: train, val, test; all with data=\.\.\.$"),
        (["run={trained}", "data=table"], r"^data: the network was trained on something else than a table$"),
        (["run={trained}", "predict=nowhere.png"], r"nowhere\.png"),
    ],
)
def test_what_does_not_fit_is_one_line(trained, score, overrides, line):
    with pytest.raises(InputError, match=line) as caught:
        score(*(text.format(trained=trained) for text in overrides))
    assert len(caught.value.lines) == 1


@pytest.fixture(scope="session")
def shop(tmp_path_factory, composed):
    """A folder with a run on 300 rows of which those above a price were bought, and with 40 new rows."""
    folder = tmp_path_factory.mktemp("shop")
    frame = pd.DataFrame({"price": np.random.default_rng(0).normal(size=340)})
    frame["bought"] = np.where(frame["price"] > 0, "yes", "no")
    frame[:300].to_csv(folder / "rows.csv", index=False)
    frame[300:].to_csv(folder / "new.csv", index=False)
    frame[300:].query("bought == 'yes'").head(5).to_parquet(folder / "new.parquet")
    (folder / "run").mkdir()
    table = ["data=table", f"data.path={folder}/rows.csv", "data.target=bought"]
    train(composed(*table, *QUICK, "trainer.max_epochs=4", run_folder=folder / "run"))
    return folder


@pytest.mark.parametrize(("name", "count"), [("new.csv", 40), ("new.parquet", 5)])
def test_all_rows_of_another_file_are_scored_whatever_classes_it_holds(shop, score, name, count):
    scores = score(f"run={shop}/run", "data=table", f"data.path={shop}/{name}", "data.target=bought", "split=all")
    table = pd.read_csv(shop / f"run/predictions/all-of-Table-{name}.csv")
    assert len(table) == count
    assert scores["accuracy"] == pytest.approx((table["target"] == table["prediction"]).mean())
    assert scores["accuracy"] > 0.8
    assert table["p(yes)"].between(0, 1).all()


def test_what_is_not_the_same_has_predictions_of_its_own(composed):
    def name(*overrides):
        return predictions_name(composed("run=x", *overrides, root="evaluate"))

    other = ("data=table", "data.path=in/new.csv")
    names = {
        name(): "test",
        name("split=val"): "val",
        name("ckpt=last"): "last-test",
        name("predict=in/test.csv"): "of-test.csv",
        name("predict=in/test.parquet"): "of-test.parquet",
        name("predict=in/pictures/"): "of-pictures",
        name("predict=in/pictures", "ckpt=last"): "last-of-pictures",
        name(*other): "test-of-Table-new.csv",
        name(*other, "split=all"): "all-of-Table-new.csv",
        name("data=mnist", "data.root=sets"): "test-of-MNIST-sets",
        name("data=fashion_mnist", "data.root=sets"): "test-of-FashionMNIST-sets",
        name("data=digits"): "test-of-Digits",
    }
    assert list(names) == list(names.values())


def test_scores_do_not_stay_beside_rows_without_labels(shop, score):
    stale = shop / "run/predictions/of-rows.csv.json"
    stale.parent.mkdir(exist_ok=True)
    stale.touch()
    score(f"run={shop}/run", f"predict={shop}/rows.csv")
    assert stale.with_suffix(".csv").is_file()
    assert not stale.exists()


def test_probabilities_become_a_column_a_class():
    table = prediction_columns(torch.tensor([[0.25, 0.75]]), PETS)
    assert table.to_dict("records") == [{"prediction": "dog", "p(cat)": 0.25, "p(dog)": 0.75}]


def test_one_picture_is_labelled_in_the_terminal(trained, score, tmp_path, capsys):
    picture = Image.fromarray((load_digits().images[3] * 255 / 16).astype(np.uint8))
    picture.save(tmp_path / "a=b 1.png")
    score(f"run={trained}", f"predict='{tmp_path}/a=b 1.png'")
    (row,) = pd.read_csv(trained / "predictions/of-a=b 1.png.csv", dtype={"prediction": str}).to_dict("records")
    label = row["prediction"]
    said = capsys.readouterr().out
    assert f"{row['sample']}: {label} (probability {row[f'p({label})']:.4f})" in said


def test_of_many_predictions_the_first_few_are_printed():
    table = prediction_columns(torch.tensor([[0.25, 0.75]] * 7), PETS)
    table.insert(0, "sample", [f"{index}.png" for index in range(7)])
    lines = prediction_lines(table)
    assert lines[0] == "0.png: dog (probability 0.7500)"
    assert len(lines) == 6
    assert lines[-1] == "and 2 more"
    numbers = pd.DataFrame({"sample": ["row 0"], "prediction": [12.5]})
    assert prediction_lines(numbers) == ["row 0: 12.5"]


def test_batches_go_through_all_hooks_of_a_data_module():
    class Hooks(L.LightningDataModule):
        def on_before_batch_transfer(self, batch, dataloader_idx):
            return [*batch, "before"]

        def transfer_batch_to_device(self, batch, device, dataloader_idx):
            return [*batch, "on its device"]

        def on_after_batch_transfer(self, batch, dataloader_idx):
            return [*batch, "after"]

    batches = Batches(Hooks(), None)
    batch = batches.transfer_batch_to_device(batches.on_before_batch_transfer([], 0), "cpu", 0)
    assert batches.on_after_batch_transfer(batch, 0) == ["before", "on its device", "after"]
