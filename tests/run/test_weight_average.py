import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint, WeightAveraging
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from epochwise.run.weight_average import ScoredWeights, WeightAverage
from epochwise.run.write_checkpoint import WholeCheckpointIO

LOADER = DataLoader(TensorDataset(torch.zeros(2, 1)))


class Counts(L.LightningModule):
    """Its weight says how many steps it has taken; its frozen part has values that are no round numbers."""

    def __init__(self, frozen_from=0):
        super().__init__()
        self.weight, self.scored, self.frozen_from = nn.Parameter(torch.zeros(())), [], frozen_from
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8))

    def on_train_epoch_start(self):
        self.body.requires_grad_(self.current_epoch < self.frozen_from)

    def training_step(self, batch, batch_idx):
        self.body.train(self.current_epoch < self.frozen_from)
        return self.body(torch.randn(4, 8)).square().mean() - self.weight

    def validation_step(self, batch, batch_idx):
        if batch_idx == 0:
            self.scored.append(
                (float(self.weight), {name: one.clone() for name, one in self.body.state_dict().items()})
            )

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)


class ByStep(WeightAveraging):
    def should_update(self, step_idx=None, epoch_idx=None):
        return step_idx is not None and step_idx >= 4


class ByEpoch(WeightAveraging):
    def should_update(self, step_idx=None, epoch_idx=None):
        return epoch_idx is not None and epoch_idx >= 2


AVERAGES = {
    "from a step on": (lambda: EMAWeightAveraging(decay=0.5, update_starting_at_step=4), [2, 4, 5.5, 7.125]),
    # The last step of an epoch counts twice, once for the epoch: Lightning's rule.
    "from an epoch on": (lambda: EMAWeightAveraging(decay=0.5, update_starting_at_epoch=2), [2, 4, 5.75, 7.59375]),
    "every third step": (lambda: EMAWeightAveraging(decay=0.5, update_every_n_steps=3), [1, 2.5, 2.5, 4.75]),
    "a rule by step": (ByStep, [2, 4, 5.5, 6.5]),
    "a rule by epoch": (ByEpoch, [2, 4, 6, 7]),
}


def fit(folder, averaging, max_epochs=4, ckpt_path=None, frozen_from=0):
    task, each = Counts(frozen_from), ModelCheckpoint(folder, "{epoch}", save_top_k=-1)
    trainer = L.Trainer(
        callbacks=[averaging, WeightAverage(averaging), ScoredWeights(), each],
        plugins=[WholeCheckpointIO(folder)],
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        max_epochs=max_epochs,
    )
    trainer.fit(task, LOADER, LOADER, ckpt_path=ckpt_path, weights_only=True)
    return [weight for weight, _ in task.scored][-max_epochs:], task.scored


@pytest.mark.filterwarnings("ignore:Checkpoint directory")
@pytest.mark.parametrize("name", AVERAGES)
def test_the_models_own_weights_are_scored_and_kept_until_averaging_begins(tmp_path, name):
    make, expected = AVERAGES[name]
    scored, _ = fit(tmp_path, make())
    assert scored == expected
    kept = [torch.load(tmp_path / f"epoch={epoch}.ckpt", weights_only=True)["state_dict"] for epoch in range(4)]
    assert [float(state["weight"]) for state in kept] == expected
    for epoch in (0, 2):  # before it begins, and after
        _, resumed = fit(tmp_path, make(), ckpt_path=tmp_path / f"epoch={epoch}.ckpt")
        assert [weight for weight, _ in resumed if weight in expected[epoch + 1 :]][-1] == expected[-1]


@pytest.mark.parametrize("frozen_from", [0, 2])
def test_what_is_frozen_is_not_moved_by_the_average_not_by_a_bit(tmp_path, frozen_from):
    _, scored = fit(tmp_path, EMAWeightAveraging(decay=0.99), frozen_from=frozen_from)
    frozen = [body for _, body in scored[-2:]] + [Counts().body.state_dict()] * (frozen_from == 0)
    kept = torch.load(tmp_path / "epoch=3.ckpt", weights_only=True)
    for name, tensor in frozen[0].items():
        assert all(torch.equal(tensor, body[name]) for body in frozen)
        assert torch.equal(tensor, kept["state_dict"][f"body.{name}"])
        assert torch.equal(tensor, kept["current_model_state"][f"body.{name}"])
    assert int(frozen[0]["1.num_batches_tracked"]) == 2 * frozen_from  # a count is no average
