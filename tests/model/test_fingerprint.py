import pytest
import torch

from epochwise.model.stages import fingerprint


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.data.neg_(),
        lambda x: x.data.zero_(),
        lambda x: x.data.view(-1)[0].copy_(torch.nextafter(x.data.view(-1)[0], torch.tensor(9.0, dtype=x.dtype))),
        lambda x: x.data.copy_(torch.randn(4, 4)),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_it_sees_what_is_written_unseen_by_the_version(change, dtype):
    x = torch.arange(-8.0, 8.0).view(4, 4).to(dtype)
    before, version = fingerprint([x]), x._version
    assert fingerprint([x.clone()]) == before
    change(x)
    assert x._version == version
    assert fingerprint([x]) != before


def test_counts_and_numbers_that_are_none_have_one_too():
    tensors = [torch.tensor(3), torch.tensor([True]), torch.tensor(float("nan")), torch.zeros(0), torch.tensor(1j)]
    assert fingerprint(tensors) == fingerprint(tensors)
