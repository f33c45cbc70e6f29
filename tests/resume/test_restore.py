import os
import shutil

import pytest
import torch
import yaml
from timm import create_model

from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.resume.restore import restore
from epochwise.trust.names import Trust


@pytest.fixture
def run(trained, tmp_path):
    """A copy of a run's folder, to be damaged."""
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"


def change_config(run, **changes):
    path = run / "config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes, sort_keys=False))


def change_checkpoint(run, change):
    path = run / "checkpoints/best.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    change(checkpoint)
    torch.save(checkpoint, path)


def line_of(run, ckpt="best"):
    with pytest.raises(InputError) as caught:
        restore(run, ckpt)
    (line,) = caught.value.lines
    assert "\n" not in line
    return line


def test_weights_and_what_the_data_learned_come_from_the_checkpoint(trained):
    restored = restore(trained, "last")
    checkpoint = torch.load(trained / "checkpoints/last.ckpt", weights_only=True)
    state = restored.task.state_dict()
    assert all(torch.equal(state[name], weight) for name, weight in checkpoint["state_dict"].items())
    assert restored.epoch == checkpoint["epoch"] == 2
    assert restored.data_state["spec"]["num_outputs"] == 10
    assert restored.config.run_folder == str(trained)


@pytest.mark.parametrize("content", [b"hello", b"", b"PK\x03\x04", b"\x80\x02", 0.5, 0.99])
def test_a_damaged_checkpoint_is_one_line(run, content):
    path = run / "checkpoints/best.ckpt"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(content * len(whole))] if isinstance(content, float) else content)
    assert line_of(run).startswith(f"ckpt: {path} cannot be read: damaged, cut short, or ")


def test_a_file_that_is_no_checkpoint_of_a_run_is_one_line(run):
    torch.save(torch.zeros(3), run / "checkpoints/best.ckpt")
    assert "best.ckpt is not a run's" in line_of(run)


def test_a_checkpoint_of_another_network_is_one_line(run):
    change_checkpoint(run, lambda it: it["state_dict"].update({"network.head.weight": torch.zeros(3, 256)}))
    said = line_of(run)
    assert "best.ckpt is not of epochwise.model.mlp.MLP: size mismatch for network.head.weight" in said


@pytest.mark.parametrize("change", [lambda it: it.pop("Digits"), lambda it: it["Digits"].clear()])
def test_a_checkpoint_without_what_the_data_learned_is_one_line(run, change):
    change_checkpoint(run, change)
    assert "best.ckpt does not hold what epochwise.data.digits.Digits learned" in line_of(run)


def test_a_config_cut_short_is_one_line_wherever_it_is_cut(run):
    path = run / "config.yaml"
    whole = path.read_text()
    for length in range(0, whole.index("\nscheduler:"), 37):
        path.write_text(whole[:length])
        assert "config.yaml" in line_of(run)
    path.write_text(whole[: whole.index("\noptimizer:")])
    assert line_of(run).endswith("config.yaml names no class for 'optimizer': it is damaged or cut short")


def test_a_strangers_config_cannot_name_what_runs_commands(run, tmp_path):
    change_config(run, model={"_target_": "os.system", "command": f"touch {tmp_path}/hacked"})
    assert "config.yaml: model._target_: 'os.system'" in line_of(run)
    assert not (tmp_path / "hacked").exists()


def test_a_folder_of_runs_is_answered_with_the_newest_in_it(trained, tmp_path):
    for name, age in (("b", 10), ("c", 0), ("a", 20)):
        shutil.copytree(trained, tmp_path / "digits" / name)
        changed = (trained / "config.yaml").stat().st_mtime - age
        os.utime(tmp_path / "digits" / name / "config.yaml", (changed, changed))
    (tmp_path / "digits/failed").mkdir()
    shutil.copy(trained / "config.yaml", tmp_path / "digits/failed")
    for folder in (tmp_path / "digits", tmp_path):
        assert line_of(folder) == f"run: {folder}/config.yaml is missing; the newest run in it is {tmp_path}/digits/c"


def test_a_folder_without_runs_is_one_line(trained):
    assert line_of(trained / "checkpoints").endswith("config.yaml is missing; allowed: the folder of a run")


def test_a_checkpoint_that_is_not_there_is_one_line(run):
    (run / "checkpoints/last.ckpt").unlink()
    assert line_of(run, "last").startswith(f"run: {run}/checkpoints/last.ckpt is missing; allowed: the folder")


def test_a_run_of_another_machine_is_scored_here_without_the_weights_it_began_with(tmp_path, composed):
    weights = tmp_path / "weights.pth"
    torch.save(create_model("resnet10t").state_dict(), weights)
    (tmp_path / "run").mkdir()
    timm = ["model=timm", "model.model_name=resnet10t", "model.pretrained=true"]
    timm += [f"model.pretrained_cfg_overlay.file={weights}", "trainer.max_epochs=1", "+trainer.limit_train_batches=1"]
    quiet = ["~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test"]
    train(composed(*timm, *quiet, run_folder=tmp_path / "run"))
    weights.unlink()
    path = tmp_path / "run/config.yaml"
    text = path.read_text()
    path.write_text(text.replace("accelerator: cpu", "accelerator: cuda"))
    assert path.read_text() != text
    scores = evaluate(composed(f"run={tmp_path}/run", root="evaluate"))
    assert scores.keys() == {"loss", "accuracy", "f1"}


def test_a_class_of_ones_own_is_restored_where_it_is_named_beside(trained, tmp_path, monkeypatch):
    code = "from epochwise.model.mlp import MLP\n\n\nclass Net(MLP):\n    pass\n"
    (tmp_path / "own_network.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(config.replace("epochwise.model.mlp.MLP", "own_network.Net"))
    with pytest.raises(InputError, match=r"'own_network.Net' is not among .* add trust=own_network.Net, or to"):
        restore(run, "best")
    assert type(restore(run, "best", Trust(listed={"own_network.Net": frozenset()})).task.network).__name__ == "Net"
