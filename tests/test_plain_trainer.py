"""Stoppings and schedules in a Trainer of one's own, with modules that know nothing of them."""

from functools import partial

import lightning as L
import pytest
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.optim import SGD
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau
from torch.utils.data import DataLoader

from epochwise.callbacks.last_checkpoint import LastCheckpoint
from epochwise.finetune.plan import Plan
from epochwise.input_error import InputError
from epochwise.scheduler.cosine import Cosine
from epochwise.scheduler.inverse_sqrt import InverseSqrt
from epochwise.scheduler.lightning_schedule import lightning_schedule
from epochwise.scheduler.step import Step
from epochwise.scheduler.wsd import WSD
from epochwise.stopping.adaptive import Adaptive
from epochwise.stopping.early import Early

from tests.plain_modules import EXPECTED, Endless, Line, epochs_of, loader, trainer

pytestmark = pytest.mark.filterwarnings(*EXPECTED)


@pytest.fixture(autouse=True)
def _seed():
    L.seed_everything(0, verbose=False)


class Scored(Line):
    """Validates to given scores, one an epoch, the last one for ever; the rate follows a schedule."""

    def __init__(self, scores, make=None, name="val_loss"):
        super().__init__()
        self.hparams.clear()
        self.scores, self.make, self.name, self.rates = scores, make, name, []

    def validation_step(self, batch, batch_idx):
        self.log(self.name, float(self.scores[min(self.current_epoch, len(self.scores) - 1)]))

    def on_train_batch_start(self, batch, batch_idx):
        self.rates.append(self.trainer.optimizers[0].param_groups[0]["lr"])

    def configure_optimizers(self):
        optimizer = SGD(self.parameters(), lr=1.0)
        if self.make is None:
            return optimizer
        return {
            "optimizer": optimizer,
            "lr_scheduler": lightning_schedule(self.make, optimizer, self.trainer, "val_loss"),
        }


@pytest.mark.parametrize("num_sanity_val_steps", [0, 2])
def test_early_counts_epochs_by_the_name_that_the_module_logs(tmp_path, num_sanity_val_steps):
    early = Early("val_loss", "min", patience=2)
    assert epochs_of(tmp_path, Scored([3, 2, 1, 4]), early, num_sanity_val_steps=num_sanity_val_steps) == 5
    assert early.reason == "val_loss has not improved for 2 epochs (best: 1 at epoch 2)"


@pytest.mark.parametrize("limit_val_batches", [1.0, 0])
def test_early_follows_a_score_of_training_with_or_without_validation(tmp_path, limit_val_batches):
    early = Early("train_loss", "min", patience=1, min_delta=100.0)
    run = trainer(tmp_path, early, max_epochs=9, limit_val_batches=limit_val_batches)
    run.fit(Line(), loader(), loader())
    assert run.current_epoch == 2


def test_early_follows_one_of_several_loaders(tmp_path):
    class Two(Line):
        def validation_step(self, batch, batch_idx, dataloader_idx=0):
            self.log("val_loss", float(dataloader_idx and self.current_epoch))

    early = Early("val_loss/dataloader_idx_1", "min", patience=2)
    run = trainer(tmp_path, early, max_epochs=9)
    run.fit(Two(), loader(), [loader(), loader()])
    assert run.current_epoch == 3


