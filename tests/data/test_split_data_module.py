from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image

from epochwise.data.digits import Digits
from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule
from epochwise.input_error import InputError


@dataclass(eq=False, kw_only=True)
class Stripes(SplitDataModule):
    """A data set as a newcomer writes it: one method. Every pixel of sample n is n, in test 200."""

    published: bool = False
    num_classes: int = 2

    def load(self):
        x = np.tile(np.arange(40, dtype=np.uint8)[:, None, None, None], (1, 3, 4, 4))
        class_names = ["even", "odd", "none"][: self.num_classes]
        train = Samples(x, np.arange(40) % self.num_classes, class_names)
        test = Samples(np.full((6, 3, 4, 4), 200, np.uint8), np.arange(6) % self.num_classes, class_names)
        return {"train": train, "test": test} if self.published else {"train": train}


def ready(cls=Stripes, **settings):
    data = cls(batch_size=8, **settings)
    data.setup()
    return data


def test_spec_comes_from_the_training_split():
    spec = ready().spec
    assert (spec.input_shape, spec.target, spec.num_outputs) == ((3, 4, 4), "class", 2)
    assert (spec.class_names, spec.class_counts) == (["even", "odd"], [14, 14])


def test_setup_twice_loads_once():
    data = ready()
    before = data.splits
    data.setup("fit")
    assert data.splits is before


@pytest.mark.parametrize("published", [False, True])
def test_statistics_come_from_the_training_split_alone(published):
    data = ready(published=published)
    x, _ = data.splits["train"][list(range(data.num_samples["train"]))]
    x = x.double() / 255
    assert data.learned["mean"] == pytest.approx([x.mean().item()] * 3, abs=1e-6)
    assert data.learned["std"] == pytest.approx([x.std(correction=0).item()] * 3, abs=1e-6)
    assert x.max() < 200 / 255


@pytest.mark.parametrize("published", [False, True])
def test_all_samples_are_one_uncut_split_in_their_order(published):
    data = Stripes(published=published, batch_size=8)
    data.load_state_dict(ready().state_dict())
    data.setup("all")
    x = torch.cat([batch[0] for batch in data.split_dataloader("all")])[:, 0, 0, 0]
    assert x.tolist() == list(range(40)) + [200] * 6 * published
    assert data.splits.keys() == {"all"}
    assert data.sample_names("all")[::40] == (["train/0", "test/0"] if published else ["0"])


def test_cut_does_not_follow_from_the_order_of_training():
    assert ready(order_seed=1).names == ready(order_seed=2).names
    assert ready(split_seed=1).names != ready(split_seed=2).names


def test_names_stand_in_the_order_of_evaluation():
    data = ready()
    for split, count in data.num_samples.items():
        x = torch.cat([batch[0] for batch in data.split_dataloader(split)])
        assert [str(int(value)) for value in x[:, 0, 0, 0]] == data.sample_names(split)
        assert len(x) == count


def test_what_was_learned_survives_a_safe_checkpoint(tmp_path):
    data = ready()
    torch.save(data.state_dict(), tmp_path / "data.ckpt")
    fresh = Stripes()
    fresh.load_state_dict(torch.load(tmp_path / "data.ckpt", weights_only=True))
    assert fresh.spec == data.spec
    assert fresh.learned == data.learned


def test_state_before_setup_is_empty():
    assert Stripes().state_dict() == {}


def test_what_was_loaded_is_not_learned_again():
    state = ready().state_dict()
    state["learned"] = {"mean": [0.5] * 3, "std": [0.25] * 3}
    first = Stripes()
    first.load_state_dict(state)
    first.setup()
    later = ready()
    later.load_state_dict(state)
    for data in (first, later):
        assert data.learned == state["learned"]
        assert data.num_samples == {"train": 28, "val": 6, "test": 6}


@pytest.mark.parametrize("set_up_before", [False, True])
def test_data_of_another_shape_is_refused(set_up_before):
    state = ready().state_dict()
    names = [str(digit) for digit in range(10)]
    state["spec"] |= {"class_names": names, "class_counts": [1] * 10, "num_outputs": 10}
    data = Digits()
    if set_up_before:
        data.setup()
    else:
        data.load_state_dict(state)
    finish = (lambda: data.load_state_dict(state)) if set_up_before else data.setup
    with pytest.raises(InputError, match=r"have the shape \(1, 8, 8\); the network was trained on \(3, 4, 4\)"):
        finish()


def test_data_with_other_classes_is_refused():
    data = Stripes(num_classes=3)
    data.load_state_dict(ready().state_dict())
    with pytest.raises(InputError, match="not trained on a class 'none'"):
        data.setup()


def test_own_pictures_are_predicted_without_the_training_data(tmp_path, write_pictures):
    write_pictures(tmp_path / "own", 3, mode="L", size=(30, 20))
    write_pictures(tmp_path / "own" / "deeper", 2, mode="RGBA")
    data = Stripes(batch_size=4)
    data.load_state_dict(ready().state_dict())
    names, loader = data.predict_data(str(tmp_path / "own"))
    batches = [data.on_after_batch_transfer(x) for x in loader]
    assert [name.removeprefix(str(tmp_path)) for name in names] == [
        f"/own/{name}" for name in ("0.png", "1.png", "2.png", "deeper/0.png", "deeper/1.png")
    ]
    assert [tuple(x.shape) for x in batches] == [(3, 3, 4, 4), (2, 3, 4, 4)]
    assert data.splits == {}


def test_own_picture_is_seen_as_a_picture_of_the_data_set(tmp_path):
    data = ready(Digits)
    x, _ = data.splits["val"][[0]]
    Image.fromarray(x[0, 0].numpy()).save(tmp_path / "digit.png")
    _, loader = data.predict_data(str(tmp_path / "digit.png"))
    assert torch.equal(next(iter(loader)), x)


def test_own_picture_that_cannot_be_read_is_named_at_once(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"broken.png: not a readable picture"):
        ready().predict_data(str(tmp_path))
