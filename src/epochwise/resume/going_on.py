"""A run that goes on: from where, with which settings, and what of them is new."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf, open_dict

from epochwise.commands.build import build
from epochwise.data.spec import Spec
from epochwise.data.splits.batched_data_module import BatchedDataModule
from epochwise.device.sharded_checkpoint import with_shards
from epochwise.input_error import InputError
from epochwise.report.terminal import shown
from epochwise.resume.changed_optimizer import check_effect, check_step
from epochwise.resume.extension import extended, still_to_train
from epochwise.resume.kept_settings import ANEW, by_default, kept_settings, said
from epochwise.rules.schedule import remade_phases
from epochwise.run.checkpoints import BeforeCooldown
from epochwise.run.run_config import differing, node_of, read_run_config, record_of, settings_at, settings_of
from epochwise.scheduler.made_alone import check_made
from epochwise.trust.project import project_trust

#: What reading fails with where a checkpoint, maybe a stranger's, is not as a run writes it.
UNLIKE = (LookupError, TypeError, AttributeError)


class GoingOn:
    """Where a run goes on, the settings that it had there, and what of them is other now.

    Args:
        folder: with its ``config.yaml``.
        path: the checkpoint, which is known to be whole.
    """

    def __init__(self, folder: Path, path: Path) -> None:
        self.folder, self.written = folder, read_run_config(folder)
        self.changed: dict[str, dict[str, Any]] = {}
        self.is_stretched = False
        self._read(path)

    def _read(self, path: Path) -> None:
        kept = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        self.checkpoint: dict[str, Any] = with_shards(kept, path, lambda name: False)
        try:
            progress = self.checkpoint["loops"]["fit_loop"]["epoch_progress"]
            #: Optimizer steps so far, the epoch of the next one, and whether that epoch has begun.
            self.step: int = self.checkpoint["global_step"]
            self.epoch: int = progress["current"]["processed"]
            self.is_within_epoch: bool = progress["total"]["started"] > progress["total"]["processed"]
        except UNLIKE as error:
            raise InputError(
                f"{path} does not fit this run: it does not say where in training it was written"
            ) from error
        try:
            self.before, self.recorded = settings_at(self.written, self.step)
        except ValueError as error:
            raise InputError(f"run: {self.folder / 'config.yaml'}: {error}") from error

    def give_learned(self, data: Any) -> bool:
        """Let a data module that is not set up have what it had learned; whether there is any, and all of it."""
        state = self.checkpoint.get(type(data).__qualname__)  # as Lightning calls it
        spec = state.get("spec") if isinstance(state, dict) else None
        if not isinstance(spec, dict) or not {field.name for field in fields(Spec)} <= spec.keys():
            return False
        if is_given := isinstance(data, BatchedDataModule):
            data.load_state_dict(self.checkpoint[type(data).__qualname__])
        return is_given

    def compare(self, config: DictConfig) -> DictConfig:
        """Find what is other than it was, and refuse what the run cannot go on with.

        Args:
            config: as the run is to go on, with its spec and without a budget.

        Returns:
            The config with the schedule that was chosen (``extended``) and its ``changes``: those of before, and these.

        Raises:
            InputError: a line for each setting that a run keeps; or what to choose of (``extended``).
        """
        self._check_phases(config)
        asked, config = config, extended(config, self.written)
        is_extended = config is not asked
        is_new = asked.trainer.max_epochs != self.written.trainer.max_epochs
        self.is_stretched = is_extended and is_new and asked.get("extend") == "stretch"
        if self.is_stretched and (kept := BeforeCooldown(self.folder)).is_kept:
            self._read(kept.kept / "last.ckpt")  # which is put back
        now = settings_of(config)
        if "model.pretrained" in self.before:  # by now it says which weights were found
            now["model.pretrained"] = self.before["model.pretrained"]
        elif not now.get("model.pretrained"):  # begun when only some networks had the key
            now.pop("model.pretrained", None)
        both = differing(self.before, now)
        self.changed = {key: sides for key, sides in both.items() if not by_default(key, sides, self.before | now)}
        asked_for = {
            key: sides for key, sides in self.changed.items() if not (is_extended and key.startswith("scheduler."))
        }
        if faults := kept_settings(asked_for, now, self.is_within_epoch, shown(self.folder)):
            raise InputError(*faults)
        now_changed = [record_of(self.changed, self.epoch, self.step)] if self.changed else []
        changes = [*self.recorded, *now_changed]
        config = OmegaConf.merge(config)  # type: ignore[assignment]  # a copy
        with open_dict(config):
            config.pop("changes", None)
            if changes:
                config.changes = changes
        if "model.pretrained" in self.before:
            config.model.pretrained = self.before["model.pretrained"]
        return config

    def _check_phases(self, config: DictConfig) -> None:
        """Refuse other optimizers, schedules and epochs where phases begin some: nothing says what they would be."""
        now = settings_of(config)
        phases = [{"phases": settings.get("finetune.phases")} for settings in (self.before, now)]
        if not any(map(remade_phases, phases)):
            return
        both = differing(self.before, now)
        keys = [key for key in both if key.startswith(("optimizer.", "scheduler.", "finetune."))]
        if "trainer.max_epochs" in both:
            keys = ["trainer.max_epochs"]  # what else differs follows it
        sides = {key: said(both[key]) for key in keys if not by_default(key, both[key], self.before | now)}
        why = "its phases begin optimizers or schedules over the epochs that were left then; "
        why += ANEW.format(folder=shown(self.folder))
        if sides:
            raise InputError(
                *(f"{key}: got {got}, but the run goes on with {was}: {why}" for key, (got, was) in sides.items())
            )

    def hand_over(self, run: Any) -> None:
        """Let the task know what its optimizer and schedule were made by, where that is other now.

        Args:
            run: assembled with the config that ``compare`` returned.

        Raises:
            InputError: a line for each change that the checkpoint does not fit or that changes nothing.
        """
        if not self.changed:
            return
        try:
            self._check_weights(run.task)
            self._check_groups(run)
            lines = still_to_train(run, self.checkpoint, self.epoch, list(self.changed))
        except UNLIKE as error:
            raise InputError(f"{self.folder}: its checkpoint does not fit this run ({error!r})") from error
        if lines:
            raise InputError(*lines)
        if any(key.startswith(("optimizer.", "scheduler.", "finetune.")) for key in self.changed):
            self._hand_over_makers(run)

    def _hand_over_makers(self, run: Any) -> None:
        keys = [key for key in self.changed if key.startswith("optimizer.")]
        if keys and not hasattr(run.task, "made_before"):
            what = f"{type(run.task).__name__} goes on with the optimizer of the checkpoint"
            raise InputError(*(f"{key}: changes nothing: {what}; derive it from task.optimized" for key in keys))
        nodes = {name: node_of(self.before, name) for name in ("optimizer", "scheduler")}
        _check_classes(nodes, run.config, self.folder)
        config = OmegaConf.create(nodes)
        optimizer, scheduler = build(config, "optimizer"), build(config, "scheduler")
        file = self.folder / "config.yaml"
        check_made(optimizer, scheduler, f"{file}: optimizer", f"{file}: scheduler")
        run.task.made_before = (optimizer, scheduler)
        if keys:
            check_effect(run.task, keys)
            check_step(run.task, keys, self.checkpoint["optimizer_states"][0]["state"])

    def lines(self) -> list[str]:
        """What is changed, for people."""
        when = f"from epoch {self.epoch} (step {self.step:,}) on"
        nodes = [key.removesuffix("_target_") for key in self.changed if key.endswith("._target_")]
        keys = [key for key in self.changed if key.endswith("._target_") or not key.startswith(tuple(nodes))]
        words = {key: said(self.changed[key]) for key in keys}
        return [f"{key} {now} in place of {was}, {when}" for key, (now, was) in words.items()]

    def _check_weights(self, task: Any) -> None:
        kept, made = self.checkpoint["state_dict"], task.state_dict()
        unlike = [
            name
            for name in {**kept, **made}
            if getattr(kept.get(name), "shape", 0) != getattr(made.get(name), "shape", 0)
        ]
        if unlike:
            self._refuse(("model.", "task."), f"makes another network than the checkpoint is of ({unlike[0]})")

    def _check_groups(self, run: Any) -> None:
        bound, task = getattr(run.finetune, "bound", None), run.task
        if not hasattr(task, "parameter_groups"):
            return
        groups = bound.groups() if bound else task.parameter_groups(task.network)
        kept = self.checkpoint["optimizer_states"][0]["param_groups"]
        of_both = ([(group.get("name"), len(group["params"])) for group in each] for each in (kept, groups))
        if next(of_both) != next(of_both):
            said = "puts parameters into other groups than the optimizer of the checkpoint has"
            self._refuse(("finetune.", "model.", "task."), said)

    def _refuse(self, prefixes: tuple[str, ...], what: str) -> None:
        to_do = f"a new run can begin with its weights: model.pretrained={shown(self.folder)}"
        if keys := [key for key in self.changed if key.startswith(prefixes)]:
            raise InputError(*(f"{key}: got {said(self.changed[key])[0]}, which {what}; {to_do}" for key in keys))


def _check_classes(nodes: dict[str, Any], config: DictConfig, folder: Path) -> None:
    """Build of a folder's own record only what the config at hand names too, or anything else vouches for."""
    ours = {target for name in nodes for target in _targets(OmegaConf.to_container(config[name]))}
    trust = project_trust()
    for target in _targets(nodes):
        if target not in ours and not trust.allows(str(target), folder):
            raise InputError(f"run: changes: {target!r} is not among what a run's config may name")


def _targets(node: Any) -> list[Any]:
    if isinstance(node, dict):
        own = [node["_target_"]] if "_target_" in node else []
        return own + [target for value in node.values() for target in _targets(value)]
    return [target for item in node for target in _targets(item)] if isinstance(node, list) else []
