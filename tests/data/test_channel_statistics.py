import pytest
import torch

from epochwise.data.pictures.picture_files import channel_statistics


def test_pictures_are_measured_in_units_of_one_by_channel():
    x = torch.randint(0, 256, (700, 3, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    found = channel_statistics(x)
    expected = (x.double() / 255).transpose(0, 1).flatten(1)
    assert found["mean"] == pytest.approx(expected.mean(1).tolist(), abs=1e-6)
    assert found["std"] == pytest.approx(expected.std(1, correction=0).tolist(), abs=1e-6)


def test_features_are_measured_as_they_are():
    assert channel_statistics(torch.tensor([[1.0, 100.0], [3.0, 300.0]])) == {"mean": [2.0, 200.0], "std": [1.0, 100.0]}


def test_channel_that_never_changes_can_be_divided_by():
    assert channel_statistics(torch.full((5, 1, 2, 2), 255, dtype=torch.uint8)) == {"mean": [1.0], "std": [1.0]}


def test_no_more_samples_than_asked_for_are_looked_at():
    class Counted:
        seen = 0

        def __len__(self):
            return 1000

        def __getitem__(self, indices):
            self.seen += len(indices)
            return torch.zeros(len(indices), 1, 2, 2)

    counted = Counted()
    channel_statistics(counted, max_samples=300)
    assert 0 < counted.seen <= 300
