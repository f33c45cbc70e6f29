import json

import numpy as np
import pandas as pd
import pytest
import torch

from epochwise.data.text import Text
from epochwise.data.texts.tokenizer import NUM_SPECIAL
from epochwise.input_error import InputError

WORDS = ["good fine great", "bad awful poor worse", "ok"]


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    kinds = np.arange(60) % 2
    texts = [" ".join(random.choice(WORDS[kind].split(), 1 + row % 5)) + f" w{row}" for row, kind in enumerate(kinds)]
    labels = ["a|b" if row % 3 == 0 else "b" for row in range(60)]
    frame = pd.DataFrame({"text": texts, "label": np.array(["yes", "no"])[kinds], "labels": labels})
    return frame.assign(size=random.normal(3, 1, 60), weight=random.normal(9, 2, 60), author=np.arange(60) // 4)


@pytest.fixture
def text(tmp_path, rows):
    def make(**settings):
        rows.to_csv(tmp_path / "rows.csv", index=False)
        data = Text(**{"path": str(tmp_path / "rows.csv"), "batch_size": 8, **settings})
        data.setup()
        return data

    return make


def test_a_batch_is_as_long_as_its_longest_text(text):
    data = text()
    for x, y in data.split_dataloader("train"):
        assert x.dtype == torch.int64
        assert x.shape == (len(y), int((x != data.spec.pad_id).sum(dim=1).max()))
    assert len({batch[0].shape[1] for batch in text(batch_size=2).split_dataloader("train")}) > 1


def test_vocabulary_is_that_of_the_training_texts(text, rows):
    data = text()
    train = rows["text"][[int(name) for name in data.sample_names("train")]]
    assert set(data.learned["tokens"]["tokens"]) == {word for each in train for word in each.split()}
    assert data.spec.num_tokens == NUM_SPECIAL + len(data.learned["tokens"]["tokens"])
    assert (data.spec.input_shape, data.spec.pad_id, data.spec.num_train) == ((256,), 0, 42)


@pytest.mark.parametrize(
    ("settings", "target", "num_outputs", "names"),
    [
        ({}, "class", 2, ["no", "yes"]),
        ({"kind": "labels", "target": "labels", "separator": "|"}, "labels", 2, ["a", "b"]),
        ({"kind": "number", "target": "size"}, "number", 1, []),
        ({"kind": "number", "target": ["size", "weight"]}, "number", 2, []),
    ],
)
def test_targets_are_those_of_tables(text, settings, target, num_outputs, names):
    data = text(**settings)
    assert (data.spec.target, data.spec.num_outputs, data.spec.class_names) == (target, num_outputs, names)
    x, y = next(iter(data.train_dataloader()))
    assert len(x) == len(y) == 8


def test_labels_of_json_lines_are_lists(tmp_path):
    rows = [{"text": f"text {row}", "label": ["a", "b"][: row % 3]} for row in range(30)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = Text(path=str(tmp_path / "rows.jsonl"), kind="labels")
    data.setup()
    names = [int(name) for name in data.sample_names("test")]
    y = data.splits["test"].datasets[1]
    assert y.tolist() == [[float(name % 3 > 0), float(name % 3 > 1)] for name in names]


def test_longer_texts_are_cut_and_that_is_told(text):
    assert text().notes == []
    data = text(max_length=4)
    assert data.notes == ["data.max_length=4: 24 of 60 texts have more tokens; their ends are left out"]
    assert max(batch[0].shape[1] for batch in data.split_dataloader("train")) == 4


def test_groups_stay_together(text, rows):
    data = text(groups="author")
    parts = [set(rows["author"][[int(name) for name in data.sample_names(split)]]) for split in data.splits]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 15


def test_order_of_an_epoch_is_the_same_on_any_ranks(text):
    def order(data):
        return [row.tolist() for batch in data.train_dataloader() for row in batch[0]]

    assert order(text()) == order(text())
    assert sorted(len(row) for row in order(text())) == sorted(len(row) for row in order(text(batch_size=8)))
    assert order(text()) != order(text(order_seed=1))


def test_folder_of_texts_has_a_folder_a_class(tmp_path):
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        for number in range(10):
            (tmp_path / name / f"{number}.txt").write_text(f"{name} text {number}")
    data = Text(path=str(tmp_path))
    data.setup()
    assert data.spec.class_names == ["bad", "good"]
    assert all(name.split("/")[0] in ("bad", "good") for name in data.sample_names("val"))


def test_own_texts_are_predicted_with_the_tokens_of_training(text, tmp_path):
    trained = text()
    torch.save(trained.state_dict(), tmp_path / "data.ckpt")
    fresh = Text(batch_size=2)
    fresh.load_state_dict(torch.load(tmp_path / "data.ckpt", weights_only=True))
    (tmp_path / "own.jsonl").write_text("".join(json.dumps({"text": each}) + "\n" for each in ("good never", "bad")))
    names, loader = fresh.predict_data(str(tmp_path / "own.jsonl"))
    place = {word: number for number, word in enumerate(trained.learned["tokens"]["tokens"], NUM_SPECIAL)}
    assert names == ["0", "1"]
    assert [batch.tolist() for batch in loader] == [[[place["good"], 1], [place["bad"], 0]]]


def test_tokens_of_a_run_made_before_are_taken(text, tmp_path):
    (tmp_path / "run/checkpoints").mkdir(parents=True)
    learned = {"tokens": {"kind": "words", "lowercase": False, "tokens": ["good", "bad"]}}
    kept = {"spec": {"class_names": []}, "learned": learned}
    checkpoint = {"state_dict": {"w": torch.zeros(1)}, "epoch": 0, "global_step": 1, "Text": kept}
    torch.save(checkpoint, tmp_path / "run/checkpoints/best.ckpt")
    data = text(tokenizer=str(tmp_path / "run"))
    assert data.learned == learned
    assert data.spec.num_tokens == 5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": "labl"}, r"^data.target=labl: no such column; did you mean 'label'\?"),
        ({"text": "txt"}, r"^data.text=txt: no such column; did you mean 'text'\?"),
        ({"target": "size"}, r"^data.kind=class: the target 'size' holds 60 different numbers"),
        ({"kind": "number"}, r"^data.kind=number: the target 'label' holds"),
        ({"tokenizer": "wrods"}, r"^data.tokenizer=wrods: .*did you mean 'words'"),
        ({"split_by": "place"}, r"^data.split_by=place: got data.kind=class; allowed: data.kind=tokens"),
        ({"kind": "tokens", "groups": "author"}, r"^data.groups=author: "),
    ],
)
def test_settings_that_do_not_fit_are_one_line(text, settings, message):
    with pytest.raises(InputError, match=message):
        text(**settings)


