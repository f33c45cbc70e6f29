"""What is written beside the training: from a copy of what changes, in order, by a thread."""

import os
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor
from torch.nn import Parameter

#: Bytes of all copies that wait to be written; what needs more is written while the run waits, as memory may end.
MOST_BYTES = 2**32
ATOMS = {type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size}


class Writer:
    """Do jobs one after the other in a thread, while the one that asked for them goes on.

    A job that fails ends those behind it: a file of theirs must not appear where one before is missing. No process is
    forked in the midst of one, since a lock that the thread holds would stay locked in the child. There is no thread
    where there is nothing to do.
    """

    def __init__(self) -> None:
        self._jobs: deque[Callable[[], None]] = deque()
        self._turn = Lock()
        self._error: BaseException | None = None
        _WRITERS.add(self)

    def add(self, job: Callable[[], None]) -> None:
        """Do something soon, behind all that were added before."""
        self._jobs.append(job)
        # Not a daemon: Python does not end before it.
        Thread(target=self.settle, name="epochwise-writer").start()

    def settle(self) -> None:
        """Return when nothing is left to do; what failed is for ``wait`` to say."""
        with self._turn:
            self._do_all()

    def wait(self) -> None:
        """Return when all is done.

        Raises:
            BaseException: whatever a job raised, once.
        """
        # What the thread has not begun is done here, so none is lost where a signal came between a job and its thread.
        self.settle()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _do_all(self) -> None:
        while self._jobs:
            try:
                self._jobs.popleft()()
            except BaseException as error:
                self._jobs.clear()
                self._error = error

    def hold(self) -> None:
        """Do all there is to do, and let no thread begin anything until ``go_on``."""
        self._turn.acquire()
        self._do_all()

    def go_on(self, is_child: bool) -> None:
        """Behind ``hold``; a forked process has no threads but the one that forked it."""
        if is_child:
            self._turn, self._error = Lock(), None
        else:
            self._turn.release()


_WRITERS: "WeakSet[Writer]" = WeakSet()
_held: list[Writer] = []


def _hold_all() -> None:
    _held[:] = _WRITERS
    for writer in _held:
        writer.hold()


def _let_all_go_on(is_child: bool) -> None:
    while _held:
        _held.pop().go_on(is_child)


os.register_at_fork(
    before=_hold_all,
    after_in_parent=lambda: _let_all_go_on(False),
    after_in_child=lambda: _let_all_go_on(True),
)


class HostCopy:
    """A copy of nested tensors and plain values in host memory, of which ``torch.save`` writes the same values.

    What is one object, or one storage seen by several tensors, is so in the copy too.

    Args:
        value: dicts, lists and tuples of tensors and plain values, as a checkpoint is.
        most_bytes: of the storages, at most.

    Raises:
        ValueError: there is anything else in it, or it is larger.
    """

    def __init__(self, value: Any, most_bytes: int) -> None:
        self._left = most_bytes
        self._copies: dict[int, Any] = {}  # by what they are of, which lives as long
        self._storages: dict[tuple[torch.device, int, int], torch.UntypedStorage] = {}
        with torch.inference_mode(False):
            self.value = self._of(value)
        self.num_bytes = most_bytes - self._left
        self._copies.clear()

    def _of(self, value: Any) -> Any:
        kind = type(value)
        if kind in ATOMS:
            return value
        if id(value) in self._copies:
            return self._copies[id(value)]
        copied: Any
        if kind is Tensor or kind is Parameter:
            copied = self._tensor(value)
        elif kind is dict and ATOMS.issuperset(map(type, value.values())):
            copied = dict(value)
        elif kind is dict or kind is OrderedDict:
            copied = self._copies[id(value)] = kind()
            if kind is OrderedDict:
                vars(copied).update(vars(value))  # a state_dict has its versions there
            for key, item in value.items():
                copied[key] = self._of(item)
        elif kind is list and ATOMS.issuperset(map(type, value)):  # the rows of a long run
            copied = list(value)
        elif kind is list:
            copied = self._copies[id(value)] = []
            copied.extend(map(self._of, value))
        elif kind is tuple:
            copied = tuple(map(self._of, value))
        else:
            raise ValueError(f"a {kind.__name__} is no plain value")
        self._copies[id(value)] = copied
        return copied

    def _tensor(self, tensor: Tensor) -> Tensor:
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta or vars(tensor):
            raise ValueError("a tensor that is more than its numbers")
        if tensor.is_conj() or tensor.is_neg():
            raise ValueError("a tensor that is seen otherwise than it is kept")
        storage = tensor.untyped_storage()
        key = (storage.device, storage.data_ptr(), storage.nbytes())
        if key not in self._storages:
            self._left -= storage.nbytes()
            if self._left < 0:
                raise ValueError("too large for a copy")
            self._storages[key] = storage.clone() if storage.device.type == "cpu" else storage.cpu()
        of_storage = self._storages[key], tensor.storage_offset(), tensor.size(), tensor.stride()
        copied = torch.empty(0, dtype=tensor.dtype).set_(*of_storage)
        if type(tensor) is Parameter:
            return Parameter(copied, tensor.requires_grad)
        return copied.requires_grad_(tensor.requires_grad)
