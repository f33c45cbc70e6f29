import pytest
import torch

from epochwise.data.digits import Digits
from epochwise.export.graph import Preparation, graph_of, prepares, raw_input
from epochwise.input_error import InputError


@pytest.fixture
def digits():
    data = Digits()
    data.setup()
    return data


def test_pictures_are_prepared_as_their_data_prepares_them(digits):
    batch = digits.splits["test"][[0, 1, 2]]
    x, y = raw_input(digits, batch)
    assert x.dtype == torch.uint8
    assert torch.equal(y, batch[1])
    assert torch.equal(Preparation(digits.learned)(x), digits.on_after_batch_transfer(batch)[0])


def test_each_of_several_inputs_is_scaled_by_its_own_and_tokens_stay():
    learned = {"inputs": {"place": {"mean": [1.0, 2.0], "std": [2.0, 4.0]}}}
    x = {"place": torch.tensor([[3.0, 2.0]]), "tokens": torch.tensor([[5, 6]])}
    found = Preparation(learned)(x)
    assert torch.equal(found["place"], torch.tensor([[1.0, 0.0]]))
    assert torch.equal(found["tokens"], x["tokens"])


def test_data_with_a_hook_of_its_own_prepares_its_batches_itself():
    class Doubled(Digits):
        def on_after_batch_transfer(self, batch, dataloader_idx=0):
            x, y = super().on_after_batch_transfer(batch, dataloader_idx)
            return [2 * x, y]

    data = Doubled()
    data.setup()
    assert not prepares(data)
    batch = data.splits["test"][[0]]
    assert torch.equal(raw_input(data, batch)[0], 2 * Digits.on_after_batch_transfer(data, batch)[0])


def test_a_task_that_goes_its_own_way_is_refused_by_name(digits):
    with pytest.raises(InputError, match="export: Linear is no task of epochwise"):
        graph_of(torch.nn.Linear(1, 1), digits)
