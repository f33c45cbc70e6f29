from pathlib import Path

import pytest

from epochwise.command_line.command_line import CommandLine
from epochwise.command_line.composer import Composer
from epochwise.command_line.override_text import parse_arguments
from epochwise.input_error import InputError

TABLE = [
    line.rstrip("\n")
    for line in (Path(__file__).parent / "faults.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("argument", "line"), list(zip(TABLE[::2], TABLE[1::2], strict=True)))
def test_a_fault_is_one_line(lines, argument, line):
    assert lines(argument) == [line.strip()]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["model=deep", "trainer.max_epochs=50"],
        ["model=timm", "+model.drop_path_rate=0.1"],
        ["optimizer=adamw", "+optimizer.amsgrad=true"],
        ["stopping=early", "monitor=val/accuracy", "mode=max"],
        ["+callbacks=keeper", "callbacks.keeper.mode=min"],
        ["+loggers=[tensorboard]", "~loggers.csv"],
        ["experiment=quick"],
        ["experiment=[quick,kept]", "model.hidden_sizes=[8]"],
        ["data=pictures", "data.root=pictures"],
        ["data=pictures", "data.root='2024'"],
        ["data=pictures", "data.root=${oc.env:A_FOLDER}"],
        ["~data.batch_size"],
        ["name='7'", "hydra.run.dir=elsewhere", "hydra/launcher=basic"],
        ["-m", "model=net,deep", "optimizer.lr=0.1,0.01", "seed=range(1,4)"],
        ["-m", "model=glob(*)", "seed=interval(0,9)"],
        ["hydra.mode=MULTIRUN", "seed=choice(1,2)"],
    ],
)
def test_a_good_command_line_gets_no_line(lines, arguments):
    assert lines(*arguments) == []


def test_all_faults_are_said_at_once(lines):
    arguments = [
        "model=dep",
        "trainer.max_epoch=5",
        "+nonsense=1",
        "~callbacks.bets",
        "seed=-1",
        "foo",
        "monitor=val/los",
    ]
    assert len(lines(*arguments)) == len(arguments)
    named = {line.split(":")[0] for line in lines(*arguments)}
    assert named == {"model", "trainer.max_epoch", "nonsense", "callbacks.bets", "seed", "foo", "monitor"}


def test_each_value_of_a_sweep_is_checked(lines):
    assert lines("-m", "model=net,dep", "optimizer.lr=0.1,abc,-1", "seed=range(-1,2)") == [
        "seed: got -1 (int), allowed: an int of at least 0 and at most 4294967295",
        "model: no option 'dep'; allowed: deep, net, timm; did you mean 'deep'?",
        "optimizer.lr: got 'abc' (str), allowed: float",
        "optimizer.lr: got -1 (int), allowed: a number above 0",
    ]


def test_keys_of_a_file_that_is_not_there_are_no_faults_of_their_own(lines):
    assert lines("model=dep", "model.brought_by_it=3", "optimizer.lr=-1") == [
        "model: no option 'dep'; allowed: deep, net, timm; did you mean 'deep'?",
        "optimizer.lr: got -1 (int), allowed: a number above 0",
    ]


def test_a_sweep_without_values_is_a_fault(lines):
    assert lines("-m", "seed=range(3,1)") == ["seed: got 'range(3,1)', a sweep without values"]
    assert lines("-m", "seed=range(1,3,0)") == ["seed: got 'range(1,3,0)': range() arg 3 must not be zero"]


def test_a_value_written_once_and_used_twice_is_one_fault(lines):
    assert len(lines("trainer.max_epochs=x", "scheduler=step")) == 1


def test_two_files_added_to_a_group_one_by_one_are_named_together(lines):
    assert lines("+loggers=csv", "+loggers=tensorboard") == [
        "loggers: added twice; add both with +loggers=[csv,tensorboard]"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("seed: 1\n", "settings of no group; its first line must be: # @package _global_"),
        (
            "# @package _global_\ndefaults: [{override /modle: net}]\n",
            (
                "override /modle: no such group, allowed: trainer, stopping, scheduler, optimizer, task, model, data, "
                "experiment; did you mean 'model'?"
            ),
        ),
        (
            "# @package _global_\ndefaults: [{override /model: nett}]\n",
            "override /model: no option 'nett', allowed: deep, net, timm; did you mean 'net'?",
        ),
    ],
)
def test_an_experiment_that_is_written_wrong_is_named(project_conf, tmp_path, text, line):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(text)
    composer = Composer(project_conf, "train", str(tmp_path))
    with pytest.raises(InputError) as raised:
        CommandLine("train", composer, parse_arguments(["experiment=[quick,mine]"])).check()
    assert raised.value.lines == (f"experiment/mine.yaml: {line}",)


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        ("data.batch_size=7", "data.batch_size: no data is chosen, choose a file first: data=..."),
        ("model=deep", "model: evaluate has no such choice; a run keeps its own"),
        ("+model=deep", "model: evaluate has no such choice; a run keeps its own"),
        ("model.dropout=0.2", "model: evaluate has no such choice; a run keeps its own"),
        ("experiment=quick", "experiment: evaluate has no such choice; a run keeps its own"),
        ("splt=val", "splt: unknown key, allowed: run, ckpt, split, predict, seed, data; did you mean 'split'?"),
    ],
)
def test_evaluating_chooses_nothing_but_other_data(project_conf, argument, line):
    arguments = parse_arguments(["run=here", argument])
    with pytest.raises(InputError) as raised:
        CommandLine("evaluate", Composer(project_conf, "evaluate"), arguments).check()
    assert raised.value.lines == (line,)


def test_the_run_folder_is_given_where_the_config_has_none(tmp_path, project_conf):
    """As for a run that is continued."""
    lines = (Path(project_conf) / "train.yaml").read_text().splitlines()
    (tmp_path / "kept.yaml").write_text("\n".join(line for line in lines if "run_folder" not in line))
    composer = Composer(project_conf, "kept", str(tmp_path))
    CommandLine("train", composer, parse_arguments(["+run_folder='here'"])).check()


def test_a_file_that_is_no_yaml_is_named_with_its_line(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "train.yaml").write_text("defaults: [{model: net}, _self_]\nseed: 0\n")
    (tmp_path / "model" / "net.yaml").write_text("_target_: little.Net\nhidden_sizes: [64\ndropout: 0.1\n")
    (tmp_path / "model" / "twice.yaml").write_text("a: 1\na: 2\n")
    command_line = CommandLine("train", Composer(str(tmp_path), "train"), parse_arguments([]))
    with pytest.raises(InputError) as raised:
        command_line.check()
    assert raised.value.lines == (
        f"{tmp_path}/model/net.yaml, line 3: no valid YAML: expected ',' or ']', but got ':'",
        f"{tmp_path}/model/twice.yaml, line 2: no valid YAML: found duplicate key a",
    )


def test_printing_a_config_does_not_ask_for_its_missing_values(lines):
    assert lines("data=pictures", "--cfg", "job") == []
    assert lines("data=pictures", "model.dropout=2", "--cfg", "job") != []
