import lightning as L
import pytest
import torch
from torch import nn

from epochwise.data.digits import Digits
from epochwise.data.splits.epoch_batches import EpochBatches, EvenBatches

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers:UserWarning")


class Observed(L.LightningModule):
    """A linear network that keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        self.seen = {"train": [], "val": [], "test": [], "predict": []}

    def training_step(self, batch, batch_idx):
        self.seen["train"].append((self.current_epoch, *batch))
        return nn.functional.cross_entropy(self.network(batch[0]), batch[1])

    def validation_step(self, batch, batch_idx):
        self.seen["val"].append(batch)

    def test_step(self, batch, batch_idx):
        self.seen["test"].append(batch)

    def predict_step(self, batch, batch_idx):
        self.seen["predict"].append(batch)
        return self.network(batch)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.01)


def trainer(**settings):
    return L.Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        **{"max_epochs": 2, **settings},
    )


def fit(data, **settings):
    observed = Observed()
    trainer(**settings).fit(observed, datamodule=data)
    return observed


def targets(observed, epoch):
    return torch.cat([y for at, _, y in observed.seen["train"] if at == epoch])


def test_lightning_gives_every_epoch_its_own_order_which_a_second_run_repeats():
    runs = [fit(Digits(order_seed=3)) for _ in range(2)]
    assert not torch.equal(targets(runs[0], 0), targets(runs[0], 1))
    assert torch.equal(targets(runs[0], 0).sort().values, targets(runs[0], 1).sort().values)
    for epoch in (0, 1):
        assert torch.equal(targets(runs[0], epoch), targets(runs[1], epoch))


def test_overfitting_repeats_the_same_batches():
    observed = fit(Digits(), overfit_batches=2, max_epochs=3)
    assert torch.equal(targets(observed, 0), targets(observed, 2))
    assert len(targets(observed, 0)) == 128


def test_lightning_leaves_our_samplers_alone_when_it_overfits():
    """It replaces every sampler but a SequentialSampler: held here, since EpochBatches and EvenBatches lean on it."""
    data, observed = Digits(batch_size=4), Observed()
    fitting = trainer(overfit_batches=1, max_epochs=2)
    fitting.fit(observed, datamodule=data)
    batches = fitting.train_dataloader.sampler
    assert (type(batches), batches.shuffle) == (EpochBatches, False)
    assert type(fitting.val_dataloaders.sampler) is EvenBatches
    _, expected = data.splits["train"][[0, 1, 2, 3]]
    assert all(torch.equal(targets(observed, epoch), expected) for epoch in (0, 1))
    assert torch.equal(observed.seen["val"][0][1], data.splits["val"][[0, 1, 2, 3]][1])


def test_batches_are_normalised_by_the_training_split():
    observed = fit(Digits(), max_epochs=1)
    x = torch.cat([x for _, x, _ in observed.seen["train"]])
    assert x.dtype == torch.float32
    assert x.mean().item() == pytest.approx(0, abs=1e-5)
    assert x.std().item() == pytest.approx(1, abs=1e-3)


def test_pictures_are_augmented_in_training_alone():
    data = Digits(augment=torch.zeros_like)
    observed = fit(data, max_epochs=1)
    data.trainer.test(observed, datamodule=data, verbose=False)
    assert all(x.unique().numel() == 1 for _, x, _ in observed.seen["train"])
    assert all(x.unique().numel() > 1 for x, _ in observed.seen["val"] + observed.seen["test"])
    assert len(observed.seen["val"]) == len(observed.seen["test"]) == 5


def test_without_a_trainer_nothing_is_augmented():
    data = Digits(augment=torch.zeros_like)
    data.setup()
    x, y = data.on_after_batch_transfer(next(iter(data.train_dataloader())))
    assert x.unique().numel() > 1
    assert y.dtype == torch.int64


def test_augmentation_sees_pictures_between_0_and_1():
    seen = []
    fit(Digits(augment=lambda x: seen.append((x.min().item(), x.max().item())) or x), max_epochs=1)
    assert set(seen) == {(0.0, 1.0)}


def test_lightning_predicts_own_pictures_in_their_order(tmp_path, write_pictures):
    class OwnPictures(Digits):
        def predict_dataloader(self):
            return self.predict_data(str(tmp_path / "own"))[1]

    write_pictures(tmp_path / "own", 5, mode="L", size=(8, 8))
    data, observed = OwnPictures(batch_size=2), Observed()
    data.setup()
    scores = trainer().predict(observed, datamodule=data)
    expected = torch.cat([data.on_after_batch_transfer(x) for x in data.predict_dataloader()])
    assert torch.equal(torch.cat(observed.seen["predict"]), expected)
    assert torch.cat(scores).shape == (5, 10)


def test_ranks_come_from_the_trainer():
    data = Digits(batch_size=32)
    data.setup()
    whole = next(iter(data.train_dataloader()))[1]

    class Second(L.Trainer):
        world_size, global_rank = 2, 1

    data.batch_size, data.trainer = 16, Second(accelerator="cpu", logger=False, enable_checkpointing=False)
    assert torch.equal(next(iter(data.train_dataloader()))[1], whole[1::2])
    assert len(torch.cat([y for _, y in data.test_dataloader()])) == 135


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        ({"batch_size": 7, "num_workers": 2, "drop_last": True}, set()),
        ({"order_seed": 1}, {"order"}),
        ({"shuffle": False}, {"order"}),
        ({"max_train_samples": 99}, {"order"}),
        ({"label_noise": 0.5}, {"order"}),
        ({"split_seed": 1}, {"order", "held_out"}),
    ],
)
def test_digests_tell_what_an_epoch_is_made_of_and_what_is_held_out(settings, changed):
    one, other = Digits(max_train_samples=100), Digits(**{"max_train_samples": 100, **settings})
    for data in (one, other):
        data.setup("fit")
    before, after = one.digests(), other.digests()
    assert {name for name in before if before[name] != after[name]} == changed
    assert one.digests(overfit=True)["order"] != before["order"]
