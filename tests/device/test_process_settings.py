import os
import platform
import resource

import pytest
import torch

from epochwise.device.process_settings import keep_freed_memory, look_for_no_gpu


def faults_of_steps():
    """Pages that the kernel gives while 64 MiB are asked for and freed five times, behind a first one."""
    for step in range(6):
        if step == 1:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        pieces = [b"1" * 2**22 for _ in range(16)]
        del pieces
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif("glibc" not in platform.libc_ver(), reason="another C library")
def test_what_a_step_has_freed_is_there_for_the_next(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("MALLOC_", "GLIBC_TUNABLES"))]:
        monkeypatch.delenv(name)
    if (child := os.fork()) == 0:
        os._exit(0 if keep_freed_memory() and faults_of_steps() < 1_000 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_the_environment_says_of_memory_holds(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1000000")
    assert not keep_freed_memory()


def test_no_step_looks_for_a_gpu_that_is_not_there(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PYTORCH_NVML_BASED_CUDA_CHECK", "1")  # as the import of Lightning does
    if torch.cuda.is_available():
        pytest.skip("there is one")
    look_for_no_gpu()
    opened = []
    monkeypatch.setattr("ctypes.CDLL.__init__", lambda self, name, *_, **__: opened.append(name))
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.ones(2)
    torch.optim.AdamW([weight]).step()
    assert opened == []
