"""A network in two: a frozen trunk, and what follows it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

RANDOM = re.compile("Drop|Stochastic|RReLU|Noise")  # layers that draw in training


class NothingToCutError(ValueError):
    """Nothing that is frozen comes before what trains."""


class _ReachedError(Exception):
    def __init__(self, features: Any) -> None:
        self.features = features


class Cut:
    """The frozen trunk of a network and the rest of it, each to be run without the other.

    A network of timm whose classifier alone trains is cut as it says itself (``forward_features``, ``forward_head``).
    Any other is cut between two of its children: those before the cut are skipped, the last of them answers with the
    features, and whatever the network does between its children still happens.

    Args:
        network: with what trains, and what is in eval mode, as they will be.
        x: (B, ...) a batch, to see in which order the children are called.

    Raises:
        NothingToCutError: nothing that is frozen comes before what trains.
        ValueError: the two parts do not give what the whole gives.
    """

    def __init__(self, network: nn.Module, x: Tensor) -> None:
        self.network = network
        self.units = [module for module in _container(network).children() if not isinstance(module, nn.Identity)]
        self.last = 0
        if _classifier_alone_trains(network):
            self.trunk_modules = [module for module in network.children() if not _trains(module)]
        else:
            calls = self._calls(x)
            first = next((index for index, unit in enumerate(calls) if _trains(unit)), len(calls))
            while first > 0 and _draws(calls[first - 1]):
                first -= 1
            if first == 0 or first == len(calls):
                raise NothingToCutError
            self.last, self.trunk_modules = first, calls[:first]
        self._check(x)

    def trunk(self, x: Tensor) -> Tensor:
        """The features (B, ...) of a batch (B, ...)."""
        with torch.no_grad():
            if not self.last:
                features: Any = self.network.forward_features(x)  # type: ignore[operator]
                return features
            try:
                with self._called_instead(self._until_last):
                    type(self.network).forward(self.network, x)
            except _ReachedError as reached:
                return reached.features
            raise ValueError("the network calls its layers in another order than before")

    def rest(self, x: Tensor, features: Tensor) -> Tensor:
        """The output of a batch (B, ...) whose features are known."""
        if not self.last:
            return self.network.forward_head(features)  # type: ignore[operator]

        def skip(count: int, forward: Callable[..., Any], *args: Any) -> Any:
            return args[0] if count < self.last else features if count == self.last else forward(*args)

        with self._called_instead(skip):
            return type(self.network).forward(self.network, x)

    def _until_last(self, count: int, forward: Callable[..., Any], *args: Any) -> Any:
        answer = forward(*args)
        if count == self.last:
            raise _ReachedError(answer)
        return answer

    def _calls(self, x: Tensor) -> list[nn.Module]:
        calls: list[nn.Module] = []
        hooks = [unit.register_forward_pre_hook(lambda unit, _: calls.append(unit)) for unit in self.units]
        with _in_eval(self.network), torch.no_grad():
            type(self.network).forward(self.network, x)
        for hook in hooks:
            hook.remove()
        return calls

    @contextmanager
    def _called_instead(self, call: Callable[..., Any]) -> Iterator[None]:
        """Let every child be called through ``call(count, forward, ...)``, with the number of the call, from 1."""
        counts = iter(range(1, 1_000_000))
        for unit in self.units:
            original = unit.forward
            unit.forward = lambda *args, original=original: call(next(counts), original, *args)
        try:
            yield
        finally:
            for unit in self.units:
                del unit.forward  # that of its class is seen again

    def _check(self, x: Tensor) -> None:
        with _in_eval(self.network), torch.no_grad():
            try:
                same = torch.equal(self.rest(x, self.trunk(x)), type(self.network).forward(self.network, x))
            except (RuntimeError, TypeError, AttributeError, IndexError, ValueError):
                same = False
        if not same:
            raise ValueError("the network does more before what trains than to call one layer after another")


def _container(network: nn.Module) -> nn.Module:
    while len(children := list(network.children())) == 1 and list(children[0].children()):
        network = children[0]
    return network


def _classifier_alone_trains(network: nn.Module) -> bool:
    if not all(hasattr(network, name) for name in ("forward_features", "forward_head", "get_classifier")):
        return False
    own = {id(parameter) for parameter in network.get_classifier().parameters()}  # type: ignore[operator]
    return all(id(parameter) in own for parameter in network.parameters() if parameter.requires_grad)


def _trains(module: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters())


def _draws(module: nn.Module) -> bool:
    return module.training and any(RANDOM.search(type(one).__name__) for one in module.modules())


@contextmanager
def _in_eval(network: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    yield
    for module, mode in modes:
        module.training = mode
