"""Which samples an epoch has, and at which rates, where a run goes on with other batches or data."""

import pytest

from epochwise.commands.build import build
from epochwise.commands.train import train
from epochwise.data.digits import Digits
from epochwise.input_error import InputError
from epochwise.resume.extension import schedule_rates
from epochwise.task.classification import Classification

from tests.power_cut import PowerCut

BASE = (
    "model.hidden_sizes=[32]",
    "data.max_train_samples=300",
    "data.batch_size=32",  # 10 steps an epoch
    "trainer.max_epochs=4",
    "stopping=none",
    "callbacks.last_checkpoint.every_n_steps=1",
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "~callbacks.train_eval",
    "name=test",
)
EPOCH_1_BATCH_3, EPOCH_1_END = 14, 21  # the training step at whose start the power is cut


class Seen(dict):
    """epoch -> what was trained on: for each step its samples, as bytes, and its rate.

    ``cut`` is the step, from 1, before which the power is cut once; 0: none.
    """

    cut = 0

    def record(self, task, batch):
        if self.cut == sum(map(len, self.values())) + 1:
            self.cut = 0
            raise PowerCut
        rate = task.optimizers().param_groups[0]["lr"]
        self.setdefault(task.current_epoch, []).append(([x.numpy().tobytes() for x in batch[0]], rate))


@pytest.fixture
def seen(monkeypatch):
    learn, recorded = Classification.training_step, Seen()

    def step(self, batch, batch_idx):
        recorded.record(self, batch)
        return learn(self, batch, batch_idx)

    monkeypatch.setattr(Classification, "training_step", step)
    return recorded


def samples(steps):
    return sorted(sample for batch, _ in steps for sample in batch)


def rates(batches, a_step=1):
    """The rate of each optimizer step, which is that of its first batch."""
    return [rate for _, rate in batches[::a_step]]


def begun(composed, folder, seen, step, *settings):
    seen.cut = step
    with pytest.raises(PowerCut):
        train(composed(*BASE, *settings, run_folder=folder))


def planned(config, steps_per_epoch):
    """The rates of an uninterrupted run of so many steps an epoch."""
    return schedule_rates(build(config, "optimizer"), build(config, "scheduler"), 4, steps_per_epoch)[0]


def case(step, steps, *settings, slow=False):
    return pytest.param(step, steps, settings, marks=[pytest.mark.ranks] * slow, id=f"{step} {' '.join(settings)}")


@pytest.mark.parametrize(
    ("step", "steps", "settings"),
    [
        case(EPOCH_1_BATCH_3, 5, "data.batch_size=64"),
        case(EPOCH_1_BATCH_3, 6, "data.batch_size=50"),  # 96 samples are no whole number of them
        case(EPOCH_1_END, 5, "data.batch_size=64", "scheduler=one_cycle"),
        case(EPOCH_1_BATCH_3, 19, "data.batch_size=16", slow=True),
        case(EPOCH_1_BATCH_3, 1, "data.batch_size=300", slow=True),
        case(EPOCH_1_BATCH_3, 10, "data.num_workers=2", slow=True),
        case(EPOCH_1_BATCH_3, 5, "data.num_workers=2", "data.batch_size=64", slow=True),
        case(EPOCH_1_BATCH_3, 4, "trainer.accumulate_grad_batches=3", slow=True),
        case(EPOCH_1_BATCH_3, 5, "data.batch_size=64", "scheduler=one_cycle", slow=True),
        case(EPOCH_1_BATCH_3, 5, "data.batch_size=64", "scheduler=wsd", slow=True),
        case(EPOCH_1_END, 19, "data.batch_size=16", slow=True),
        case(EPOCH_1_END, 5, "data.batch_size=64", "data.order_seed=1", "+trainer.max_steps=1000", slow=True),
    ],
)
def test_each_sample_is_seen_once_an_epoch_and_the_schedule_keeps_its_place(
    tmp_path, composed, seen, step, steps, settings
):
    begun(composed, tmp_path, seen, step, *(setting for setting in settings if setting.startswith("scheduler")))
    config = composed(*BASE, *settings, "resume=auto", run_folder=tmp_path)
    train(config)
    assert len(seen) == 4
    for epoch in range(4):
        assert len(set(samples(seen[epoch]))) == 300
        assert samples(seen[epoch]) == samples(seen[0])
    expected, a_step = planned(config, steps), config.trainer.accumulate_grad_batches
    assert rates(seen[2], a_step) == expected[2 * steps : 3 * steps]
    assert rates(seen[3], a_step) == expected[3 * steps :]
    rest = rates(seen[1][3 if step == EPOCH_1_BATCH_3 else 10 :], a_step)
    assert rest == expected[2 * steps - len(rest) : 2 * steps]


