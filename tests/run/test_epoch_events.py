from types import SimpleNamespace

import pytest

from epochwise.run.epochs_csv import epoch_events


def trainer(interval="epoch", cooldown_epochs=(None,), stops=False, callbacks=()):
    scheduler = SimpleNamespace(cooldown_epochs=cooldown_epochs)
    schedules = [SimpleNamespace(interval=interval, scheduler=scheduler, frequency=1)]
    parts = {"lr_scheduler_configs": schedules, "callbacks": callbacks, "lightning_module": SimpleNamespace()}
    return SimpleNamespace(current_epoch=3, should_stop=stops, **parts)


@pytest.mark.parametrize(
    ("rate", "interval", "expected"),
    [(0.01, "epoch", ["lr_drop"]), (0.1, "epoch", []), (0.01, "step", []), (0.0, "epoch", [])],
)
def test_a_drop_is_of_a_rate_that_is_set_by_the_epoch_and_not_switched_off(rate, interval, expected):
    assert epoch_events(trainer(interval), {"lr": rate}, {"lr": 0.1}, resumed=False) == expected


def test_all_that_happened_is_named_in_one_order():
    own = SimpleNamespace(events=lambda epoch: ["unfreeze"] * (epoch == 3))
    found = epoch_events(trainer(cooldown_epochs=(3, 5), stops=True, callbacks=[own]), {}, {}, resumed=True)
    assert found == ["resume", "unfreeze", "cooldown", "stop"]
