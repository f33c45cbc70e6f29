import re
import shlex
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from epochwise.command_line.composer import Composer
from epochwise.command_line.continued_run import continue_run
from epochwise.config.schema import TRAIN
from epochwise.input_error import InputError
from epochwise.trust.run_config import run_words


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "2026 it's"
    folder.mkdir()
    write_config(folder, "seed: 0\n")
    return folder


def write_config(folder, text):
    """Write the config of a run that has all it needs, with some of its keys as given."""
    rest = sorted(key for key in TRAIN.one if not re.search(rf"^{key}:", text, re.MULTILINE))
    nodes = "".join(f"{key}: {{_target_: torch.nn.Identity}}\n" for key in rest)
    (folder / "config.yaml").write_text(text + nodes)


def line_of(*words):
    with pytest.raises(InputError) as caught:
        continue_run(list(words))
    (line,) = caught.value.lines
    return line


def test_words_without_a_run_stay_as_they_are():
    assert continue_run(["seed=1", "-m"]) == ["seed=1", "-m"]


def test_a_run_is_continued_in_its_own_folder_with_its_own_config(run):
    words = continue_run([f"run={run}", "trainer.max_epochs=9", "--cfg=job"])
    assert words[:4] == [f"--config-path={run}", "--config-name=config", "--cfg=job", "trainer.max_epochs=9"]
    read = {one.key_or_group: one.value() for one in OverridesParser.create().parse_overrides(words[4:])}
    assert read["run_folder"] == read["hydra.run.dir"] == str(run)
    assert read["resume"] == "auto"


TRIAL = (
    "callbacks: {pruning: {_target_: epochwise.callbacks.pruning.Pruning, storage: 'sqlite:////elsewhere/study.db'}}"
)


def test_a_trial_goes_on_without_its_search_and_needs_no_word_for_it(run):
    assert "callbacks.pruning.storage=null" not in continue_run([f"run={run}"])
    write_config(run, f"{TRIAL}\n")
    assert "callbacks.pruning.storage=null" in continue_run([f"run={run}"])
    assert run_words(run) == f"run={shlex.quote(str(run))}"
    write_config(run, TRIAL.replace("pruning:", "other:") + "\n")
    assert "callbacks.other.storage: 'sqlite:////elsewhere/study.db' leaves the run folder" in line_of(f"run={run}")


def test_a_folder_that_is_not_there_is_named_with_the_closest(run, tmp_path):
    assert line_of(f"run={tmp_path}/2026 it") == f'run: no folder {tmp_path}/2026 it; did you mean "2026 it\'s"?'


@pytest.mark.parametrize("word", ["model=cnn", "+model=cnn", "~model", "experiment=finetune"])
def test_a_run_keeps_its_own_choices_of_files(run, word):
    assert "a run that is continued keeps its" in line_of(f"run={run}", word)


@pytest.mark.parametrize("word", ["-m", "--multirun"])
def test_a_run_is_no_sweep(run, word):
    assert line_of(f"run={run}", word) == f"{word}: one run is continued at a time"


def test_a_strangers_config_is_refused_before_anything_else(run):
    write_config(run, "model: {_target_: os.system, command: touch hacked}\n")
    assert "'os.system' is not among what a run's config may name" in line_of(f"run={run}", "model=cnn")


CONF = Path(__file__).parents[2] / "conf"


def config_of(run, *words):
    """The config that Hydra makes of a command line, resolved."""
    turned = continue_run([f"run={run}", *words], CONF)
    overrides = [word for word in turned if not word.startswith(("--", "hydra"))]
    config = Composer(str(run), "config").compose([])
    composer = Composer(str(run), "config")
    for word in overrides:
        composer.apply(config, composer.parse(word))
    return config


def test_a_rate_that_the_schedule_had_from_the_optimizer_follows_it(run):
    text = "optimizer: {_target_: torch.optim.SGD, lr: 0.1}\nscheduler: {_target_: torch.optim.X, max_lr: %s}\n"
    for peak, expected in ((0.1, 0.5), (0.2, 0.2)):
        write_config(run, (text % peak).replace("torch.optim.X", "torch.optim.lr_scheduler.OneCycleLR"))
        assert config_of(run, "optimizer.lr=0.5").scheduler.max_lr == expected
    assert config_of(run, "optimizer.lr=0.5", "scheduler.max_lr=0.7").scheduler.max_lr == 0.7


def test_the_stopping_is_another_files_and_a_callback_is_added(run):
    early = "{_target_: epochwise.stopping.early.Early, monitor: m, mode: min, patience: 2}"
    write_config(run, f"stopping: {early}\nmonitor: m\nmode: min\ncallbacks: {{}}\n")
    config = config_of(run, "stopping=none", "+callbacks=ema")
    assert config.stopping == {"_target_": "lightning.pytorch.Callback"}
    assert config.callbacks.ema.decay == 0.99
    assert config_of(run, "stopping.patience=5", "stopping=early").stopping.patience == 5


