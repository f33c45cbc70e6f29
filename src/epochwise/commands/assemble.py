"""Every object of a run, from its config."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import ProgressBar, WeightAveraging
from lightning.pytorch.plugins import DoublePrecision
from omegaconf import DictConfig, OmegaConf

from epochwise.commands.budget import budgeted
from epochwise.commands.build import build
from epochwise.commands.build_network import build_network
from epochwise.commands.check_callbacks import SamePlan, check_callbacks, check_plan_is_kept, long_memories
from epochwise.commands.check_fits import check_fits
from epochwise.device.network_on_device import NetworkOnDevice
from epochwise.epochs.plan import plan_epochs
from epochwise.finetune.phase_optimizer import OptimizerInForce
from epochwise.input_error import InputError
from epochwise.loggers.continued import Continued, check_loggers
from epochwise.loops.executions import Executions
from epochwise.resume.going_on import GoingOn
from epochwise.rules.schedule import horizon_key
from epochwise.run.epoch_log import EpochLog
from epochwise.run.epoch_place import EpochPlace, Phases
from epochwise.run.interrupts import FiniteLoss, Interrupts
from epochwise.run.stopper import EpochCount, Stopper
from epochwise.run.validations_csv import ValidationLog
from epochwise.run.weight_average import ScoredWeights, WeightAverage
from epochwise.run.write_checkpoint import WholeCheckpointIO
from epochwise.scheduler.lightning_schedule import ByTime
from epochwise.scheduler.made_alone import check_made


@dataclass
class Run:
    """What takes part in a run: its config with the spec filled in, and one object for each node of it."""

    config: DictConfig
    data: L.LightningDataModule
    task: L.LightningModule
    stopping: L.Callback
    finetune: L.Callback
    epoch_log: EpochLog
    interrupts: Interrupts
    trainer: L.Trainer
    notes: list[str]  # on the weights it begins with, and on settings that only the data makes doubtful

    @property
    def position(self) -> str:
        """Where the run is, in words."""
        loop = self.trainer.fit_loop
        return f"epoch {self.trainer.current_epoch}, batch {loop.epoch_loop.batch_progress.current.completed}"


def assemble(config: DictConfig, resumed: bool = False, going_on: GoingOn | None = None) -> Run:
    """Build the data, then from its spec the network, the task and the trainer.

    Args:
        config: a checked ``conf/train.yaml``.
        resumed: a checkpoint will give the weights.
        going_on: where it is one of a run with settings of its own, which are then held against these.

    Raises:
        InputError: the data cannot be read, an object refuses its settings, the network does not take the data, or a
            run cannot go on with these settings.
    """
    data = _data(config, going_on)
    if not hasattr(data, "spec"):
        raise InputError(
            f"data: {type(data).__name__} has no 'spec', which says what its samples are; of a LightningDataModule of "
            f"one's own it is found: data=own_module '+data.module={{_target_: {config.data['_target_']}}}'"
        )
    config, notes = budgeted(config, data)
    config = OmegaConf.merge(config, {"spec": asdict(data.spec)})  # type: ignore[assignment]
    if going_on is not None:
        config = going_on.compare(config)

    network, loaded = build_network(config, data.spec.class_names, resumed, getattr(data, "learned", None))
    makers = {name: build(config, name) for name in ("optimizer", "scheduler")}
    task = build(config, "task", network=network, **makers)
    seen = check_fits(task, data, config.model["_target_"])
    check_made(**makers)
    stopping = build(config, "stopping")
    finetune = build(config, "finetune") if config.get("finetune") else L.Callback()
    named = {name: build(config, f"callbacks.{name}") for name in config.get("callbacks") or ()}
    loggers = [build(config, f"loggers.{name}") for name in config.get("loggers") or ()]

    if isinstance(seen, torch.Tensor):  # of several inputs Lightning would make keywords
        task.example_input_array = seen  # the summary shows what becomes of it
    num_batches = len(data.train_dataloader())  # refuses samples that make no batch before anything is announced
    # A stopping with a pace of its own ends the schedule in time itself.
    timed = config.trainer.get("max_time") and horizon_key(config.scheduler) and not hasattr(stopping, "pace")
    by_time = [ByTime()] if timed else []
    phases, interrupts = Phases(), Interrupts()
    # The clock comes before all others; the log after them, it sees all that is logged.
    epoch_log = EpochLog(Path(config.run_folder), phases, continued=config.get("resume") is not None)
    epoch_log.branched = resumed and going_on is None
    anywhere: Any = OmegaConf.merge(config, {"run_folder": "."})
    settings = OmegaConf.to_container(anywhere.get("callbacks") or OmegaConf.create(), resolve=True)
    stopper, same_plan = Stopper(settings, config.trainer.get("max_time")), SamePlan()
    finite_loss = FiniteLoss(epoch_log, config.monitor, config.mode)
    check_plan_is_kept(named)
    if resumed:
        check_loggers(loggers, config.get("loggers") or ())
    # The average is put back last: what others score at the end of a validation is what was validated.
    callbacks = sorted(named.values(), key=lambda callback: isinstance(callback, WeightAveraging))
    averages = [WeightAverage(callback) for callback in callbacks if isinstance(callback, WeightAveraging)]
    places = [phases, EpochCount(), EpochPlace(data)]
    observers = [ScoredWeights(), same_plan, stopper, epoch_log, ValidationLog(epoch_log), finite_loss]
    # What is only tried takes other batches, each of which would be compiled.
    compiles = not config.get("find") and config.get("compile")
    on_device = NetworkOnDevice(compiles, config.get("channels_last"), bool(config.get("activation_checkpointing")))
    observers += [interrupts, Continued(), on_device]
    trainer = build(
        config,
        "trainer",
        callbacks=[*places, *by_time, finetune, stopping, *callbacks, *averages, *observers],
        logger=loggers or False,
        plugins=[WholeCheckpointIO(Path(config.run_folder))],
        default_root_dir=config.run_folder,
        enable_progress_bar=any(isinstance(callback, ProgressBar) for callback in callbacks),
    )
    Executions.put_into(trainer, config.get("steps_per_execution") or "auto", phases)
    check_callbacks(named, trainer)
    steps = num_batches * max(trainer.max_epochs or 0, 0) // (trainer.world_size * trainer.accumulate_grad_batches)
    notes = [*notes, *getattr(data, "notes", ()), *long_memories(config.get("callbacks") or {}, steps)]
    same_plan.begin(trainer, data)
    notes += on_device.begin(trainer, task)
    if isinstance(trainer.precision_plugin, DoublePrecision):
        task.double()  # Lightning does so after it has put back a checkpoint, which rounds its weights to float32
    if hasattr(finetune, "bind"):
        # A schedule that goes on beyond the run says that this is a piece of a longer one.
        key = horizon_key(config.scheduler)
        longest = max(trainer.max_epochs or 0, int(config.scheduler[key]) if key else 0)
        bound = finetune.bind(network, None if trainer.fast_dev_run else longest)
        OptimizerInForce(bound, task, trainer)  # tries the optimizers and schedules that its phases name
    interval, validates = trainer.val_check_interval, trainer.limit_val_batches and trainer.check_val_every_n_epoch
    num_batches = _num_batches(num_batches, data, trainer)
    if isinstance(interval, int) and validates and interval > num_batches:
        allowed = f"at most the {num_batches} batches of an epoch, or a fraction of it"
        raise InputError(f"trainer.val_check_interval: got {interval}, allowed: {allowed}")
    for callback in callbacks:
        if hasattr(callback, "check_cadence") and trainer.limit_val_batches and not trainer.fast_dev_run:
            callback.check_cadence(trainer, num_batches)
    if config.trainer.get("profiler") and trainer.profiler.dirpath is None:
        trainer.profiler.dirpath, trainer.profiler.filename = config.run_folder, "profile"
    run = Run(config, data, task, stopping, finetune, epoch_log, interrupts, trainer, [*loaded, *notes])
    if going_on is not None:
        going_on.hand_over(run)
    return run


def _data(config: DictConfig, going_on: GoingOn | None) -> Any:
    """The data, set up; of a run that goes on with what it had learned, since what it learned from may be gone."""
    data = build(config, "data")
    data.prepare_data()
    if going_on is not None and going_on.give_learned(data):
        try:
            data.setup("fit")
            return data
        except InputError:  # by a setting that is other now, which is told when all of them are compared
            data = build(config, "data")
    data.setup("fit")
    return data


def _num_batches(of_one: int, data: Any, trainer: Any) -> int:
    """Training batches that a device takes in an epoch, of those that there are for one device alone."""
    if not hasattr(data, "batch_size"):
        return of_one // int(trainer.world_size)
    counts = {"world_size": trainer.world_size, "limit_train_batches": trainer.limit_train_batches}
    plan = plan_epochs(data.num_samples["train"], data.batch_size, 1, drop_last=data.drop_last, **counts)
    return plan.batches_per_epoch
