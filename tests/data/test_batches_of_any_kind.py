"""What becomes of a batch on its device: pictures with masks, tokens, several inputs, mixed samples."""

from types import SimpleNamespace

import pytest
import torch
from torchvision.transforms import v2

from epochwise.data.spec import Spec
from epochwise.data.splits.batched_data_module import BatchedDataModule
from epochwise.data.target import IGNORE
from epochwise.input_error import InputError

CLASSES = Spec((1, 4, 4), "class", 3, ["a", "b", "c"], [1, 1, 1])


def data(spec=None, training=True, **settings):
    module = BatchedDataModule(**settings)
    module.spec, module.trainer = spec, SimpleNamespace(training=training)
    return module


def test_tokens_stay_what_they_are():
    x = torch.tensor([[5, 7, 0]])
    assert data().on_after_batch_transfer([x, x])[0] is x


def test_several_inputs_are_scaled_each_by_its_kind():
    x = {"picture": torch.full((1, 1, 2, 2), 255, dtype=torch.uint8), "tokens": torch.tensor([[3]])}
    found = data().on_after_batch_transfer([x, torch.zeros(1)])[0]
    assert found["picture"].unique().tolist() == [1.0]
    assert found["tokens"].tolist() == [[3]]


def test_a_mask_is_moved_with_its_picture():
    mask = torch.randint(0, 3, (2, 6, 6))
    picture = (mask * 100).unsqueeze(1).to(torch.uint8)
    x, y = data(augment=v2.RandomHorizontalFlip(p=1.0)).on_after_batch_transfer([picture, mask])
    assert torch.equal(y, mask.flip(-1))
    assert torch.equal((x * 2.55).round().long().squeeze(1), y)
    assert type(x) is type(y) is torch.Tensor
    assert y.dtype == torch.int64


def test_what_an_augmentation_adds_around_a_mask_is_ignored():
    mask = torch.ones((1, 4, 4), dtype=torch.int64)
    x, y = data(augment=v2.Pad(1)).on_after_batch_transfer([mask.unsqueeze(1).to(torch.uint8), mask])
    assert y[0, 1:-1, 1:-1].unique().tolist() == [1]
    assert y[0, 0].unique().tolist() == [IGNORE]
    assert x.shape == (1, 1, 6, 6)


def test_nothing_is_augmented_or_mixed_but_training_batches():
    x, y = torch.rand(4, 1, 4, 4), torch.tensor([0, 1, 2, 0])
    scored = data(CLASSES, training=False, augment=v2.RandomHorizontalFlip(p=1.0), mix=v2.MixUp(alpha=1.0))
    found = scored.on_after_batch_transfer([x, y])
    assert torch.equal(found[0], x)
    assert torch.equal(found[1], y)


@pytest.mark.parametrize("mix", [v2.MixUp(alpha=1.0), v2.CutMix(alpha=1.0)])
def test_mixed_samples_have_the_shares_of_their_classes(mix):
    torch.manual_seed(1)
    x = torch.stack([torch.full((1, 4, 4), float(value)) for value in (0, 1, 2)])
    found, y = data(CLASSES, mix=mix).on_after_batch_transfer([x, torch.tensor([0, 1, 2])])
    assert y.sum(dim=1).tolist() == pytest.approx([1.0] * 3)
    assert found.mean(dim=(1, 2, 3)).tolist() == pytest.approx((y * torch.tensor([0.0, 1.0, 2.0])).sum(dim=1).tolist())


def test_what_cannot_be_mixed_is_one_line():
    numbers = Spec((2,), "number", 1, [], [])
    with pytest.raises(InputError, match=r"data\.mix: got MixUp, but what the data has is a number"):
        data(numbers, mix=v2.MixUp()).on_after_batch_transfer([torch.rand(2, 2), torch.rand(2)])
