"""Measure how often the forecast's band holds what real runs then scored.

    python benchmarks/forecast.py [SEED ...]

Trains every setting of real_runs.py with each seed (3 and 4), on this project's data and networks at a constant
learning rate, cuts each curve at 50, 60 and 70 % of its epochs, and forecasts the rest. Prints for each run how many of
the held-out epochs' scores lie in the 80 % band, or why there was no forecast, and the shares in all.
"""

import sys

import numpy as np
from real_runs import SETTINGS, real_run

from epochwise.epochs.curve import Curve
from epochwise.epochs.forecast import forecast

CUTS = (0.5, 0.6, 0.7)


def main() -> None:
    """Print the table."""
    covered: dict[float, list[tuple[int, int]]] = {cut: [] for cut in CUTS}
    runs = 0
    for seed in [int(each) for each in sys.argv[1:]] or [3, 4]:
        for name, setting in SETTINGS.items():
            scores, runs = real_run(setting, seed), runs + 1
            shown = []
            for cut in CUTS:
                seen = round(cut * len(scores.val))
                val = np.array(scores.val)
                found = forecast(Curve.of(val[:seen], scores.train[:seen]), len(val) - seen, scores.seconds[:seen])
                if found.reason:
                    shown.append(found.reason.partition(": ")[2][:24])
                    continue
                inside = (val[seen:] >= found.low) & (val[seen:] <= found.high)
                covered[cut].append((int(inside.sum()), len(inside)))
                shown.append(f"{inside.sum()} of {len(inside)}")
            print(f"{name:24} seed {seed}  " + "".join(f"{text:26}" for text in shown), flush=True)
    for cut, counts in covered.items():
        inside_all, held_out = np.sum(counts, axis=0)
        print(
            f"cut at {cut:.0%}: {inside_all} of {held_out} held-out epochs in the band ({inside_all / held_out:.0%}), "
            f"{len(counts)} of {runs} runs forecast, {runs - len(counts)} not"
        )


if __name__ == "__main__":
    main()
