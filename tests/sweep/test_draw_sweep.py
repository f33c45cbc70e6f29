import numpy as np
import pytest

from epochwise.run.epochs_csv import write_epochs_csv
from epochwise.sweep.draw_sweep import curve_over, draw_sweep, swept_setting
from epochwise.sweep.job import JobRecord
from epochwise.sweep.read_jobs import Job, differing


def job(folder, number, *overrides, score=1.0):
    place = folder / str(number)
    place.mkdir()
    write_epochs_csv(place / "epochs.csv", [{"epoch": 0, "val/loss": score, "train_eval/loss": score / 2}])
    return Job(place, JobRecord(number, list(overrides), "finished"), {"best_epoch": 0, "best_score": score})


def test_one_number_beside_the_seed_is_drawn_as_a_curve(tmp_path):
    pairs = [(lr, seed) for lr in ("1e-3", "1e-2", "1e-1") for seed in (0, 1)]
    jobs = [job(tmp_path, n, f"optimizer.lr={lr}", f"seed={seed}") for n, (lr, seed) in enumerate(pairs)]
    key, values = swept_setting(jobs, differing(jobs))
    assert key == "optimizer.lr"
    assert values.tolist() == [1e-3, 1e-3, 1e-2, 1e-2, 1e-1, 1e-1]
    path = draw_sweep(jobs, differing(jobs), "val/loss", tmp_path / "sweep.png")
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "settings", [[["model=mlp"], ["model=cnn"]], [["a=1", "b=1"], ["a=2", "b=2"]], [["seed=0"], ["seed=1"]]]
)
def test_what_is_no_single_number_is_not(tmp_path, settings):
    jobs = [job(tmp_path, number, *overrides) for number, overrides in enumerate(settings)]
    assert draw_sweep(jobs, differing(jobs), "val/loss", tmp_path / "sweep.png") is None


def test_its_points_are_mean_and_spread_over_seeds():
    at, means, stds = curve_over(np.array([2.0, 1.0, 2.0, 1.0]), np.array([4.0, 1.0, 6.0, np.nan]))
    assert at.tolist() == [1.0, 2.0]
    assert means.tolist() == [1.0, 5.0]
    assert stds == pytest.approx([0.0, np.sqrt(2)])
