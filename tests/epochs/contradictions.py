"""What no two things that are said of one run may be: a sentence for each pair that contradicts itself."""

import math

import numpy as np

#: A forecast that gains less than this share of all that was gained is no contradiction of a level curve.
LITTLE = 0.017
#: Lines of a table are compared up to this share of their range: less is nothing that anybody sees.
UNSEEN = 0.005


def contradictions(curve, found, chance=None, ideal=None):
    """Hold verdict, count, forecast and rows of one screen against each other.

    Args:
        curve: the run.
        found: what ``analyse`` says of it.
        chance: as ``analyse`` was told.
        ideal: likewise.

    Returns:
        Sentences, none where all agree.
    """
    pairs = [_of_what_is_known(curve, found, chance, ideal)]
    if not curve.is_training and len(curve.loss):
        pairs += [rules(curve, found) for rules in (_of_the_count, _of_label_and_count, _of_the_forecast)]
    return [sentence for rules in pairs for sentence, holds in rules.items() if holds]


def _of_what_is_known(curve, found, chance, ideal):
    label, reason = found["verdict"]["label"], found["verdict"]["reason"]
    unseen = curve.is_training or not len(curve.loss)
    return {
        "fit without a validation": unseen and label not in ("undecided", "diverged"),
        "a count without a validation": unseen and found["recommended_epochs"] is not None,
        "a forecast without a validation": unseen and found["forecast"]["reason"] is None,
        "no count with a validation": not unseen and found["recommended_epochs"] is None,
        "good fit without training": label == "good_fit" and not len(curve.train),
        "underfitting without chance and ideal": label == "underfitting" and None in (chance, ideal),
        "on training too, without training": "training too" in reason and not len(curve.train),
        "has diverged, and the forecast does not say so": label == "diverged" and not found["forecast"]["reason"],
    }


def _of_the_count(curve, found):
    """The count against the rows."""
    count, loss = found["recommended_epochs"], curve.loss
    best_loss, noise, best = curve.sign * count["best_score"], _noise(found), int(np.argmin(loss))
    unseen = UNSEEN * float(np.ptp(loss[1:])) if len(loss) > 1 else 0.0
    luck = (math.sqrt(2 * math.log(max(len(loss), 2))) + 1.5) * noise + unseen
    near = [index for index in range(best - 2, best + 3) if 0 <= index < len(loss) and index != best]
    off = np.abs(loss - curve.course.fitted)
    named = f"epoch {int(curve.epochs[best])} " in found["verdict"]["reason"]  # as one that no other comes near
    is_alone = named or (off[best] > luck and all(off[index] <= 2.5 * noise + unseen for index in near))
    at_count = np.flatnonzero(curve.epochs < count["value"])[-1]
    low, value, high = count["low"], count["value"], count["high"]
    in_band = low <= curve.epochs[best] + 1 <= high
    stands = not count["at_least"]
    return {
        "the count lies outside of its band": not 1 <= low <= value <= high <= curve.num_epochs,
        "the best score is better than every row": best_loss < loss.min() - 1e-9 * abs(loss.min()),
        "the best score is far worse than the best row": not is_alone and best_loss - loss.min() > luck,
        "the band leaves out a best row beyond the noise": stands
        and not in_band
        and not is_alone
        and best_loss - loss.min() > luck,
        "the row of the count is far worse than the best one": stands
        and not is_alone
        and loss[at_count] - loss.min() > 2 * luck,
    }


def _noise(found):
    return max(found["verdict"]["evidence"]["noise"], found["recommended_epochs"]["noise"])


def _of_label_and_count(curve, found):
    label, reason, evidence = (found["verdict"][name] for name in ("label", "reason", "evidence"))
    count, loss = found["recommended_epochs"], curve.loss
    noise = _noise(found)
    luck = (math.sqrt(2 * math.log(max(len(loss), 2))) + 3.5) * noise  # a level end may be 1.5 widths behind
    end, gained = float(np.min(loss[-3:])), float(max(evidence["initial"] - loss.min(), np.ptp(loss)))
    fewer = [
        each["override"] for each in found["verdict"]["advice"] if each["override"].startswith("trainer.max_epochs=")
    ]
    advised = int(fewer[0].partition("=")[2]) if fewer else None
    lost = end - loss.min() > luck + 0.02 * gained + 1e-9 * abs(end)
    learned = max(evidence["initial"] - evidence["best"], evidence["rise"])
    best = int(curve.epochs[np.argmin(loss)])
    named = f"epoch {best}" in reason
    said = named or f"{curve.num_epochs - 1 - best} epochs ago" in reason
    return {
        "still improving, and a count that stands": label == "still_improving" and not count["at_least"],
        "still improving, and its end is far behind its best": label == "still_improving" and lost and not named,
        "good fit, and its end is far behind its best": label == "good_fit" and lost and not named,
        "so many epochs ago, and the best row is another": "epochs ago" in reason and not said,
        "overfitting, and its advice is no count of the band": label == "overfitting"
        and advised is not None
        and not count["low"] <= advised <= count["high"],
        "worse than its best, and the count is of all epochs": "worse than at its best" in reason
        and count["value"] == count["low"] == curve.num_epochs,
        "levelled off, and advised more epochs": "levelled off" in reason
        and not (found["schedule_end"] or {}).get("ended")
        and advised is not None
        and advised > curve.num_epochs,
        "noise hides a course that it does not": "hides its course" in reason and noise < 0.2 * learned,
    }


def _of_the_forecast(curve, found):
    label, reason, evidence = (found["verdict"][name] for name in ("label", "reason", "evidence"))
    ahead = found["forecast"]
    why, noise = ahead["reason"] or "", _noise(found)
    gained = float(max(evidence["initial"] - evidence["best"], evidence["rise"], 1e-12))
    is_level, fuzz = "levelled off" in reason, 1e-9 * float(np.abs(curve.loss).max())
    pairs = {
        "getting worse, and a label that says otherwise": "getting worse" in why
        and (label in ("good_fit", "still_improving", "underfitting") or is_level),
        "noise hides the course of a forecast, and a label that sees it": "hides its course" in why
        and label not in ("undecided", "diverged"),
        "the forecast says diverged, and the label does not": "has diverged" in why and label != "diverged",
    }
    if not why:
        gain, gain_low = ahead["gain"], ahead["gain_low"]
        pairs |= {
            "levelled off, and more would gain much": is_level and gain > max(2 * noise, LITTLE * gained, fuzz),
            "levelled off, and more would surely gain": is_level and gain_low > max(noise, LITTLE * gained, fuzz),
            "still improving, and more would gain nothing": label == "still_improving" and gain <= 0,
            "worse than at its best, and a forecast that goes on": "worse than at its best" in reason,
            "hidden by noise, and a forecast": "hides its course" in reason,
            "a score outside of its own band": not all(
                low <= score <= high
                for low, score, high in zip(ahead["low"], ahead["score"], ahead["high"], strict=True)
            ),
        }
    return pairs
