"""The arguments that the program itself passes when it builds the node of a group, and those it takes out."""

from typing import Any

#: Group -> names that its node may leave out although the class requires them.
PROVIDED: dict[str, frozenset[str]] = {
    "task": frozenset({"network", "optimizer", "scheduler"}),
    "optimizer": frozenset({"params"}),
    "scheduler": frozenset({"optimizer", "steps_per_epoch"}),
    "trainer": frozenset({"callbacks", "logger", "plugins", "default_root_dir"}),
}

#: Key -> type, of settings that the program takes out of a node before it builds it: allowed whatever the class.
TAKEN: dict[str, Any] = {
    "model.pretrained": bool | str | None,
}
