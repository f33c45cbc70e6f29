"""What the root of each command's config may hold, and the ranges of numbers."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Interval

from epochwise.source.annotation import Written

COUNT = Annotated[int, Ge(1)]
FRACTION = Annotated[float, Interval(ge=0, le=1)]
#: Of a pass over the data: so many batches, or this fraction of them.
BATCHES = Annotated[int, Ge(0)] | FRACTION

#: Argument -> type, wherever it occurs in a class whose own annotation has no bounds. Checked beside that annotation.
RANGES: dict[str, Any] = {
    # lightning.pytorch.Trainer
    "min_epochs": Annotated[int, Ge(0)],
    "max_steps": Annotated[int, Ge(-1)],
    "num_nodes": COUNT,
    "accumulate_grad_batches": COUNT,
    "check_val_every_n_epoch": COUNT,
    "gradient_clip_val": Annotated[float, Ge(0)],
    "limit_train_batches": BATCHES,
    "limit_val_batches": BATCHES,
    "limit_test_batches": BATCHES,
    "limit_predict_batches": BATCHES,
    "overfit_batches": BATCHES,
    "log_every_n_steps": COUNT,
    "num_sanity_val_steps": Annotated[int, Ge(-1)],
    "reload_dataloaders_every_n_epochs": Annotated[int, Ge(0)],
    # its callbacks
    "patience": Annotated[int, Ge(0)],
    "save_top_k": Annotated[int, Ge(-1)],
    "every_n_epochs": Annotated[int, Ge(0)],
    "decay": Annotated[float, Interval(ge=0, lt=1)],
    "max_depth": Annotated[int, Ge(-1)],
    # torch.optim and its schedules
    "lr": Annotated[float, Gt(0)],
    "max_lr": Annotated[float, Gt(0)],
    "weight_decay": Annotated[float, Ge(0)],
    "momentum": Annotated[float, Interval(ge=0, lt=1)],
    "dampening": Annotated[float, Ge(0)],
    "betas": list[Annotated[float, Interval(ge=0, lt=1)]],
    "eps": Annotated[float, Ge(0)],
    "gamma": Annotated[float, Gt(0)],
    "factor": Annotated[float, Interval(gt=0, le=1)],
    "step_size": COUNT,
    "epochs": COUNT,
    "max_epochs": COUNT,
    "T_max": COUNT,
    "pct_start": FRACTION,
    # networks and data
    "batch_size": COUNT,
    "num_workers": Annotated[int, Ge(0)],
    "num_classes": COUNT,
    "in_chans": COUNT,
    "drop_rate": Annotated[float, Interval(ge=0, lt=1)],
    "p": FRACTION,
}


NAME = Annotated[str, Written(r"(?s).*\S.*", "text that is not empty")]
BUDGET = Annotated[
    str,
    Written(
        r"\s*\d+(\.\d*)?(e\+?\d+)?\s*((epoch|step|sample)s?|s|min|h)\s*",
        "a count with its unit: 20000 steps, 2e6 samples, 40 epochs; or a time: 90s, 90min, 2h",
    ),
]
TIME = Annotated[str, Written(r"\s*\d+(\.\d*)?\s*(s|min|h)\s*", "a time with its unit: 90s, 90min, 2h")]
SEED = Annotated[int, Interval(ge=0, le=2**32 - 1)]  # as Lightning and NumPy take it


@dataclass(frozen=True)
class Schema:
    """What may stand at the root of a config.

    Args:
        scalars: key -> type. A key whose type allows null may be left out.
        one: singular groups: a node that names one class.
        optional: singular groups that may be left out.
        several: plural groups: nodes by name, each naming a class.
    """

    scalars: dict[str, Any]
    one: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()

    def keys(self) -> list[str]:
        """All root keys."""
        return [*self.scalars, *sorted(self.one), *sorted(self.optional), *sorted(self.several)]


TRAIN = Schema(
    scalars={
        "name": NAME,
        "seed": SEED,
        "monitor": str,
        "mode": Literal["min", "max"],
        "run_folder": str | None,
        "resume": Literal["auto"] | bool | None,
        "extend": Literal["stretch", "hold", "restart"] | None,
        "budget": BUDGET | None,
        "find": Literal["lr", "batch_size"] | None,
        "dry_run": bool | None,
        "report": bool | None,
        "steps_per_execution": Annotated[int, Ge(1)] | Literal["auto"] | None,
        "compile": bool | Literal["default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"] | None,
        "channels_last": bool | Literal["auto"] | None,
        "activation_checkpointing": bool | None,
        "trust": str | list[str] | None,
        "changes": list[dict[str, Any]] | None,  # written where a run goes on with other settings
        "spec": Any,  # filled in by the program once the data has been read
    },
    one=frozenset({"data", "model", "task", "optimizer", "scheduler", "stopping", "trainer"}),
    optional=frozenset({"finetune"}),
    several=frozenset({"callbacks", "loggers"}),
)

#: Front door -> its schema.
SCHEMAS = {
    "train": TRAIN,
    "crossval": replace(
        TRAIN,
        scalars=TRAIN.scalars | {"folds": Annotated[int, Ge(2)], "refit": bool | Literal["smallest"]},
        one=TRAIN.one | {"splitter"},
    ),
    "epochs": replace(
        TRAIN,
        scalars=TRAIN.scalars
        | {
            "run": str | None,
            "counts": list[Annotated[int, Ge(1)]] | None,
            "most_epochs": Annotated[int, Ge(2)] | None,
            "seeds": Annotated[int, Ge(1)] | list[SEED] | None,
            "min_gain_per_epoch": Annotated[float, Ge(0)] | None,
            "max_time": TIME | None,
            "max_steps": Annotated[int, Ge(1)] | None,
            "begins_with": str | None,
        },
    ),
    "search": replace(
        TRAIN,
        scalars=TRAIN.scalars
        | {
            "n_trials": Annotated[int, Ge(1)],
            "n_jobs": Annotated[int, Ge(1)],
            "storage": str | None,
            "space": dict[str, str],
        },
        one=TRAIN.one | {"search", "pruner"},
    ),
    "evaluate": Schema(
        scalars={
            "run": str | None,
            "ckpt": str,
            "export": Literal["onnx", "torch_export", "safetensors"] | None,
            "exported": str | None,
            "split": Literal["train", "val", "test", "all"],
            "predict": str | None,
            "trust": str | list[str] | None,
            "seed": SEED,
        },
        optional=frozenset({"data"}),
    ),
    "report": Schema(
        scalars={
            "runs": list[str],
            "monitor": str | None,
            "mode": Literal["min", "max"] | None,
            "more_epochs": Annotated[int, Ge(1)] | None,
            "steps_per_epoch": Annotated[float, Gt(0)] | None,
            "output": str | None,
            "json": bool,
            "trust": str | list[str] | None,
        },
        one=frozenset({"replay"}),
    ),
}