@pytest.mark.parametrize(
    ("num_samples", "settings"),
    [(288, ["data.drop_last=true"]), (128, ["trainer.limit_train_batches=4"])],
)
def test_behind_an_epoch_there_may_be_fewer_samples(tmp_path, composed, seen, num_samples, settings):
    begun(composed, tmp_path, seen, EPOCH_1_END)
    config = composed(*BASE, *settings, "resume=auto", run_folder=tmp_path)
    train(config)
    steps = -(-num_samples // 32)
    expected = planned(config, steps)
    for epoch in (2, 3):
        assert len(samples(seen[epoch])) == len(set(samples(seen[epoch]))) == num_samples
        assert rates(seen[epoch]) == expected[epoch * steps : (epoch + 1) * steps]


def test_an_epoch_goes_on_in_other_batches_more_than_once(tmp_path, composed, seen):
    begun(composed, tmp_path, seen, EPOCH_1_BATCH_3)
    seen.cut = 15
    with pytest.raises(PowerCut):
        train(composed(*BASE, "data.batch_size=50", "resume=auto", run_folder=tmp_path))
    train(composed(*BASE, "data.batch_size=32", "resume=auto", run_folder=tmp_path))
    assert [len(batch) for batch, _ in seen[1]] == [32, 32, 32, 50, 32, 32, 32, 32, 26]
    assert samples(seen[1]) == samples(seen[0]) == samples(seen[3])


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory, composed):
    """Runs whose power was cut behind 96 of 300 samples of epoch 1, and behind that epoch."""
    folders = {}
    with pytest.MonkeyPatch.context() as patch:
        for step in (EPOCH_1_BATCH_3, EPOCH_1_END):
            recorded, learn = Seen(), Classification.training_step
            with patch.context() as inner:
                inner.setattr(
                    Classification,
                    "training_step",
                    lambda task, batch, index, learn=learn, seen=recorded: (
                        seen.record(task, batch),
                        learn(task, batch, index),
                    )[1],
                )
                folders[step] = tmp_path_factory.mktemp("interrupted")
                begun(composed, folders[step], recorded, step)
    return folders


REFUSED_WITHIN = [
    (["data.max_train_samples=200"], r"^data.max_train_samples: got 200"),
    (["data.order_seed=1"], r"^data.order_seed: got 1"),
    (["data.shuffle=false"], r"^data.shuffle: got false"),
    (["trainer.overfit_batches=5"], r"^trainer.overfit_batches: got 5"),
    (["trainer.limit_train_batches=2"], r"^trainer.limit_train_batches: got 2"),
    (
        ["trainer.accumulate_grad_batches=2"],
        r"accumulate_grad_batches=2: 96 samples .* until its end: data.batch_size=32 trainer.devices=1 .*batches=1$",
    ),
    (["data.batch_size=250", "data.drop_last=true"], "the rest makes no whole steps"),
]
REFUSED = [
    (["data.split_seed=1"], r"^data.split_seed: got 1"),
    (["data.val_fraction=0.2"], r"^data.val_fraction: got 0.2"),
    (["seed=1", "data.order_seed=0"], r"^seed: got 1, but the run goes on with 0: .*data.order_seed="),
]


@pytest.mark.parametrize(
    ("step", "settings", "line"),
    [(EPOCH_1_BATCH_3, *each) for each in REFUSED_WITHIN] + [(EPOCH_1_END, *each) for each in REFUSED],
)
def test_what_cannot_go_on_exactly_is_refused_in_a_line_and_nothing_is_written(
    interrupted, composed, step, settings, line
):
    before = {path: path.read_bytes() for path in interrupted[step].rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=line):
        train(composed(*BASE, *settings, "resume=auto", run_folder=interrupted[step]))
    assert {path: path.read_bytes() for path in interrupted[step].rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("step", "other", "line"),
    [
        (EPOCH_1_END, "held_out", "val and test would be other samples, some of which were trained on"),
        (EPOCH_1_BATCH_3, "order", "96 samples of epoch 1 have been trained on; allowed until its end: the same"),
    ],
)
def test_samples_that_were_replaced_on_the_disk_are_found(interrupted, composed, monkeypatch, step, other, line):
    monkeypatch.setattr(Digits, "digests", lambda self, overfit, read=Digits.digests: read(self, overfit) | {other: ""})
    with pytest.raises(InputError, match=f"^data: the samples are not those of before: {line}"):
        train(composed(*BASE, "resume=auto", run_folder=interrupted[step]))