def test_texts_for_a_network_of_another_kind_are_one_line(text, tmp_path):
    data = Text(path=str(tmp_path / "rows.csv"), kind="tokens")
    data.load_state_dict(text().state_dict())
    with pytest.raises(
        InputError, match=r"^data.kind=tokens: the network was trained with another; allowed: data.kind=class$"
    ):
        data.setup()


@pytest.fixture
def from_elsewhere(rows):
    class Elsewhere(Text):
        def frames(self):
            return {"train": self.given}

    def make(frame=rows, **settings):
        data = Elsewhere(**{"batch_size": 8, **settings})
        data.given = frame
        return data

    return make


def test_a_subclass_brings_texts_from_elsewhere(from_elsewhere, text):
    data, same = from_elsewhere(), text()
    data.setup()
    assert (data.spec, data.num_samples) == (same.spec, same.num_samples)
    assert data.learned == same.learned
    data = from_elsewhere(kind="tokens", tokenizer="characters", max_length=16)
    data.setup()
    assert data.spec.target == "tokens"


def test_what_a_subclass_brings_is_held_as_a_file_is(from_elsewhere, rows):
    for frame, message in [
        (rows.rename(columns={"text": "texts"}), "data.text=text: no such column; did you mean 'texts'"),
        (rows.assign(text=["", *rows.text[1:]]), r"the text 'text' is empty in row 0"),
        (rows.drop(columns="label"), "data.target=label: no such column"),
        (rows[:0], "data=train: no row in it"),
    ]:
        with pytest.raises(InputError, match=message):
            from_elsewhere(frame).setup()


def test_rows_may_bear_any_index(from_elsewhere, rows):
    frame = rows[::-1].assign(text=["", *rows.text[:0:-1]])
    with pytest.raises(InputError, match=r"is empty in row 0 \(counted from 0\)"):
        from_elsewhere(frame).setup()
