"""What a ladder need not train, because the run whose settings it takes has trained it already."""

import json
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf, open_dict

from epochwise.epochs.plan import cooldown_start
from epochwise.input_error import InputError
from epochwise.ladder.branch_off import bring
from epochwise.ladder.jobs import start_name
from epochwise.report.terminal import shown
from epochwise.rules.schedule import horizon_key, is_constant
from epochwise.run.checkpoints import BeforeCooldown
from epochwise.run.result import versions
from epochwise.run.resume_point import read_point
from epochwise.run.run_config import absolute_paths, differing, read_run_config, settings_at, settings_of
from epochwise.run.run_folder import RunLock, link_file, read_json, whole_file
from epochwise.sweep.job import OF_A_LADDER, JobRecord

#: Settings that make no other epochs; of the schedule and the seed more is asked than whether they are equal.
OF_NO_EPOCH = (
    "trainer.max_epochs",
    "trainer.min_epochs",
    "trainer.limit_test_batches",
    "trainer.enable_model_summary",
    "trainer.enable_progress_bar",
    "callbacks.model_summary.",
    "callbacks.progress_bar.",
    "callbacks.pruning.",
    "scheduler.",
    "stopping.",
    "name",
    "seed",
)
#: Of a schedule that stays until its cool-down, those that say when that is, and what it is like.
OF_THE_COOLDOWN = ("max_epochs", "epochs", "cooldown_fraction", "cooldown_shape", "final_lr_scale")


@dataclass(frozen=True)
class Start:
    """A checkpoint that a job of a ladder may begin with: the end of an epoch which the trunk has, too.

    Args:
        epoch: how many epochs are over.
        path: the checkpoint.
        best: path of each further checkpoint that it names -> the file that has what it was then.
    """

    epoch: int
    path: Path
    best: dict[Path, Path]


@dataclass(frozen=True)
class RunTrunk:
    """A run, as far as it is the trunk.

    Args:
        folder: of the run.
        seed: of the run.
        starts: by epoch, ascending.
        why: in a line, why there are none; None where there are.
    """

    folder: Path
    seed: int
    starts: tuple[Start, ...] = ()
    why: str | None = None

    @classmethod
    def of(cls, folder: Path, config: DictConfig, data: Any) -> "RunTrunk":
        """Find what a ladder can begin with.

        Args:
            folder: of a run; its config is one that can be trusted.
            config: of the ladder.
            data: of the ladder, set up.
        """
        written = read_run_config(folder)
        seed = int(written.get("seed", 0))
        if RunLock.is_held(folder):
            return cls(folder, seed, why="it still goes on")
        if why := _other_schedule(written.scheduler, config.scheduler):
            return cls(folder, seed, why=why)
        there = read_json(folder / "result.json").get("versions", {})
        if other := [name for name, now in versions().items() if there.get(name, now) != now]:
            return cls(folder, seed, why=f"it was trained with {other[0]} {there[other[0]]}")
        now = _settings(config, folder)
        overfits = (config.trainer.get("overfit_batches") or 0) > 0
        of_data: dict[str, str] = data.digests(overfits) if hasattr(data, "digests") else {}
        starts: dict[int, Start] = {}
        kept = [folder / "checkpoints" / name for name in ("last.ckpt", "previous.ckpt")]
        for path in filter(Path.is_file, (*kept, BeforeCooldown(folder).kept / "last.ckpt")):
            try:
                start = _start(path, folder, written, now, of_data)
            except (ValueError, LookupError, TypeError, AttributeError, InputError) as error:
                start = f"{path.name}: {error}"
            if isinstance(start, Start):
                starts.setdefault(start.epoch, start)
            else:
                why = start
        if starts:
            return cls(folder, seed, tuple(starts[epoch] for epoch in sorted(starts)))
        return cls(folder, seed, why=why or "it has kept no checkpoint of an epoch's end")

    def told(self, jobs: list[list[str]], seeds: list[int]) -> str:
        """In a line, what of it these jobs begin with, or why with nothing."""
        if self.why is None and self.seed not in seeds:
            return f"from nothing: {shown(self.folder)} has the seed {self.seed}"
        if self.why is not None:
            return f"from nothing, not from {shown(self.folder)}: {self.why}"
        used = [start.epoch for start in self.starts if any(self._word(start) in job for job in jobs)]
        if not used:
            kept = ", ".join(str(start.epoch) for start in self.starts)
            return f"from nothing: no cool-down branches off behind what {shown(self.folder)} has kept, of epoch {kept}"
        which = f"epoch{'s' * (len(used) > 1)} {' and '.join(map(str, used))}"
        begun = f"of seed {self.seed} goes on from {which} of {shown(self.folder)}"
        return f"{begun}, to the bit what it would be from nothing"

    def _word(self, start: Start) -> str:
        return f"begins_with={start_name(start.epoch, self.seed)}"

    def put(self, jobs: list[list[str]], folder: Path, shared: list[str]) -> None:
        """Put what these jobs begin with beside them, as if it were a job that is done."""
        for start in self.starts:
            place = folder / start_name(start.epoch, self.seed)
            if not (place / "job.json").exists() and any(self._word(start) in job for job in jobs):
                checkpoints = place / "checkpoints"
                checkpoints.mkdir(parents=True, exist_ok=True)
                bring(self.folder, place)
                for named, kept in start.best.items():
                    link_file(kept, checkpoints / named.name)
                with whole_file(checkpoints / "last.ckpt", "wb") as file:
                    torch.save(of_the_trunk(read_point(start.path), read_run_config(self.folder)), file)
                with whole_file(place / "result.json") as file:
                    json.dump({"status": "completed", "reason": f"epoch {start.epoch} of {self.folder}"}, file)
                JobRecord(0, [*shared, f"seed={self.seed}"], "finished").write(place)


