"""A map-style data set of one's own: read, cut, batched and described."""

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from epochwise.data.own import Own
from epochwise.input_error import InputError
from epochwise.items.form import Form

from tests.items.own_sets import Pictures, Points, Sentences


def ready(train, **settings):
    data = Own(train=train, **({"batch_size": 16} | settings))
    data.setup("fit")
    return data


def lines(train, **settings):
    with pytest.raises(InputError) as refused:
        ready(train, **settings)
    return refused.value.lines


@pytest.mark.parametrize(
    ("form", "settings", "kind", "outputs", "names"),
    [
        ("tuple", {}, "class", 2, ["0", "1"]),
        ("tuple", {"class_names": ["below", "above"]}, "class", 2, ["below", "above"]),
        ("dict", {}, "class", 2, ["0", "1"]),
        ("name", {}, "class", 2, ["above", "below"]),
        ("labels", {"target": "labels"}, "labels", 3, ["0", "1", "2"]),
        ("number", {}, "number", 1, []),
        ("numbers", {"target": "number", "target_names": ["x", "y"]}, "number", 2, []),
        ("alone", {}, "own", 1, []),
        ("labels", {"target": "own", "num_outputs": 7}, "own", 7, []),
    ],
)
def test_the_spec_is_found_in_the_items(form, settings, kind, outputs, names):
    spec = ready(Points(form=form), **settings).spec
    assert (spec.target, spec.num_outputs, spec.class_names) == (kind, outputs, names)
    assert (spec.input_shape, spec.num_train) == ((2,), 112)
    assert spec.target_names == settings.get("target_names", [])


def test_a_batch_holds_the_items_of_its_rows():
    data, points = ready(Points()), Points()
    x, y = data.splits["val"][[0, 3]]
    rows = data.splits["val"].items.rows[[0, 3]]
    torch.testing.assert_close(x, torch.tensor(points.x[rows], dtype=torch.float32))
    assert y.tolist() == points.y[rows].tolist()


def test_every_sample_stands_in_one_split_and_all_are_split_as_in_other_data():
    data = ready(Points())
    rows = np.concatenate([data.splits[split].items.rows for split in ("train", "val", "test")])
    assert sorted(rows.tolist()) == list(range(160))
    assert abs(data.splits["val"][list(range(24))][1].float().mean() - Points().y.mean()) < 0.05


def test_given_splits_are_kept():
    data = ready(Points(), val=Points(30, seed=1), test=Points(20, seed=2))
    assert data.num_samples == {"train": 160, "val": 30, "test": 20}
    torch.testing.assert_close(
        data.splits["test"][[5]][0][0].double(), torch.tensor(Points(20, seed=2).x[5]), rtol=1e-6, atol=0
    )


def test_several_inputs_go_by_name():
    spec = ready(Points(form="two inputs"), inputs=["east", "north"]).spec
    assert spec.input_shapes == {"east": (1,), "north": (1,)}
    assert ready(Points(form="two inputs")).splits["val"][[0, 1]][0].keys() == {"input_0", "input_1"}


def test_pictures_of_pil_and_their_masks():
    data = ready(Pictures(), class_names=["dark", "bright"])
    x, y = data.splits["train"][[0, 1]]
    assert (x.dtype, x.shape, y.dtype, y.shape) == (torch.uint8, (2, 3, 8, 8), torch.int64, (2, 8, 8))
    assert data.spec.target == "mask"
    assert sum(data.spec.class_counts) == 64 * data.num_samples["train"]


def test_rows_of_tokens_are_filled_up():
    data = ready(Sentences(), target="tokens", num_tokens=6, pad_id=0)
    train = data.splits["train"]
    x, y = train[list(range(14))]
    assert torch.equal(x == 0, y == -100)
    assert (x == 0).any()
    lengths = [len(Sentences()[row][0]) for row in train.items.rows]
    assert [row.tolist() for row in (x == 0).int()] == [[int(at >= each) for at in range(5)] for each in lengths]
    assert (data.spec.num_outputs, data.spec.num_tokens) == (6, 6)
    assert 1.5 < data.spec.target_entropy <= np.log(5)
    shares = torch.bincount(y[y != -100])[1:] / (y != -100).sum()
    assert data.spec.target_entropy == pytest.approx(-(shares * shares.log()).sum().item(), abs=1e-6)


def test_a_collate_fn_makes_the_batch():
    def collate(items):
        x, y = zip(*items, strict=True)
        return {"x": torch.as_tensor(np.stack(x)), "y": torch.eye(2)[list(y)]}

    x, y = ready(Points(), collate_fn=collate).splits["train"][[0, 1, 2]]
    assert (x.dtype, x.shape, y.shape) == (torch.float32, (3, 2), (3, 2))


