import os

import pytest

from epochwise.input_error import InputError
from epochwise.trust.run_config import MOST_BYTES, read_trusted_config

GOOD = """
name: digits-mlp
seed: 0
monitor: val/loss
model: {_target_: epochwise.model.mlp.MLP, input_shape: [1, 8, 8], num_outputs: 10, hidden_sizes: [8]}
data: {_target_: epochwise.data.table.Table, path: /elsewhere/rows.csv}
callbacks:
  best: {_target_: lightning.pytorch.callbacks.ModelCheckpoint, dirpath: "${run_folder}/checkpoints", filename: best}
loggers:
  tracking: {_target_: lightning.pytorch.loggers.MLFlowLogger, tracking_uri: sqlite:///mlflow.db}
"""


def lines(folder, text):
    (folder / "config.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_trusted_config(folder)
    return list(caught.value.lines)


def test_what_a_run_writes_is_read_as_plain_values(tmp_path):
    (tmp_path / "config.yaml").write_text(GOOD)
    plain = read_trusted_config(tmp_path)
    assert plain["model"]["hidden_sizes"] == [8]
    assert plain["callbacks"]["best"]["dirpath"] == "${run_folder}/checkpoints"


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("x: {_target_: os.system, command: touch hacked}", "x._target_: 'os.system' is not among what a run's config"),
        ("x: {y: [{_target_: builtins.eval}]}", "x.y.0._target_: 'builtins.eval' is not among"),
        ("x: {_target_: [os.system]}", "x._target_: got ['os.system'], allowed: the dotted path"),
        ("x: {_target_: null}", "x._target_: got None"),
        ("hydra: {run: {dir: /elsewhere}}", "hydra: not for a run's config to set"),
        ("defaults: [x]", "defaults: not for a run's config to set"),
        ("run_folder: /elsewhere", "run_folder: not for a run's config to set"),
        ("trust: [os]", "trust: not for a run's config to set"),
        ("# @package _global_", "# @...: not for a run's config to say"),
        ("x: ${oc.env:HOME}", "x: '${oc.env:HOME}' refers to something"),
        ("x: ${run_folder}/${seed}", "x: '${run_folder}/${seed}' refers to something"),
        ("x: ???", "x: '???' refers to something"),
        ("x: 2024-01-01", "x: got datetime.date(2024, 1, 1); a run's config has plain values"),
        ("x: {1: a}", "x.1: no name of a setting"),
        ("x: ${run_folder}/../outside", "x: '${run_folder}/../outside' leaves the run folder"),
        ("trainer: {default_root_dir: /outside}", "trainer.default_root_dir: '/outside' leaves the run folder"),
        ("trainer: {default_root_dir: outside}", "trainer.default_root_dir: 'outside' leaves the run folder"),
        ("stopping: {filename: ../outside}", "stopping.filename: '../outside' leaves the run folder"),
        ("x: {_target_: lightning.pytorch.loggers.CSVLogger, name: ~/outside}", "x.name: '~/outside' leaves"),
        ("trainer: {profiler: {dirpath: 's3://bucket'}}", "trainer.profiler.dirpath: 's3://bucket' leaves"),
    ],
)
def test_what_no_run_writes_is_refused_by_its_key(tmp_path, more, line):
    (said,) = lines(tmp_path, GOOD + more)
    assert said.startswith(f"{tmp_path / 'config.yaml'}: {line}")


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "[1]", "a: [1", "a: *b", "a: &a [*a]", "a: !!python/object/apply:os.system ['touch hacked']",
        "a: !!int x", b"\xff", b"a: \0",
        "a:\n" + "".join(f"{' ' * depth}- \n" for depth in range(30)), "x: " + "[" * 900, "a: b: c",
        "x" * (MOST_BYTES + 1),
    ],
)  # fmt: skip
def test_a_file_that_is_no_config_is_one_line(tmp_path, text, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = lines(tmp_path, text)
    assert said and all(line.startswith((f"run: {tmp_path}", f"{tmp_path}")) for line in said)
    assert os.listdir(tmp_path) == ["config.yaml"]


def test_references_that_unfold_without_end_are_refused_at_once(tmp_path):
    levels = "".join(f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    (said,) = lines(tmp_path, "l0: &l0 x\n" + levels)
    assert said.endswith("cannot be read: it has references (&, *)")


def test_a_config_deeper_than_any_is_refused(tmp_path):
    (said,) = lines(tmp_path, "x: " + "{a: " * 40 + "1" + "}" * 40)
    assert said.endswith("deeper than a run's config")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: os.symlink("nowhere", path)])
def test_a_config_that_is_no_file_is_missing(tmp_path, make):
    make(tmp_path / "config.yaml")
    with pytest.raises(InputError, match=r"config.yaml is missing; allowed: the folder of a run"):
        read_trusted_config(tmp_path)


@pytest.mark.parametrize("name", ["checkpoints", "predictions", "tensorboard", ".lock"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    run = tmp_path / "run"
    run.mkdir()
    (run / name).symlink_to(tmp_path / "outside")
    (said,) = lines(run, GOOD)
    assert said.endswith(f"{name}: leads out of the run folder")
