"""Curves of known truth, drawn from the families that training gives. The truth follows from the noise-free curve."""

from dataclasses import dataclass

import numpy as np

FAMILIES = ("good_fit", "still_improving", "overfitting", "underfitting", "diverged", "undecided")


@dataclass(frozen=True)
class Synthetic:
    label: str
    val: np.ndarray
    train: np.ndarray | None
    mode: str
    chance: float | None
    ideal: float | None
    noise: float  # standard deviation of the validation noise
    rise: float  # of the noise-free curve from its best to its end, in noise widths
    what: str
    course: np.ndarray  # (E,) the noise-free loss, in the unit of ``noise``


def synthetic_curve(rng: np.random.Generator, family: str, depth: tuple[float, float] = (4, 40)) -> Synthetic:
    """Draw one; losses fall from 1 (chance) to 0 (ideal), then scaled and, for accuracy, turned and cut to [0, 1].

    Ambiguous draws are drawn again: what a run of half as many epochs more would gain must be over two noise widths and
    3 % of the range for ``still_improving``, under half a noise width and 1 % for a curve that has levelled off.
    """
    while True:
        num = int(rng.integers(15, 120))
        noise = float(np.exp(rng.uniform(np.log(0.005), np.log(0.05))))
        epochs = np.arange(1.5 * num + 1)
        val, train, unit, what = _course(rng, family, epochs, num, noise, depth)
        end, further = val[num - 1], val[num - 1 : int(1.5 * num)].min()
        gain, rise = end - further, end - val[:num].min()
        level = gain < min(0.5 * noise * unit, 0.01 * unit)
        if family == "still_improving" and not gain > max(2 * noise, 0.03) * unit:
            continue
        if family in ("good_fit", "underfitting") and not (level and rise < 0.5 * noise * unit):
            continue
        break
    if family == "undecided" and rng.random() < 0.5:
        num, what = int(rng.integers(1, 7)), "too short"
    elif family == "undecided":
        noise, what = float(rng.uniform(0.5, 1.5)), "too noisy"
    return _measured(rng, family, val[:num], train[:num], noise * unit, rise / (noise * unit), what)


def _course(rng, family, epochs, num, noise, depth):
    """Noise-free validation and training losses, the range that noise is a share of, and what they are."""
    gap, floor = rng.uniform(0, 0.1), rng.uniform(0.02, 0.3)
    if family == "underfitting":
        floor, gap = rng.uniform(0.75, 1.0), rng.uniform(0, 0.02)
    pace = num / rng.uniform(5.5, 25)
    if family == "still_improving":
        pace = num / rng.uniform(0.7, 2.2)
    power = rng.random() < 0.4
    if power and family == "still_improving":
        shape = (1 + epochs / rng.uniform(0.5, 4)) ** -rng.uniform(0.3, 1.0)
    elif power and family != "overfitting":
        shape = (1 + epochs / (pace * rng.uniform(0.1, 0.5))) ** -rng.uniform(1.5, 3)
    else:
        shape = np.exp(-epochs / pace)
    shape = shape * np.exp(-rng.uniform(0, 0.5))  # what the first epoch has learned before it is scored
    train = floor + (1 - floor) * shape
    val = train + gap * (1 - shape)
    unit = 1 - floor if family != "underfitting" else 0.5
    what = "power law" if power else "exponential"
    if family == "overfitting":
        turn = num * rng.uniform(0.15, 0.65)
        past = np.maximum(epochs - turn, 0) / (num - turn)
        rise = noise * unit * rng.uniform(*depth)
        rise = rise if depth[1] < 10 else max(rise, 0.05 * unit)
        bent = past ** rng.uniform(1, 1.6)
        val = val + rise * bent
        # Training goes on to fit what validation does not have.
        train = train * (1 - rng.uniform(0.4, 0.9) * (1 - np.exp(-epochs / num * rng.uniform(1, 3))))
        what = f"overfits by {rise / (noise * unit):.1f} noise widths"
    return val, train, unit, what


def _measured(rng, family, val, train, noise, rise, what):
    """Noise, divergence, accuracy, scale, and what the caller may not know."""
    correlation = rng.choice([0, 0, 0.3, 0.6])
    observed = val + noise * _correlated(rng, len(val), correlation)
    observed_train = train + 0.3 * noise * _correlated(rng, len(val), correlation)
    if family == "diverged":
        what = _diverge(rng, observed, observed_train)
    what = f"{what}, {len(val)} epochs"
    chance, ideal, mode = 1.0, 0.0, "min"
    if rng.random() < 0.4:
        observed, observed_train, mode = (
            np.clip(1 - 0.9 * observed, 0, 1),
            np.clip(1 - 0.9 * observed_train, 0, 1),
            "max",
        )
        chance, ideal = 0.1, 1.0
    else:
        scale = float(np.exp(rng.uniform(-2, 3)))
        observed, observed_train, chance = observed * scale, observed_train * scale, scale
    if rng.random() < 0.4:
        chance, ideal = None, None
    if family not in ("overfitting", "diverged", "underfitting") and rng.random() < 0.2:
        observed_train = None
    return Synthetic(family, observed, observed_train, mode, chance, ideal, noise, rise, what, val)


def _diverge(rng, val, train):
    start, kind = int(len(val) * rng.uniform(0.1, 0.95)), rng.choice(["nan", "inf", "jump", "climb"])
    if kind in ("nan", "inf"):
        val[start:] = train[start:] = np.nan if kind == "nan" else np.inf
        return f"{kind} from epoch {start}"
    start = min(start, len(val) - 4)
    past = np.arange(1, len(val) - start + 1)
    height = rng.uniform(1.0, 5) if kind == "jump" else rng.uniform(0.3, 1.0) * past
    for scores in (val, train):
        scores[start:] = 1 + height * rng.uniform(0.8, 1.2) + 0.05 * rng.normal(size=len(past))
    return f"{kind} at epoch {start}"


def _correlated(rng, num, correlation):
    noise = rng.normal(size=num)
    for index in range(1, num):
        noise[index] = correlation * noise[index - 1] + np.sqrt(1 - correlation**2) * noise[index]
    return noise