def test_all_that_is_missing_is_told_at_once():
    class Uneven(Points):
        def __getitem__(self, row):
            return torch.zeros(2 + row), [1.0, 0.0]

    said = lines(Uneven(), class_names=["a"], num_outputs=3)
    assert len(said) == 3
    assert (
        "data.target: an item of data.train has 2 numbers as its target; say what they are: number, labels" in said[0]
    )
    assert "data.collate_fn" in said[1]
    assert said[2].startswith("data.num_outputs: got 3")


def test_what_cannot_be_read_is_told():
    assert "has no __len__ and __getitem__" in lines(3)[0]
    assert lines(Points(), plain=Points(10))[0].startswith("data.plain: got 10 samples, allowed: the 160")
    assert lines(Points(form="dict"), target_key="class") == (
        "data.train: an item has no 'class'; it has 'point', 'label'",
    )


def batches(data, epoch, workers=0):
    data.num_workers = workers
    loader = data.train_dataloader()
    loader.sampler.set_epoch(epoch)
    return [[x.clone(), y.clone()] for x, y in loader]


@pytest.mark.parametrize("workers", [0, 1])
def test_what_an_item_draws_follows_from_the_epoch_in_any_process(workers):
    data = ready(Points(jitter=0.1), shuffle=False)  # so that what is drawn is all that differs
    first = batches(data, 1)
    torch.manual_seed(5)
    again, other = batches(data, 1, workers), batches(data, 2, workers)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    assert all(torch.equal(a[1], b[1]) for a, b in zip(first, other, strict=True))
    assert not any(torch.isin(a[0], b[0]).any() for a, b in zip(first, other, strict=True))


def test_plain_samples_are_read_wherever_one_does_not_train():
    data = ready(Points(jitter=0.1), plain=Points())
    clean = torch.tensor(Points().x, dtype=torch.float32)
    for split in ("train", "val", "test"):  # as they are scored
        x, _ = data.splits[split][list(range(len(data.splits[split])))]
        torch.testing.assert_close(x, clean[data.splits[split].items.rows])
    assert not any(torch.isin(x[:, 0], clean[:, 0]).any() for x, _ in batches(data, 0))


def test_reading_draws_nothing_from_the_run():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    ready(Points(jitter=0.1))
    assert torch.rand(1) == expected


def test_published_targets_spare_reading_every_item():
    points = Points()
    points.targets = points.y
    ready(points)
    assert len(set(points.read)) < 20


def test_published_targets_that_items_contradict_are_not_believed():
    points = Points()
    points.targets = 1 - points.y
    data = ready(points)
    assert data.splits["train"].datasets[1].tolist() == Points().y[data.splits["train"].items.rows].tolist()


def test_features_are_normalised_where_that_is_asked_for():
    data = ready(TensorDataset(torch.randn(90, 3) * 7 + 5, torch.arange(90) % 3), normalize=True)
    x = data.on_after_batch_transfer(data.splits["train"][list(range(62))])[0]
    torch.testing.assert_close(x.mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    assert ready(TensorDataset(torch.randn(90, 3), torch.arange(90) % 3)).learned == {}


class Named(Points):
    """Says the names of its classes in an attribute."""

    names = ("near", "far")


def test_an_attribute_that_names_no_samples_is_not_taken_for_their_names():
    with pytest.raises(InputError, match=r"data\.train: Named\.names has 2 entries, and there are 160 samples"):
        ready(Named())


def test_the_shape_of_texts_is_that_of_the_longest():
    longest = max(len(Sentences()[row][0]) for row in range(20))
    assert ready(Sentences(), target="tokens", num_tokens=6, pad_id=0).spec.input_shape == (longest,)


def test_several_inputs_are_not_normalised():
    with pytest.raises(InputError, match=r"data\.normalize: got True, but an item has several inputs"):
        ready(Points(form="two inputs"), normalize=True)


def test_what_stands_beside_tokens_is_filled_up_with_0():
    items = [{"input_ids": torch.ones(n), "attention_mask": torch.ones(n), "y": 0} for n in (1, 3)]
    x, _ = Form(pad_id=7).collate(items)
    assert x["input_ids"].tolist()[0] == [1, 7, 7]
    assert x["attention_mask"].tolist()[0] == [1, 0, 0]


def test_a_dict_without_a_known_target_asks_which_key_it_is():
    class Named(Points):
        def __getitem__(self, row):
            x, y = super().__getitem__(row)
            return {"point": x, "side": y}

    assert lines(Named()) == (
        "data.target_key: which key of an item is its target? 'point', 'side'; or none: data.target=own",
    )
    data = Own(train=Named(), target_key="side")
    data.setup()
    assert data.spec.target == "class"


def test_an_item_unlike_the_others_is_one_line_wherever_it_comes():
    class OneIsLonger(Points):
        def __getitem__(self, row):
            x, y = super().__getitem__(row)
            return (x if row != 70 else x[[0, 1, 1]]), y

    data = Own(train=OneIsLonger())
    data.setup()
    with pytest.raises(InputError, match=r"^data: some items make no batch together \(stack expects each tensor"):
        [list(data.split_dataloader(split)) for split in ("train", "val", "test")]
