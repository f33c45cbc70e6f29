"""A run folder for any LightningModule, in a project that has a Trainer of its own."""

from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import lightning as L
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.exceptions import SIGTERMException
from lightning.pytorch.utilities.rank_zero import rank_zero_info

from epochwise.callbacks.module_log import ModuleLog
from epochwise.commands.run_result import run_report
from epochwise.epochs.analysis import analyse
from epochwise.input_error import InputError
from epochwise.loggers.tensorboard import TensorBoard
from epochwise.report.terminal import counted, next_time
from epochwise.run.checkpoints import epoch_of
from epochwise.run.epochs_csv import Row, read_epochs_csv, scalars, score_names
from epochwise.run.kept_rows import kept_rows_fault
from epochwise.run.result import fit_end, result_fields, write_result
from epochwise.run.run_folder import RunLock, read_json
from epochwise.run.stopper import EpochCount, Stopper
from epochwise.run.validations_csv import ValidationLog

#: Scores of which a smaller one is better, by the end of their names.
SMALLER_IS_BETTER = ("loss", "error", "mse", "mae", "rmse", "nll", "perplexity")


class RunFolder(ModuleLog):
    """Leave in a folder what a run of ``train.py`` leaves there, whatever is trained.

    ``epochs.csv`` has a row an epoch, ``validations.csv`` one a validation where they come within epochs; TensorBoard
    shows every score against epochs and against optimizer steps; ``result.json`` and ``report.html`` say how many
    epochs were worth it. It observes: nothing about the training is changed, and checkpoints are those of the Trainer's
    own ModelCheckpoint.

    Scores are what the module logs by ``self.log``. In the folder they have one kind of name, so that runs compare:
    ``val_loss``, ``valid/loss`` and a ``loss`` of ``validation_step`` are all ``val/loss`` (``score_names``).

    A run that was killed goes on in its folder by ``trainer.fit(..., ckpt_path=...)``: rows and points behind the
    checkpoint are taken back. Under DDP rank 0 writes; a score that is logged without ``sync_dist=True`` is that of
    rank 0 alone. With ``fast_dev_run`` nothing is written. ``trainer.test`` adds its scores to ``result.json``.

    Args:
        path: the folder; made where it is absent.
        monitor: the score that decides, as the module logs it; None: ``val/loss``, else ``train/loss``.
        mode: ``min`` where smaller is better, else ``max``; None where the name says it: a loss or an error.
        chance: what knowing nothing scores, such as ``math.log(10)`` for the cross-entropy of ten classes: with it and
            ``ideal``, underfitting is told from a loss that is good.
        ideal: the best score there is, where it is known: 0 for a cross-entropy of hard labels.
        overwrite: begin anew in a folder that holds another run; its files are removed, checkpoints are not.

    Raises:
        InputError: ``mode`` is neither, or not known of this score; before the first step: the folder holds a run that
            is not gone on with, another process writes to it, or the checkpoint was written without a RunFolder; after
            the first validation: ``monitor`` is never logged.
    """

    def __init__(
        self,
        path: str | Path,
        monitor: str | None = None,
        mode: Literal["min", "max"] | None = None,
        chance: float | None = None,
        ideal: float | None = None,
        overwrite: bool = False,
    ) -> None:
        if mode is None and (monitor is None or monitor.lower().endswith(SMALLER_IS_BETTER)):
            mode = "min"
        if mode not in ("min", "max"):
            raise InputError(f"RunFolder: mode: got {mode!r}; of {monitor!r} it is to say which is better: min, max")
        self.folder, self.monitor, self.mode = Path(path), monitor, mode
        self.chance, self.ideal, self.overwrite = chance, ideal, overwrite
        self.tensorboard: TensorBoard | None = None
        self.lock: RunLock | None = None
        self._begin_run()

    def _begin_run(self) -> None:
        super().__init__(self.folder, self.monitor)
        self.validations = ValidationLog(self)
        self.parts: list[L.Callback] = []  # of the Trainer's callbacks, those that come with this one
        self.writes = False  # from the moment that the folder is known to be this run's
        self.started = perf_counter()

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        callbacks: list[L.Callback] = trainer.callbacks  # type: ignore[attr-defined]  # set on the instance
        others = [one for one in callbacks if one is not self and one not in self.parts]
        if stage != "fit":
            return
        if any(isinstance(one, RunFolder) for one in others):
            raise InputError("callbacks: two RunFolders; allowed: one in a Trainer")
        if trainer.fast_dev_run:  # type: ignore[attr-defined]
            trainer.callbacks = others  # type: ignore[attr-defined]
            rank_zero_info(f"RunFolder: fast_dev_run: nothing is written to {self.folder}")
            return
        if not self.rows or trainer.current_epoch != len(self.rows):  # else the same Trainer goes on training
            self._begin_run()
        self.writes, self.continued, self.started = False, False, perf_counter()
        stopper = Stopper(None, None, keeps_ended=False)
        first = [self.phases, *([EpochCount()] if trainer.max_steps >= 0 else [])]
        self.parts = [*first, stopper, self.validations]
        # The clock comes before all others, the log behind all that log, and before the checkpoints that keep it.
        keepers = [one for one in others if isinstance(one, Checkpoint)]
        observed = [one for one in others if one not in keepers]
        trainer.callbacks = [*first, *observed, stopper, self, self.validations, *keepers]  # type: ignore[attr-defined]
        self._refuse(trainer, self._take_folder(trainer))
        if not any(hasattr(logger, "log_axis") for logger in trainer.loggers):
            self.tensorboard = self.tensorboard or TensorBoard(str(self.folder))

    def on_load_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        if fault := kept_rows_fault(checkpoint.get("epoch_log")):
            raise InputError(
                f"ckpt_path: {trainer.ckpt_path} {fault}: it was written without a RunFolder, so the epochs before it "
                "are not known; allowed: a checkpoint of a run with one, or its weights alone in a new run"
            )
        super().on_load_checkpoint(trainer, pl_module, checkpoint)
        self.continued = True

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Nothing yet: some strategies put back a checkpoint behind this."""

    def on_sanity_check_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._begin(trainer)

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._begin(trainer)
        super().on_train_start(trainer, pl_module)

    def _take_folder(self, trainer: L.Trainer) -> str | None:
        if trainer.is_global_zero and self.lock is None:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                self.lock = RunLock(self.folder)
            except (InputError, OSError) as error:
                return f"RunFolder: {error}"
        return None

    def _begin(self, trainer: L.Trainer) -> None:
        """Once a fit, when it is known whether it goes on."""
        if self.writes:
            return
        anew = not self.continued and not self.rows
        self._refuse(trainer, self._fault(anew) if trainer.is_global_zero else None)
        self.writes = True
        if anew and trainer.is_global_zero:
            for name in ("epochs.csv", "validations.csv", "result.json", "report.html", "curves.png"):
                (self.folder / name).unlink(missing_ok=True)
            if self.tensorboard and any(Path(self.tensorboard.log_dir).glob("events.*")):
                self.tensorboard.rewind({"epoch": -1, "step": 0}, {})
        elif self.continued:
            self.take_back(trainer)

    def _fault(self, anew: bool) -> str | None:
        """Why this run must not write here, if it must not."""
        there = _rows_of(self.folder / "epochs.csv")
        if self.overwrite or not there:
            return None
        if anew:
            return (
                f"RunFolder: {self.folder} holds a run of {counted(len(there), 'epoch')}; go on with it by "
                "trainer.fit(..., ckpt_path=...), take another folder, or say overwrite=True"
            )
        if self.continued and self.rows and _plain(there[0]) != _plain(self.rows[0]):
            return (
                f"RunFolder: {self.folder} holds another run than the one of the checkpoint; take the folder of that "
                "run, a new one, or say overwrite=True"
            )
        return None

    def _refuse(self, trainer: L.Trainer, line: str | None) -> None:
        """On all ranks alike: the others would wait for one that ends alone."""
        line = trainer.strategy.broadcast(line)
        if line is not None:
            self._let_go()
            raise InputError(line)

    def loggers(self, trainer: L.Trainer) -> list[Any]:
        return [*trainer.loggers, *filter(None, [self.tensorboard])]

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._end(trainer, pl_module, fit_end(trainer, len(self.rows)))

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        super().on_exception(trainer, pl_module, exception)
        if self.writes and trainer.state.fn == TrainerFn.FITTING:
            asked = isinstance(exception, (KeyboardInterrupt, SIGTERMException))
            place = f"epoch {trainer.current_epoch}, step {trainer.global_step}"
            reason = f"{type(exception).__name__}: {exception} ({place})"
            self._end(trainer, pl_module, {"status": "interrupted" if asked else "failed", "reason": reason})
        self._let_go()

    def _end(self, trainer: L.Trainer, pl_module: Any, ended: dict[str, Any]) -> None:
        if not self.writes or not trainer.is_global_zero:
            return
        monitor = self.monitor_of(self.rows)
        chance, ideal = self.chance, self.ideal
        if chance is None and hasattr(pl_module, "reference_scores"):
            chance, ideal = pl_module.reference_scores().get(monitor.partition("/")[2], (None, None))
        found = analyse(self.rows, monitor, self.mode, chance, ideal)
        seconds = perf_counter() - self.started
        fields = result_fields(self.rows, monitor, self.mode, found, ended, trainer.global_step, seconds)
        with suppress(OSError):  # a disk that takes no more is no reason to lose the trained model
            result = write_result(self.folder, project=Path.cwd(), **fields)
            page = run_report(self.folder)
            if result["recommended_epochs"] and page:
                label = found["verdict"]["label"].replace("_", " ")
                rank_zero_info(f"RunFolder: {label}; next time {next_time(found)}; {page}")
        if self.tensorboard is not None and fields["best_epoch"] is not None:
            plain = {key: v for key, v in pl_module.hparams.items() if isinstance(v, (str, int, float, bool))}
            self.tensorboard.log_result(plain, {name: fields[name] for name in ("best_score", "best_epoch")})
        self._let_go()

    def _let_go(self) -> None:
        self.writes = False
        if self.lock is not None:
            self.lock.release()
            self.lock = None

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        result = read_json(self.folder / "result.json")
        if not trainer.is_global_zero or "epochs_run" not in result:
            return
        scores = score_names(logged := scalars(trainer.callback_metrics), "test")
        test = {scores[name].removeprefix("test/"): value for name, value in logged.items()}
        epoch = epoch_of(trainer.ckpt_path) if trainer.ckpt_path else result["epochs_run"] - 1
        made_with = ("versions", "git_commit", "command")
        result = {name: value for name, value in result.items() if name not in made_with}
        write_result(self.folder, Path.cwd(), **(result | {"test": {**result["test"], **test}, "tested_epoch": epoch}))
        run_report(self.folder)


def _rows_of(path: Path) -> list[Row]:
    try:
        return read_epochs_csv(path) if path.exists() else []
    except (OSError, ValueError) as error:
        raise InputError(f"RunFolder: {path} cannot be read: {error}") from error


def _plain(row: Row) -> dict[str, str]:
    """What it holds as the file has it, where one score without a number is as another."""
    return {name: str(value) for name, value in row.items() if value not in (None, "")}
