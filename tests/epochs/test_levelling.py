import numpy as np
import pytest

from epochwise.epochs import schedule_end as module
from epochwise.epochs.curve import Curve
from epochwise.epochs.schedule_end import FIRM_EPOCHS, LEAST_EPOCHS, levelling
from epochwise.rules import epochs as epoch_settings

EPOCHS = np.arange(60)


def first(scores, **kind):
    """The number of epochs after which a curve is said to have levelled off; None where it never is."""
    counts = range(LEAST_EPOCHS, len(scores) + 1)
    return next((n for n in counts if levelling(Curve.of(scores[:n], **kind)).levelled_off), None)


def falling(time_constant, noise, seed):
    """An exponential fall to 0.5 with noise."""
    return 0.5 + np.exp(-EPOCHS / time_constant) + noise * np.random.default_rng(seed).normal(size=len(EPOCHS))


def test_the_slower_a_fall_the_later_it_levels_off_and_what_is_left_is_then_below_the_noise():
    medians = []
    for time_constant in (3, 6, 9):
        found = [first(falling(time_constant, 0.01, seed)) or 60 for seed in range(6)]
        assert max(np.exp(-n / time_constant) for n in found) < 0.02
        medians.append(np.median(found))
    assert medians == sorted(medians)
    assert medians[0] < medians[2] / 1.5


def test_a_steady_fall_beyond_the_noise_never_levels_off():
    steady = 2 - 0.02 * EPOCHS
    assert all(first(steady + 0.01 * np.random.default_rng(s).normal(size=60)) is None for s in range(5))


def test_noise_alone_levels_off_soon_whatever_its_width():
    for width in (1e-6, 1.0, 1e6):
        found = [first(width * np.random.default_rng(seed).normal(size=60)) for seed in range(6)]
        assert max(found) <= 25
        assert np.median(found) <= 12


def test_a_score_that_gets_worse_has_levelled_off():
    assert first(0.5 + 0.01 * EPOCHS) == LEAST_EPOCHS + 1


def test_a_score_to_be_raised_is_judged_as_its_mirror_image():
    curve = falling(6, 0.01, 0)
    assert first(-curve, mode="max") == first(curve)
    assert levelling(Curve.of(-curve, mode="max")).gain == pytest.approx(levelling(Curve.of(curve)).gain)


def test_epochs_that_were_not_validated_are_no_evidence():
    scores = np.where(EPOCHS % 3 == 2, falling(3, 0.01, 0), np.nan)
    found = first(scores)
    assert found is not None and found > 3 * LEAST_EPOCHS


def test_a_first_answer_takes_six_validated_epochs_and_one_to_confirm():
    assert first(np.ones(60)) == LEAST_EPOCHS + 1 == 7
    assert first(0.5 + 0.01 * EPOCHS) == 7


def test_before_the_sixteenth_the_best_score_must_lie_in_the_first_half():
    bump = np.array([2.0, 1.5, 1.1, 0.9, 0.8, 0.75, 0.7, 0.71, 0.72, 0.71, 0.72, 0.71, 0.72, 0.71, 0.72, 0.71])
    assert first(bump) == 14  # the best is the 7th
    assert FIRM_EPOCHS == 16


@pytest.mark.parametrize(("fall", "turned"), [(0.0, False), (0.03, True)])
def test_a_score_that_is_worse_than_its_best_by_more_than_the_noise_has_turned(fall, turned):
    noise = 0.01 * np.random.default_rng(0).normal(size=60)
    scores = 0.5 + np.exp(-EPOCHS / 1.5) + fall * np.maximum(EPOCHS - 4, 0) + noise
    count = first(scores)
    assert count <= 17
    assert levelling(Curve.of(scores[:count])).turned is turned
    assert levelling(Curve.of(-scores[:count], mode="max")).turned is turned
    assert not levelling(Curve.of(scores[:5])).turned


def test_it_says_what_it_rests_on():
    said = str(levelling(Curve.of(falling(3, 0.01, 1))))
    assert said.startswith(("gained ", "lost "))
    assert "over 20 epochs, within twice the noise of 0.0" in said
    worse = str(levelling(Curve.of(0.5 + 0.01 * EPOCHS[:20])))
    assert worse.startswith("lost 0.07 over 7 epochs, the noise is ")


def test_the_check_of_the_settings_knows_how_many_epochs_it_takes():
    assert epoch_settings.LEAST_EPOCHS == module.LEAST_EPOCHS
