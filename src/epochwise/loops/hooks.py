"""The hooks that there are, found once, and called as Lightning calls them."""

from collections.abc import Callable
from typing import Any

import lightning as L


class Hooks:
    """What callbacks, a module and its data do with each batch.

    For each batch Lightning asks every callback for every hook, by name and under a profiler, and looks who moves a
    batch to its device. Here that is found once, and those that do something are called, in Lightning's order.

    Args:
        trainer: that runs; its callbacks as they are now.
        names: hooks that callbacks and modules have alike.
        of_module: hooks that a module alone has.
    """

    def __init__(self, trainer: Any, names: tuple[str, ...], of_module: tuple[str, ...] = ()) -> None:
        module = trainer.lightning_module
        self.trainer, self.module, self.names = trainer, module, vars(module)
        self.of_callbacks = {name: _own(trainer.callbacks, name, L.Callback) for name in names}
        self.of_module = {
            name: found[0] for name in (*names, *of_module) if (found := _own([module], name, L.LightningModule))
        }
        who = trainer._data_connector._datahook_selector.get_instance
        self.before, self.move, self.after = (
            (name, getattr(who(name), name))
            for name in ("on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer")
        )

    def call(self, name: str, *args: Any) -> Any:
        """Call a hook of all callbacks that have it, then the module's; returns what that one says."""
        self.name(name)
        for hook in self.of_callbacks[name]:
            hook(self.trainer, self.module, *args)
        return self.of_module[name](*args) if name in self.of_module else None

    def name(self, hook: str) -> None:
        """Say in which hook something is logged; a module takes ten times as long to set an attribute."""
        self.names["_current_fx_name"] = hook

    def to_device(self, batch: Any) -> Any:
        """A batch of the first loader in the run's precision, on its device, as module or data module make it."""
        batch = self.trainer.precision_plugin.convert_input(batch)
        for (name, hook), more in (
            (self.before, ()),
            (self.move, (self.trainer.strategy.root_device,)),
            (self.after, ()),
        ):
            self.name(name)
            batch = hook(batch, *more, 0)
        return batch


def _own(parts: list[Any], name: str, base: type) -> list[Callable[..., Any]]:
    """The hooks of parts where they are not those of their base, which do nothing."""
    hooks = [getattr(part, name) for part in parts]
    return [hook for hook in hooks if callable(hook) and getattr(hook, "__func__", hook) is not getattr(base, name)]
