import errno
import os
import shutil

import pytest

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.resume.claim import outside_fault
from epochwise.task.classification import Classification


def caused(error, cause):
    error.__context__ = cause
    return error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_found_below_what_it_led_to(tmp_path, number):
    error = caused(RuntimeError("unexpected pos 64 vs 0"), OSError(number, os.strerror(number)))
    line = outside_fault(error, tmp_path)
    assert line is not None
    assert line.startswith(f"run_folder: no space left for {tmp_path}; what was written before is whole")


def test_a_file_of_another_place_is_no_fault_of_the_run_folder(tmp_path):
    assert outside_fault(FileNotFoundError(errno.ENOENT, "No such file", "elsewhere/x.png"), tmp_path) is None
    assert outside_fault(RuntimeError("a bug"), tmp_path) is None


def test_a_package_that_a_library_misses_is_a_line_and_an_import_that_fails_a_traceback(tmp_path):
    asked = ModuleNotFoundError("cannot log as `psutil` is not\n installed")
    assert outside_fault(asked, tmp_path) == "a package is missing: cannot log as `psutil` is not installed"
    assert outside_fault(ModuleNotFoundError("No module named 'x'", name="x"), tmp_path) is None


def test_settings_that_lightning_refuses_when_it_starts_are_a_line(tmp_path, composed):
    target = "+callbacks.x._target_=lightning.pytorch.callbacks.DeviceStatsMonitor"
    quiet = ["~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test"]
    with pytest.raises(InputError, match=r"^trainer or callbacks: Cannot use `DeviceStatsMonitor` callback with"):
        train(composed(target, *quiet, run_folder=tmp_path))


def test_a_run_folder_that_vanishes_is_one_line(tmp_path, composed, monkeypatch):
    folder = tmp_path / "run"
    learn = Classification.training_step

    def vanish(self, *args):
        if self.global_step == 10:
            shutil.rmtree(folder)
        return learn(self, *args)

    monkeypatch.setattr(Classification, "training_step", vanish)
    quiet = ["~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test"]
    with pytest.raises(InputError, match=r"^run_folder: cannot write .*run.*: No such file or directory$"):
        train(composed("trainer.max_epochs=2", *quiet, run_folder=folder))


def test_an_account_that_wandb_lacks_is_one_line_with_the_way_around(tmp_path):
    refused = type("UsageError", (Exception,), {"__module__": "wandb.errors.errors"})("No API key configured.\nLog in.")
    line = outside_fault(refused, tmp_path)
    assert line == "loggers.wandb: No API key configured. Log in. Without an account: loggers.wandb.offline=true"


def test_a_file_for_a_folder_is_told_behind_a_link_too(tmp_path):
    (tmp_path / "run").mkdir()
    outside = tmp_path / "kept.txt"
    outside.touch()
    error = FileExistsError(errno.EEXIST, "File exists", str(outside))
    assert outside_fault(error, tmp_path / "run") is None
    (tmp_path / "run/checkpoints").symlink_to(outside)
    assert outside_fault(error, tmp_path / "run") == f"run_folder: cannot write {outside}: File exists"