def _other_schedule(was: Any, now: Any) -> str | None:
    """Why a run's rate was no trunk's; None where it was up to some epoch."""
    if is_constant(was):
        rise = now.get("warmup_epochs")
        return f"scheduler.warmup_epochs: got {rise:g}, and its rate was there at once" if rise else None
    name = str(was.get("_target_")).rpartition(".")[2]
    if "cooldown_fraction" not in was or horizon_key(was) is None:
        return f"its rate ({name}) does not stay, and up to its cool-downs that of a ladder does"
    changed = [key for key in {**was, **now} if key not in OF_THE_COOLDOWN and was.get(key) != now.get(key)]
    return f"scheduler.{changed[0]}: got {now.get(changed[0])}, and it had {was.get(changed[0])}" if changed else None


def _settings(config: DictConfig, folder: Path) -> dict[str, Any]:
    """Of a run of the ladder, as if it were in that folder."""
    config = OmegaConf.merge(config, {"run_folder": str(folder)})  # type: ignore[assignment]
    with open_dict(config):
        for key in ("hydra", "begins_with", *OF_A_LADDER):
            config.pop(key, None)
    return settings_of(config)


def _start(path: Path, folder: Path, written: DictConfig, now: dict[str, Any], of_data: dict[str, str]) -> Start | str:
    """A checkpoint as the start of a job, or why it is none."""
    checkpoint = read_point(path)
    progress = checkpoint["loops"]["fit_loop"]["epoch_progress"]
    epoch = int(progress["current"]["processed"])
    if progress["total"]["started"] > progress["total"]["processed"]:
        return "its checkpoint was written within an epoch"
    then, recorded = settings_at(written, checkpoint["global_step"])
    changes = [differing(then, now), *(_sides(record) for record in recorded)]
    for change in changes:
        for key, sides in change.items():
            if not key.startswith(OF_NO_EPOCH):
                return f"{key}: got {sides.get('now')}, and it had {sides.get('was')}"
    place = checkpoint.get("epoch_place", {})
    if any(place.get(name, digest) != digest for name, digest in of_data.items()):
        return "its samples were others"
    if epoch > (end := _steady_epochs(checkpoint, then, recorded)):
        return f"its rate fell from epoch {end:g} on, and it has kept no checkpoint of before"
    return _with_best(epoch, path, folder, checkpoint)


