"""What a run waits for before its first step."""

import gc
import subprocess
import sys

import pytest

from epochwise.command_line import front_door
from epochwise.command_line.front_door import import_command

FIRST_STEP = """
import os, sys
import lightning as L

class FirstStep(L.Callback):
    def on_train_batch_end(self, *arguments):
        print("loaded", *sys.modules, flush=True)
        os._exit(0)
"""
#: Each costs a tenth of a second or more, and a run of the defaults never uses it.
UNUSED = {
    *("timm", "peft", "optuna", "schedulefree", "segmentation_models_pytorch", "datasets", "mlxtend"),
    *("tensorboard.backend.event_processing.event_file_loader", "matplotlib.backends.backend_agg"),
    *("torch._inductor.compile_fx", "epochwise.commands.search"),
}


@pytest.mark.long
def test_a_run_loads_nothing_before_its_first_step_that_it_does_not_use(tmp_path, project):
    (tmp_path / "first_step.py").write_text(FIRST_STEP)
    words = [
        "+callbacks.first={_target_:first_step.FirstStep}",
        "trainer.max_epochs=1",
        f"hydra.run.dir={tmp_path}/run",
    ]
    code = f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r}); runpy.run_path('train.py', run_name='__main__')"
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.partition("loaded ")[2].split())
    assert "lightning" in loaded
    assert loaded & UNUSED == set()


@pytest.mark.long
def test_what_reads_tables_and_cuts_splits_is_loaded_by_the_data_that_needs_it():
    code = "import sys, epochwise.commands.train; print({'pandas', 'sklearn', 'timm'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("looks", [True, False])
def test_whether_python_looks_for_garbage_is_as_it_was_once_a_command_is_imported(monkeypatch, looks):
    seen, was = [], gc.isenabled()
    monkeypatch.setattr(front_door, "import_module", lambda name: seen.append((name, gc.isenabled())))
    monkeypatch.setattr(gc, "freeze", lambda: seen.append("frozen"))
    try:
        (gc.enable if looks else gc.disable)()
        import_command("of_no_such_name")
        assert gc.isenabled() == looks
    finally:
        (gc.enable if was else gc.disable)()
    assert seen == ([("epochwise.commands.of_no_such_name", False), "frozen"] if looks else [])
