"""Curves as other people's logs have them: sharper, rougher and odder than those of ``synthetic_curves``."""

from dataclasses import dataclass

import numpy as np

from tests.epochs.synthetic_curves import FAMILIES, synthetic_curve


@dataclass(frozen=True)
class Rough:
    what: str
    val: np.ndarray
    train: np.ndarray | None = None
    mode: str = "min"
    chance: float | None = None
    ideal: float | None = None
    lr: np.ndarray | None = None


def rough_curve(rng):
    """Draw one of ``KINDS``, in any unit; of half of them training is unknown, and of a fifth the rate ends."""
    kind = str(rng.choice(list(KINDS)))
    num = int(rng.integers(5, 140)) if kind != "few points" else int(rng.integers(1, 13))
    epochs, noise = np.arange(num), float(np.exp(rng.uniform(np.log(1e-4), np.log(0.1))))
    if kind == "synthetic":
        curve = synthetic_curve(rng, str(rng.choice(FAMILIES)))
        return Rough(f"{kind}: {curve.label}", curve.val, curve.train, curve.mode, curve.chance, curve.ideal)
    val, train = KINDS[kind](rng, epochs, num, noise)
    scale = float(np.exp(rng.uniform(-8, 8)))
    lr = (1 + np.cos(np.pi * (epochs + 1) / num)) / 2 if rng.random() < 0.2 else None
    mode = "max" if rng.random() < 0.3 else "min"
    sign = 1 if mode == "min" else -1
    val, train = sign * scale * val, sign * scale * train
    return Rough(f"{kind}, {num} epochs, noise {noise:.2g}", val, train if rng.random() < 0.5 else None, mode, lr=lr)


def _fall(rng, epochs, num):
    pace = num / rng.uniform(0.7, 20)
    return np.exp(-epochs / pace) if rng.random() < 0.5 else (1 + epochs / pace * 3) ** -rng.uniform(0.3, 2)


def _noisy(rng, course, noise):
    return course + noise * rng.normal(size=len(course))


def _huge_first(rng, epochs, num, noise):
    val, train = (_noisy(rng, 0.2 + _fall(rng, epochs, num), noise) for _ in range(2))
    val[0] = train[0] = 10 ** rng.uniform(1, 4)
    return val, train


def _sharp(rng, epochs, num, noise):
    turn = min(int(rng.integers(0, 6)), num - 1)
    fall = np.where(epochs < turn, (turn - epochs) * rng.uniform(0.2, 4), 0)
    rise = rng.uniform(0.2, 2) * np.log1p(np.maximum(epochs - turn, 0) * rng.uniform(0.1, 2))
    return _noisy(rng, 1 + fall + rise, noise), _noisy(rng, np.exp(-epochs / num * 5), noise)


def _rising(rng, epochs, num, noise):
    val = 1 + rng.uniform(0.2, 3) * (epochs / num) ** rng.uniform(0.3, 2)
    return _noisy(rng, val, noise), _noisy(rng, np.exp(-epochs / num * rng.uniform(0, 5)), noise)


def _plateaus(rng, epochs, num, noise):
    steps = sorted(rng.integers(0, num, size=rng.integers(1, 5)))
    val = 1.0 * sum(0.5 ** (place + 1) * (epochs < step) for place, step in enumerate(steps)) + 0.2
    return _noisy(rng, val, noise), _noisy(rng, val - 0.02, noise)


def _few(rng, epochs, num, noise):
    return _noisy(rng, 0.2 + _fall(rng, epochs, num), noise), _noisy(rng, 0.2 + _fall(rng, epochs, num), noise)


def _percent(rng, epochs, num, noise):
    right = np.clip(95 - 80 * _fall(rng, epochs, num) + 100 * noise * rng.normal(size=num), 0, 100)
    samples = rng.integers(20, 2000)
    return -np.round(right / 100 * samples) / samples * 100, -np.clip(right + 3, 0, 100)


def _constant(rng, epochs, num, noise):
    return np.full(num, 0.7), np.full(num, 0.7) if rng.random() < 0.5 else np.exp(-epochs / num)


def _spike(rng, epochs, num, noise):
    val = _noisy(rng, 0.2 + _fall(rng, epochs, num), noise)
    val[rng.integers(0, num)] += rng.choice([-0.3, 0.5, 50, 1000])
    return val, _noisy(rng, 0.2 + _fall(rng, epochs, num), noise)


def _nan_tail(rng, epochs, num, noise):
    val, train = _huge_first(rng, epochs, num, noise) if rng.random() < 0.3 else _few(rng, epochs, num, noise)
    start = int(rng.integers(0, num))
    val[start:] = np.nan
    if rng.random() < 0.5:
        train[start:] = np.nan
    return val, train


def _sparse(rng, epochs, num, noise):
    val, train = _few(rng, epochs, num, noise)
    return np.where(epochs % rng.integers(2, 6) == 1, val, np.nan), train


def _heavy_tails(rng, epochs, num, noise):
    val, train = _few(rng, epochs, num, noise)
    return val + noise * rng.standard_t(2, size=num), train


def _climbing(rng, epochs, num, noise):
    """Falls, turns, and climbs ever faster."""
    val = 0.3 + np.exp(-epochs / num * rng.uniform(5, 30)) + rng.uniform(0.1, 3) * (epochs / num) ** rng.uniform(1, 5)
    return _noisy(rng, val, noise), _noisy(rng, np.exp(-epochs / num * 4), noise)


def _walk(rng, epochs, num, noise):
    val = 0.2 + _fall(rng, epochs, num) + np.cumsum(noise * rng.normal(size=num))
    return val, _noisy(rng, 0.2 + _fall(rng, epochs, num), noise)


KINDS = {
    "synthetic": None,
    "huge first": _huge_first,
    "sharp best": _sharp,
    "rises from its first": _rising,
    "plateaus": _plateaus,
    "few points": _few,
    "accuracy in percent": _percent,
    "constant": _constant,
    "single spike": _spike,
    "ends in NaN": _nan_tail,
    "every few epochs": _sparse,
    "heavy tails": _heavy_tails,
    "climbs": _climbing,
    "walks": _walk,
}
