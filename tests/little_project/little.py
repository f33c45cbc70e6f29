"""The classes of a small project. Importing this module fails: a check has to read it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Interval, Lt, MinLen

raise ImportError("what checks a config must not import what the config names")


class Digits:
    def __init__(
        self, root: Path | None = None, batch_size: Annotated[int, Ge(1)] = 64, shuffle: bool = True
    ) -> None: ...


class Net:
    def __init__(
        self,
        num_outputs: Annotated[int, Ge(1)],
        hidden_sizes: Annotated[Sequence[Annotated[int, Ge(1)]], MinLen(1)],
        dropout: Annotated[float, Ge(0), Lt(1)] = 0.0,
        activation: Literal["relu", "gelu"] = "relu",
    ) -> None: ...


class Deep(Net):
    """Takes what Net takes."""


class Layers:
    def __init__(self, *layers: object) -> None: ...


class Chain(Layers):
    """Takes what Layers takes, as a subclass of torch's Sequential does."""


class Loose:
    def __init__(self, width: int = 8, **others: object) -> None: ...


@dataclass
class Table:
    columns: list[str]
    fractions: tuple[float, float] = (0.8, 0.2)
    by_name: dict[str, int] = field(default_factory=dict)
    made: int = field(init=False, default=0)
    shared: ClassVar[int] = 3


class Task:
    metrics: ClassVar[dict[str, str]] = {"loss": "min", "accuracy": "max"}

    def __init__(self, network: Net, optimizer: object, scheduler: object, monitor: str) -> None: ...


class OwnTask(Task):
    """Logs what Task logs."""


class Keeper:
    def __init__(self, monitor: str, mode: str = "min", every_n_epochs: int = 1, keep: Net | None = None) -> None: ...

    @classmethod
    def from_folder(cls, folder: "Path | str", decay: "Annotated[float, Interval(gt=0, le=1)]" = 0.5) -> "Keeper":
        return cls(str(folder))


Renamed = Keeper