def test_a_validation_after_the_training_is_no_score_of_it(tmp_path):
    early = Early("val_loss", "min", patience=2)
    run = trainer(tmp_path, early, max_epochs=3)
    run.fit(module := Scored([3, 2, 1]), loader(), loader())
    before = early.state_dict()
    module.scores = [0.0]
    run.validate(module, loader(), verbose=False)
    assert early.state_dict() == before


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: Early("val_loss", "minimum", 3), "Early: mode: got 'minimum', allowed: 'min' or 'max'"),
        (lambda: Early("val_loss", "min", 0), "Early: patience: got 0, allowed: a whole number at least 1"),
        (lambda: Early("val_loss", "min", 2.5), "Early: patience: got 2.5, allowed: a whole number"),
        (lambda: Adaptive("val_loss", "mx"), "Adaptive: mode: got 'mx', .*; did you mean 'max'"),
        (lambda: Cosine(SGD(Line().parameters(), lr=1), 0, 4), "Cosine: max_epochs: got 0, .* above 0"),
        (lambda: WSD(SGD(Line().parameters(), lr=1), 9, 4, cooldown_shape="sqr"), "WSD: cooldown_shape: got 'sqr'"),
        (lambda: Step(SGD(Line().parameters(), lr=1), 9, lr_scale=2), "Step: lr_scale: got 2, .*and at most 1"),
        (lambda: Plan([], lr_decay=0.0), "Plan: lr_decay: got 0.0, allowed: a number above 0 and at most 1"),
        (lambda: LastCheckpoint(".", every_n_steps=0), "LastCheckpoint: every_n_steps: got 0, .*at least 1 or None"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_allowed_is_refused_where_the_object_is_made(make, line):
    with pytest.raises(InputError, match=line):
        make()


def test_a_monitor_that_is_never_logged_is_refused_before_the_first_step(tmp_path):
    with pytest.raises(InputError, match="'val_lss' is never logged; allowed: val_loss; did you mean 'val_loss'"):
        epochs_of(tmp_path, Line(), Early("val_lss", "min", patience=2))


LEVEL = [2.0, 1.5, 1.2, 1.05, *(1.0 + 0.01 * (epoch % 2) for epoch in range(30))]


def test_adaptive_cools_wsd_down_and_stops(tmp_path):
    module, adaptive = Scored(LEVEL, partial(WSD, max_epochs=30)), Adaptive("val_loss", "min")
    epochs = epochs_of(tmp_path, module, adaptive)
    assert epochs < 30
    assert adaptive.cooldown_epoch < epochs
    assert module.rates[4 * adaptive.cooldown_epoch - 1] == 1.0
    assert module.rates[-1] < 0.1


def test_adaptive_goes_back_to_the_best_checkpoint_whatever_it_is_called(tmp_path):
    turns = [2.0, 1.5, 1.2, 1.0, 1.0, *(1.0 + 0.15 * epoch for epoch in range(30))]
    adaptive, best = Adaptive("val_loss", "min"), ModelCheckpoint(tmp_path / "kept", monitor="val_loss")
    epochs_of(tmp_path, Scored(turns, partial(WSD, max_epochs=40)), adaptive, best, max_epochs=40)
    assert adaptive.turned
    assert adaptive.back_to_epoch is not None
    assert (tmp_path / "kept/before_cooldown/best.ckpt").is_file()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        (Line(), "scheduler: none cannot cool down"),
        (
            Scored(LEVEL, partial(Cosine, max_epochs=30)),
            "Cosine cannot cool down .*WSD in configure_optimizers",
        ),
    ],
)
def test_adaptive_says_which_schedule_it_needs(tmp_path, module, line):
    with pytest.raises(InputError, match=line):
        epochs_of(tmp_path, module, Adaptive("val_loss", "min"))


def test_adaptive_refuses_a_schedule_that_is_stepped_by_epochs(tmp_path):
    class ByEpoch(Line):
        def configure_optimizers(self):
            optimizer = SGD(self.parameters(), lr=1.0)
            return [optimizer], [WSD(optimizer, 30, 4)]

    with pytest.raises(InputError, match="WSD is stepped every epoch; it goes by optimizer steps"):
        epochs_of(tmp_path, ByEpoch(), Adaptive("val_loss", "min"))


SCHEDULES = [partial(kind, max_epochs=5) for kind in (Cosine, WSD, Step)]


@pytest.mark.parametrize("make", [*SCHEDULES, InverseSqrt, partial(LambdaLR, lr_lambda=lambda epoch: 0.5**epoch)])
def test_a_schedule_goes_on_as_it_would_have(tmp_path, make):
    whole, cut, rest = (Scored([1.0], make) for _ in range(3))
    trainer(tmp_path, max_epochs=5, enable_checkpointing=False).fit(whole, loader(), loader())
    last = LastCheckpoint(tmp_path, every_n_steps=3)
    trainer(tmp_path, last, max_epochs=5, limit_train_batches=4, max_steps=10).fit(cut, loader(), loader())
    run = trainer(tmp_path, max_epochs=5, enable_checkpointing=False)
    run.fit(rest, loader(), loader(), ckpt_path=tmp_path / "last.ckpt")
    assert cut.rates + rest.rates == pytest.approx(whole.rates)


def test_a_schedule_by_epochs_of_unknown_length_is_refused_in_a_line(tmp_path):
    run = trainer(tmp_path, max_steps=8, limit_val_batches=0)
    with pytest.raises(InputError, match=r"Cosine: the training data has no length, .* steps_per_epoch=max_steps"):
        run.fit(Scored([1.0], partial(Cosine, max_epochs=1)), endless := DataLoader(Endless(), batch_size=4), endless)


def test_a_schedule_may_be_drawn_over_max_steps(tmp_path):
    class OverSteps(Scored):
        def configure_optimizers(self):
            optimizer = SGD(self.parameters(), lr=1.0)
            schedule = Cosine(optimizer, max_epochs=1, steps_per_epoch=self.trainer.max_steps, warmup_epochs=0.1)
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    module, endless = OverSteps([1]), DataLoader(Endless(), batch_size=4)
    settings = {"limit_val_batches": 1, "val_check_interval": 20, "check_val_every_n_epoch": None}
    trainer(tmp_path, max_steps=20, **settings).fit(module, endless, endless)
    assert len(module.rates) == 20
    assert module.rates[-1] < 0.02


def test_plateau_is_stepped_by_lightning_in_a_module_of_ones_own(tmp_path):
    module = Scored([1.0], partial(ReduceLROnPlateau, patience=1))
    epochs_of(tmp_path, module, max_epochs=6)
    assert module.rates[-1] < 1.0
