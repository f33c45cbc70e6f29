"""What numbers make sense for arguments of libraries, whose annotations do not say it."""

from typing import Annotated, Any

from annotated_types import Ge, Gt, Interval

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