def _sides(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    keys = record["was"].keys() | record["now"].keys()
    return {key: {side: record[side].get(key) for side in ("was", "now")} for key in keys}


def _steady_epochs(checkpoint: dict[str, Any], then: dict[str, Any], recorded: list[dict[str, Any]]) -> float:
    """How many epochs a run had at its steady rate, with all the horizons that it has had."""
    if "scheduler.cooldown_fraction" not in then:
        return inf
    sides = [then, *(record[side] for record in recorded for side in ("was", "now"))]
    horizons = [side[key] for side in sides for key in ("scheduler.max_epochs", "scheduler.epochs") if key in side]
    fractions = [side[key] for side in sides for key in ("scheduler.cooldown_fraction",) if key in side]
    asked = [state.get("asked_epoch") for state in checkpoint["lr_schedulers"]]
    planned = cooldown_start(min(horizons), max(fractions))
    return min([planned, *(epoch for epoch in asked if epoch is not None)])


def _with_best(epoch: int, path: Path, folder: Path, checkpoint: dict[str, Any]) -> Start | str:
    """The best weights must be those of then: a run goes on to replace them."""
    best: dict[Path, Path] = {}
    for state in checkpoint["callbacks"].values():
        if not isinstance(state, dict) or "best_model_path" not in state:
            continue
        named = {state["best_model_path"], *state["best_k_models"]} - {""}
        for one in (Path(absolute_paths(text, str(folder))) for text in named):
            beside = path.parent / one.name  # of before its cool-down
            file = beside if beside.is_file() else one
            if one.parent != folder / "checkpoints" or not file.is_file():
                return f"a checkpoint that was kept by epoch {epoch} is gone: {one.name}"
            step = torch.load(file, map_location="cpu", weights_only=True, mmap=True)["global_step"]
            if step > checkpoint["global_step"] or (one.name == "best.ckpt" and step != state.get("best_step", step)):
                return f"its best weights by epoch {epoch} were replaced by better ones"
            best[one] = file
    return Start(epoch, path, best)


def of_the_trunk(checkpoint: dict[str, Any], written: DictConfig) -> dict[str, Any]:
    """A checkpoint of a run as the trunk would have written it: with its schedule, and nothing of what ends a run.

    Args:
        checkpoint: of an epoch's end, before any cool-down.
        written: the run's config.
    """
    kept = dict(checkpoint)
    state, step = dict(kept["lr_schedulers"][0]), kept["global_step"]
    if is_constant(written.scheduler):  # which was stepped every epoch, where the trunk's goes by steps
        own = {"last_epoch": step, "_step_count": step + 1, "lr_lambdas": [None] * len(state["base_lrs"])}
        state = {key: value for key, value in state.items() if key not in ("factor", "total_iters")} | own
        loops: dict[str, Any] = dict(kept["loops"]["fit_loop"])
        in_epoch = loops["epoch_loop.automatic_optimization.optim_progress"]["optimizer"]["step"]
        loops["epoch_loop.scheduler_progress"] = {part: dict(in_epoch[part]) for part in ("current", "total")}
        kept["loops"] = kept["loops"] | {"fit_loop": loops}
    kept["lr_schedulers"] = [state | {"asked_epoch": None, "trained_epochs": None}]
    stopping = str(written.stopping.get("_target_")).rpartition(".")[2]
    kept["callbacks"] = {
        name: one for name, one in kept["callbacks"].items() if str(name).partition("{")[0] != stopping
    }
    kept["stopper"] = {"asked": [], "reason": None}
    return kept
