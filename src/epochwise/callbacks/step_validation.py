"""Validate by the count of optimizer steps, whatever the epochs."""

import sys
from typing import Annotated, Any

import lightning as L
from annotated_types import Ge

from epochwise.input_error import InputError
from epochwise.source.fit import checked_arguments


class StepValidation(L.Callback):
    """Validate after every so many optimizer steps of the run, and then alone: the end of an epoch is no reason.

    Steps are counted over the whole run, so an epoch may have several validations or none. Lightning's
    ``val_check_interval`` counts batches, which are not steps where ``trainer.accumulate_grad_batches`` is more than 1
    or the last step of an epoch has fewer of them. What is due follows from the step, so nothing of it is kept.

    It sets ``trainer.val_check_batch`` after each batch, which Lightning (2.6) reads when that batch is over;
    tests/callbacks/test_step_validation.py fails where that changes.

    Args:
        every_n_steps: optimizer steps from one validation to the next.

    Raises:
        InputError: there is another cadence of validations too, or the run has fewer steps.
    """

    @checked_arguments
    def __init__(self, every_n_steps: Annotated[int, Ge(1)] = 500) -> None:
        self.every_n_steps = every_n_steps
        self.step = 0  # that has been looked at
        self.is_on = False

    def setup(self, trainer: Any, pl_module: L.LightningModule, stage: str) -> None:
        # Where nothing is validated there is nothing to do, as in a refit on all of the data.
        self.is_on = stage == "fit" and trainer.enable_validation and not trainer.fast_dev_run
        if self.is_on:
            self.check_cadence(trainer)
            # Across epochs, and never by itself: what keeps by a score then asks after each validation.
            trainer.check_val_every_n_epoch, trainer.val_check_interval = None, sys.maxsize

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.step = trainer.global_step
        if self.is_on:
            self._check_steps(trainer, trainer.num_training_batches)

    def check_cadence(self, trainer: Any, num_batches: float = 0) -> None:
        """Refuse a run of which something else says when to validate, or that ends before its first validation.

        Args:
            trainer: before it begins.
            num_batches: of an epoch, on a device; 0 where that is not known.

        Raises:
            InputError: the Trainer has a cadence of its own, or there are fewer steps than ``every_n_steps``.
        """
        for key, by_default in {"val_check_interval": 1.0, "check_val_every_n_epoch": 1}.items():
            if (value := getattr(trainer, key)) != by_default or type(value) is not type(by_default):
                said = f"got {value}, but callbacks.step_validation says when; drop one of both"
                raise InputError(f"trainer.{key}: {said}")
        self._check_steps(trainer, num_batches)

    def _check_steps(self, trainer: Any, num_batches: float) -> None:
        of_epochs = -(-num_batches // trainer.accumulate_grad_batches) * (trainer.max_epochs or 0)
        num_steps = min((bound for bound in (of_epochs, trainer.max_steps) if bound > 0), default=0)
        if 0 < num_steps < self.every_n_steps:
            key = "callbacks.step_validation.every_n_steps"
            raise InputError(f"{key}: got {self.every_n_steps}, allowed: at most the {num_steps:,} steps of the run")

    def on_train_batch_end(self, trainer: Any, pl_module: L.LightningModule, *_: Any) -> None:
        if self.is_on:
            due = trainer.global_step > self.step and trainer.global_step % self.every_n_steps == 0
            trainer.val_check_batch = 1 if due else sys.maxsize
            self.step = trainer.global_step