def test_a_run_goes_on_elsewhere_by_the_trainers_file_and_keeps_the_rest(run):
    trainer = "{_target_: lightning.pytorch.Trainer, accelerator: cpu, devices: 1, strategy: auto, max_epochs: 7}"
    write_config(run, f"trainer: {trainer}\n")
    config = config_of(run, "trainer=fsdp", "trainer.devices=2", "trainer.strategy.sharded_checkpoints=true").trainer
    assert (config.accelerator, config.devices, config.max_epochs) == ("auto", 2, 7)
    assert config.strategy._target_ == "epochwise.device.sharded_strategy.ShardedStrategy"
    assert config.strategy.sharded_checkpoints is True
    write_config(run, f"trainer: {trainer.replace('auto', str(dict(config.strategy)).replace('True', 'true'))}\n")
    assert config_of(run, "trainer=ddp").trainer.strategy == "ddp"
    assert config_of(run, "trainer=gpu").trainer.precision == "bf16-mixed"


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("trainer=fsdp2", "trainer: no option 'fsdp2'; allowed: cpu, ddp, fsdp, gpu; did you mean 'fsdp'?"),
        ("+trainer=ddp", "a run that is continued keeps its trainer; set values by trainer.KEY=VALUE"),
        ("stopping=erly", "stopping: no option 'erly'; allowed: adaptive, early, none, target; did you mean 'early'?"),
        ("model.pretrained=x", "a run that is continued has the weights of its checkpoint"),
        ("resume=null", "run=FOLDER says it already"),
        ("hydra.run.dir=x", "run=FOLDER says it already"),
        ("model=cnn", "a new run can begin with its weights: model.pretrained="),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(run, word, line):
    with pytest.raises(InputError) as caught:
        continue_run([f"run={run}", word], CONF)
    assert line in caught.value.lines[0]


OWN = "model: {_target_: my_package.net.Net}\n"


@pytest.mark.parametrize(
    "words", [["trust=my_package.net.Net"], ["trust=[a.B,my_package.net.Net]"], ["model._target_=my_package.net.Net"]]
)
def test_a_class_of_ones_own_is_trusted_where_the_command_line_names_it(run, words):
    write_config(run, OWN)
    assert "'my_package.net.Net' is not among" in line_of(f"run={run}")
    assert "trust=my_package.net.Net" in line_of(f"run={run}")
    assert continue_run([f"run={run}", *words], CONF)


def test_a_class_is_trusted_where_the_folder_of_configs_names_it(run, tmp_path):
    write_config(run, OWN)
    (tmp_path / "mine/model").mkdir(parents=True)
    (tmp_path / "mine/model/net.yaml").write_text("_target_: my_package.net.Net\n")
    assert continue_run([f"run={run}", f"--config-dir={tmp_path}/mine"], CONF)
    assert continue_run([f"run={run}"], tmp_path / "mine")


def test_what_the_command_line_names_vouches_for_nothing_else(run):
    write_config(run, "model: {_target_: os.system, command: x}\ndata: {_target_: my.Data}\n")
    with pytest.raises(InputError) as caught:
        continue_run([f"run={run}", "trust=my.Data", "model.command=y", "+data.os.system=1"], CONF)
    assert "'os.system' is not among" in caught.value.lines[0]


def test_a_place_outside_the_folder_is_taken_where_the_command_line_gives_it_again(run):
    write_config(run, "callbacks: {x: {_target_: torch.nn.Identity, dirpath: /elsewhere}}\n")
    assert "callbacks.x.dirpath: '/elsewhere' leaves the run folder" in line_of(f"run={run}")
    assert continue_run([f"run={run}", "callbacks.x.dirpath=/elsewhere"], CONF)


@pytest.mark.parametrize("inside", ["", "/", "/checkpoints", "/checkpoints/", "/checkpoints/last.ckpt", "/config.yaml"])
def test_what_lies_in_a_run_folder_names_it_too(run, inside):
    (run / "checkpoints").mkdir()
    (run / "checkpoints/last.ckpt").touch()
    assert continue_run([f"run={run}{inside}"])[0] == f"--config-path={run}"


def test_a_run_does_not_go_on_from_its_best_checkpoint(run):
    (run / "checkpoints").mkdir()
    (run / "checkpoints/best.ckpt").touch()
    said = "run: a run goes on from its last.ckpt, not from best.ckpt: run="
    assert line_of(f"run={run}/checkpoints/best.ckpt").startswith(said)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x02\xff\x00",
        b"seed: 0\nmodel: {_tar",
        b"just text",
        b"seed: 0\nmodel:\n",
        b"seed: 0\nmodel: {_target_: torch.nn.Identity}\n",  # cut between two nodes
    ],
)
def test_a_half_written_config_is_called_so(run, content):
    (run / "config.yaml").write_bytes(content)
    assert "is damaged or cut short" in line_of(f"run={run}")
