"""What a ladder of counts can be made of, and what bounds all its runs together."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

from epochwise.ladder.jobs import Rung
from epochwise.rules.schedule import horizon_key, remade_phases

#: What takes points back, and lies in the run folder, so that it can be brought to another one.
LOGGERS = ("CSVLogger", "TensorBoardLogger", "TensorBoard")
#: Settings that end a run by something else than its count; what bounds all runs together.
BOUNDS = {
    "trainer.max_time": "max_time=90min",
    "trainer.max_steps": "max_steps=20000",
    "budget": "max_time or max_steps",
}


def ladder_faults(trees: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """A line for each setting that leaves runs of these counts without a common trunk, or a count without its score.

    Args:
        trees: count -> the resolved config of its run, at least one.
    """
    counts = sorted(trees)
    tree = trees[counts[0]]
    scheduler, trainer = tree["scheduler"], tree["trainer"]
    name = str(scheduler.get("_target_")).rpartition(".")[2]
    if "cooldown_fraction" not in scheduler or horizon_key(scheduler) is None:
        said = "needs a rate that stays until its cool-down, so that runs of all counts are one up to there"
        return [f"scheduler: got {name}; epochs.py {said}; allowed: scheduler=wsd"]
    faults = []
    if any(each["scheduler"][horizon_key(scheduler)] != count for count, each in trees.items()):
        faults.append(f"scheduler.{horizon_key(scheduler)}: each count has its own; leave it out")
    if str(tree["stopping"].get("_target_")).startswith("epochwise.stopping."):
        faults.append("stopping: epochs.py compares the ends of whole runs; allowed: stopping=none")
    faults += [
        f"{key}: begins another schedule, where epochs.py draws one over each count; leave it out"
        for key in remade_phases(tree.get("finetune"))
    ]
    for key, instead in BOUNDS.items():
        value = tree.get(key) if "." not in key else trainer.get(key.partition(".")[2])
        if value not in (None, -1):
            faults.append(f"{key}: got {value!r}, which ends a run before its count; all together: {instead}")
    every = trainer.get("check_val_every_n_epoch")
    if isinstance(every, int) and (odd := [count for count in counts if count % every]):
        faults.append(f"trainer.check_val_every_n_epoch: got {every}, so a run of {odd[0]} epochs ends without a score")
    for logger, node in (tree.get("loggers") or {}).items():
        if (target := str(node.get("_target_")).rpartition(".")[2]) not in LOGGERS:
            said = "keeps what was logged elsewhere, where a branch cannot begin with it"
            faults.append(f"loggers.{logger}: {target} {said}; allowed: ~loggers.{logger}")
    return faults or _that_follow(trees, counts)


def _that_follow(trees: Mapping[int, Mapping[str, Any]], counts: list[int]) -> list[str]:
    """A line for each setting, but the count and the schedule's end, that is another with another count."""
    first, last = (_flat(trees[count]) for count in (counts[0], counts[-1]))
    own = {"trainer.max_epochs", f"scheduler.{horizon_key(trees[counts[0]]['scheduler'])}", "begins_with"}
    keys = [key for key in first if key not in own and first[key] != last.get(key)]
    return [f"{key}: follows the count; a number here, so that runs of all counts are one" for key in keys]


def _flat(node: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(node, (dict, list)):
        return {path: node}
    items = node.items() if isinstance(node, dict) else enumerate(node)
    return {key: value for name, item in items for key, value in _flat(item, f"{path}.{name}".lstrip(".")).items()}


@dataclass
class Bounds:
    """Says before each rung whether it still fits.

    Args:
        max_seconds: of all runs together, as a clock on the wall has it; None: no bound.
        max_steps: optimizer steps of all runs together; None: no bound.
        steps_per_epoch: of one run.
        num_seeds: runs of each count.
        seconds_per_epoch: of the rungs so far, all seeds together; None before the first.
        start_seconds: that the jobs of a rung took beside their epochs, so far the most.
    """

    max_seconds: float | None
    max_steps: int | None
    steps_per_epoch: int
    num_seeds: int
    seconds_per_epoch: float | None = None
    start_seconds: float = 0.0
    steps: int = 0

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self.max_seconds is not None or self.max_steps is not None

    def exceeded_by(self, rung: Rung, seconds: float) -> str | None:
        """Why a rung is not begun after so many seconds; None where it fits."""
        steps = rung.price_of(self.num_seeds) * self.steps_per_epoch
        if self.max_steps is not None and self.steps + steps > self.max_steps:
            said = f"{self.steps:,} steps are taken, and it takes {steps:,}"
            return f"{rung.count} epochs are not tried: {said} of max_steps={self.max_steps}"
        if self.max_seconds is not None and self.seconds_per_epoch is not None:
            price = self.start_seconds + rung.price_of(self.num_seeds) / self.num_seeds * self.seconds_per_epoch
            if seconds + price > self.max_seconds:
                said = f"{ceil(seconds):,} s are over, and it takes about {ceil(price):,}"
                return f"{rung.count} epochs are not tried: {said} of max_time, {ceil(self.max_seconds):,} s"
        return None

    def trained(self, rung: Rung, seconds: float, run_seconds: float) -> None:
        """Count a rung that was trained, or found trained.

        Args:
            rung: whose jobs have ended.
            seconds: until all of them had.
            run_seconds: of the epochs of one run of its count, from its first one on; NaN where unknown.
        """
        price = rung.price_of(self.num_seeds)
        self.steps += price * self.steps_per_epoch
        # Side by side the epochs of all jobs take longer than the clock says.
        of_epochs = run_seconds / rung.count * price if isfinite(run_seconds) else seconds
        of_epochs = min(of_epochs, seconds)
        # One that was found trained took no time: what it would take is then not known better than before.
        self.seconds_per_epoch = max(of_epochs * self.num_seeds / max(price, 1), self.seconds_per_epoch or 0.0)
        self.start_seconds = max(seconds - of_epochs, self.start_seconds)
