"""What values make sense for arguments of Lightning's Trainer, whose annotations do not say it."""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Interval, MinLen

from epochwise.config.ranges import COUNT
from epochwise.config.written import Written

#: The module that declares the arguments; another class may mean something else by these names.
TRAINER = "lightning.pytorch.trainer.trainer"

DDP = [f"ddp{how}" for how in ("", "_spawn", "_fork", "_notebook")]
UNUSED = [f"{name}_find_unused_parameters_{find}" for name in DDP for find in ("true", "false")]
STAGES = [f"deepspeed_stage_{stage}" for stage in ("1", "2", "2_offload", "3", "3_offload", "3_offload_nvme")]
OTHERS = ["fsdp", "fsdp_cpu_offload", "single_device", "single_tpu", "single_xla", "xla", "xla_debug"]

CLOCK = Annotated[str, Written(r"\d+:\d\d:\d\d:\d\d", "text DD:HH:MM:SS")]

#: Argument -> type, in place of its annotation.
TRAINER_VALUES: dict[str, Any] = {
    "accelerator": Literal["auto", "cpu", "gpu", "cuda", "mps", "tpu", "hpu"],
    "strategy": Literal[("auto", *DDP, *OTHERS, "deepspeed", *UNUSED, *STAGES)],
    "devices": Literal["auto"] | COUNT | Annotated[list[Annotated[int, Ge(0)]], MinLen(1)],
    # Schedules end with it.
    "max_epochs": COUNT,
    "max_time": CLOCK | None,
    "val_check_interval": COUNT | Annotated[float, Interval(gt=0, le=1)] | CLOCK | None,
    "profiler": Literal["simple", "advanced", "pytorch", "xla"] | None,
    "gradient_clip_algorithm": Literal["norm", "value"] | None,
}
