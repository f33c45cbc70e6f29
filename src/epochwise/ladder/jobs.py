"""The jobs that a ladder of counts is made of."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from epochwise.epochs.plan import cooldown_start
from epochwise.sweep.job import JobRecord, of_one_job

FIRST = 5  # epochs of the lowest rung of a ladder that finds its own end
RUNGS = 5  # of one that only its end is given of


def doubled_from(first: int, most: int) -> list[int]:
    """Counts from the first one on, none above ``most``: 5 and 50 give 5, 10, 20, 40.

    Args:
        first: at least 1; where it is above ``most``, that is the one count.
        most: at least 1.
    """
    counts = [min(first, most)]
    while counts[-1] * 2 <= most:
        counts.append(counts[-1] * 2)
    return counts


def doubled_up_to(most: int, rungs: int = RUNGS) -> list[int]:
    """Counts of epochs, ascending, each about half of the next: 80 gives 5, 10, 20, 40, 80.

    Args:
        most: the last of them, at least 1.
        rungs: how many; fewer where they would begin below 2.
    """
    halves = {round(most / 2**rung) for rung in range(rungs)}
    return sorted({count for count in halves if count >= 2} | {most})


#: Settings in which the jobs of a ladder differ.
OF_A_JOB = ("seed", "trainer.max_epochs", "scheduler.max_epochs", "begins_with")


@dataclass(frozen=True)
class Rung:
    """One count of epochs.

    Args:
        count: epochs of a run.
        steady: those before its cool-down, at least 0.
        before: those of them that a smaller count has trained already, in [0, steady].
        spared: those that a run had trained before there was a ladder, of all seeds together.
    """

    count: int
    steady: int
    before: int
    spared: int = 0

    @property
    def price_epochs(self) -> int:
        """Epochs that have to be trained for it, a seed, where no run has trained some of them."""
        return self.count - self.before

    def price_of(self, num_seeds: int) -> int:
        """Epochs that have to be trained for it, of all seeds together."""
        return self.price_epochs * num_seeds - self.spared


def rungs_of(counts: Sequence[int], cooldown_fraction: float) -> list[Rung]:
    """Say where the cool-down of each count branches off from what all of them have in common.

    Args:
        counts: of epochs, each at least 1.
        cooldown_fraction: as of ``WSD``.

    Returns:
        A rung a count, ascending, each count once.
    """
    rungs: list[Rung] = []
    for count in sorted(set(counts)):
        rungs.append(Rung(count, cooldown_start(count, cooldown_fraction), rungs[-1].steady if rungs else 0))
    return rungs


def trained_counts(folder: Path, seeds: Sequence[int], cooldown_fraction: float) -> list[int]:
    """Counts that earlier commands have brought to their end in a folder, trunk and branch, with all of these seeds."""

    def finished(name: str) -> bool:
        record = JobRecord.read(folder / name)
        return record is not None and record.status == "finished"

    found = []
    for path in folder.glob(f"epochs-*-seed-{seeds[0]}"):
        if not (text := path.name.split("-")[1]).isdecimal() or (count := int(text)) == 0:
            continue
        steady = cooldown_start(count, cooldown_fraction)
        names = [branch_name(count, seed) for seed in seeds]
        names += [trunk_name(steady, seed) for seed in seeds] if steady else []
        if all(map(finished, names)):
            found.append(count)
    return sorted(found)


def mark_waiting(jobs: Sequence[Sequence[str]], folder: Path) -> None:
    """Mark jobs that did not come to their end before they are begun again.

    Side by side, what begins with the end of one may look before that one has begun: it must not read an old failure.
    """
    for job in jobs:
        place = folder / job[-1].partition("=")[2]
        if (record := JobRecord.read(place)) and record.status != "finished":
            replace(record, status="waiting", reason=None).write(place)


def seeds_of(seeds: int | Sequence[int], first: int) -> list[int]:
    """As many seeds from the first one on, or those that are named, each once."""
    return list(range(first, first + seeds)) if isinstance(seeds, int) else list(dict.fromkeys(seeds))


def trunk_name(steady: int, seed: int) -> str:
    """The folder of the run at the steady rate up to an epoch."""
    return f"trunk-{steady}-seed-{seed}"


def branch_name(count: int, seed: int) -> str:
    """The folder of a whole run of a count of epochs."""
    return f"epochs-{count}-seed-{seed}"


def start_name(epochs: int, seed: int) -> str:
    """The folder of what was taken over from a run that had trained so many epochs."""
    return f"run-{epochs}-seed-{seed}"


def begun_behind(rung: Rung, seed: int, folder: Path, starts: Mapping[int, Sequence[int]]) -> int | None:
    """The epochs of a run that a rung's piece of the trunk begins behind; None where it begins with that below.

    Args:
        rung: with a piece of its own.
        seed: of the trunk.
        folder: of the ladder; a job that has been begun in it stays as it was then.
        starts: seed -> epochs behind which a run of it has been kept (``RunTrunk``).
    """
    if begun := JobRecord.read(folder / trunk_name(rung.steady, seed)):
        found = re.search(r"begins_with=run-(\d+)-", " ".join(begun.overrides))
        return int(found[1]) if found else None
    return max((epoch for epoch in starts.get(seed, ()) if rung.before < epoch <= rung.steady), default=None)


def with_spared(
    rungs: Sequence[Rung], seeds: Sequence[int], folder: Path, starts: Mapping[int, Sequence[int]]
) -> list[Rung]:
    """The same rungs, each with what a run has spared it; see ``begun_behind``."""
    found = []
    for rung in rungs:
        begun = [begun_behind(rung, seed, folder, starts) for seed in seeds] if rung.steady > rung.before else []
        found.append(replace(rung, spared=sum(max(epoch - rung.before, 0) for epoch in begun if epoch is not None)))
    return found


def jobs_of(
    rungs: Sequence[Rung],
    seeds: Sequence[int],
    shared: Sequence[str],
    folder: Path,
    starts: Mapping[int, Sequence[int]] = MappingProxyType({}),
) -> list[list[str]]:
    """The overrides of the jobs that rungs take, in an order in which each begins behind what it begins with.

    The longest branches come first: side by side, all workers then end at about the same time. A job that has been
    begun in the folder is asked for as it was then, whatever the rungs below it were.

    Args:
        rungs: of a ladder, ascending; those below them have been trained.
        seeds: of the runs of each.
        shared: overrides of all jobs.
        folder: of the ladder.
        starts: seed -> epochs behind which a run of it has been kept; see ``begun_behind``.
    """
    trunks = {
        trunk_name(rung.steady, seed): _trunk(rung, seed, begun_behind(rung, seed, folder, starts))
        for rung in rungs
        if rung.steady > rung.before
        for seed in seeds
    }
    branches = {
        branch_name(rung.count, seed): [f"seed={seed}", f"trainer.max_epochs={rung.count}", *_after(rung.steady, seed)]
        for rung in sorted(rungs, key=lambda rung: rung.steady - rung.count)
        for seed in seeds
    }
    jobs = []
    for name, own in (trunks | branches).items():
        begun = JobRecord.read(folder / name)
        jobs.append([*(begun.overrides if begun else [*shared, *own]), f"hydra.sweep.subdir={name}"])
    return jobs


def other_ladder(folder: Path, shared: Sequence[str], resume: bool) -> str | None:
    """Why jobs with these overrides cannot go on in a folder; None where they can.

    Args:
        folder: of a ladder, or one that is not there yet.
        shared: overrides of all jobs.
        resume: whether what is there may be used.
    """
    for record in filter(None, (JobRecord.read(path.parent) for path in sorted(folder.glob("*/job.json")))):
        if not resume:
            return f"resume: {folder} holds runs already; allowed: resume=true, or another hydra.sweep.dir"
        if _settings(record.overrides) != _settings(of_one_job(shared)):
            said = " ".join(sorted(_settings(record.overrides))) or "none"
            return f"hydra.sweep.dir: {folder} holds runs of other settings ({said}); allowed: these, or another folder"
    return None


def _settings(words: Sequence[str]) -> set[str]:
    """Those that all jobs of a ladder have in common."""
    return {word for word in words if word.lstrip("+").partition("=")[0] not in OF_A_JOB}


def _trunk(rung: Rung, seed: int, behind: int | None) -> list[str]:
    """It ends where the cool-down of the count would begin, with the schedule of that count."""
    own = [f"seed={seed}", f"trainer.max_epochs={rung.steady}", f"scheduler.max_epochs={rung.count}"]
    return [*own, *(_after(rung.before, seed) if behind is None else [f"begins_with={start_name(behind, seed)}"])]


def _after(steady: int, seed: int) -> list[str]:
    return [f"begins_with={trunk_name(steady, seed)}"] if steady else []
