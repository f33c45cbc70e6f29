import shlex
import sys
from pathlib import Path

import pytest

from epochwise.command_line.arguments import crossval_words, report_words
from epochwise.command_line.command_line import CommandLine
from epochwise.command_line.composer import ENGINE_CONF, Composer
from epochwise.command_line.continued_run import continue_run
from epochwise.command_line.habits import flag_lines, habit_line, habits
from epochwise.command_line.override_text import parse_arguments
from epochwise.input_error import InputError

from tests.composer_of import composer_of

#: Keys that choose a file, or say what is done with the others.
ALONE = {path.name for path in ENGINE_CONF.iterdir() if path.is_dir()} | {
    "monitor",
    "mode",
    "find",
    "budget",
    "hydra.mode",
    "run",
}


def check(door, words):
    if lines := flag_lines(words, door):
        raise InputError(*lines)
    CommandLine(door, composer_of(door), parse_arguments(words)).check()


def said(door, *words):
    """The lines that a command line of the project gets."""
    try:
        check(door, list(words))
    except InputError as error:
        return list(error.lines)
    return []


def door_of(row):
    return row.section.removesuffix(".py") if row.section.endswith(".py") else "train"


def commands():
    """What the table says to type, once each: front door, words."""
    found = {}
    for row in habits():
        line = row.line(row.example, door_of(row))
        if row.here:
            words = shlex.split(line.removeprefix(f"{row.example}: here ").removesuffix(f", {row.note}"))
            door = door_of(row)
            if words[0] == "python":
                door, words = words[1].removesuffix(".py"), words[2:]
            found[door, *words] = None
    return list(found)


def together():
    """The same, with settings of other nodes, or of other keys, in one command line: composing is what takes time."""
    packed = []
    for door, *words in commands():
        keys = {word.lstrip("+~").partition("=")[0] for word in words}
        chooses = bool(keys & ALONE)
        owned = {key.partition(".")[0] for key in keys} if chooses else keys
        owned |= {"monitor"} if "task" in owned else set()  # whose scores it names
        owned |= {"data"} if "experiment" in owned else set()  # whose keys it sets
        alone = not words or words[0].startswith("-")
        fitting = (one for one in packed if not alone and one[:2] == (door, chooses) and not one[2] & owned)
        if one := next(fitting, None):
            one[2].update(owned)
            one[3].extend(words)
        else:
            packed.append((door, chooses, set(owned), list(words)))
    return [(door, *words) for door, _, _, words in packed]


@pytest.mark.parametrize("command", together(), ids=" ".join)
def test_what_the_table_says_can_be_typed(command):
    door, *words = command
    if door == "train":  # a folder that there is; it has its own tests
        words = [word for word in words if not word.startswith("run=")]
    if door == "evaluate" and not any(word.startswith("run=") for word in words):
        words = ["run=FOLDER", *words]
    words = {"report": report_words, "crossval": crossval_words}.get(door, list)(words)
    check(door, words)


def test_each_row_is_reached_by_what_it_says_is_typed():
    for row in habits():
        assert habit_line(row.example, door_of(row)) == row.line(row.example, door_of(row))


def test_no_word_stands_twice():
    typed = [(door_of(row), row.typed) for row in habits()]
    assert len(set(typed)) == len(typed)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["epochs=50"], "epochs=50: here trainer.max_epochs=50"),
        (["+Epochs=50"], "Epochs=50: here trainer.max_epochs=50"),
        (["++maxEpochs=50"], "maxEpochs=50: here trainer.max_epochs=50"),
        (["lr=1e-3"], "lr=1e-3: here optimizer.lr=1e-3"),
        (["batchsize=32"], "batchsize=32: here data.batch_size=32"),
        (["-m", "lr=0.1,0.01"], "lr=0.1,0.01: here optimizer.lr=0.1,0.01"),
        (["ckpt_path=logs/my run/a=b.ckpt"], "ckpt_path=logs/my run/a=b.ckpt: here 'run=logs/my run/a=b.ckpt'"),
        (["hidden_layer_sizes=(100,50)"], "hidden_layer_sizes=(100,50): here model.hidden_sizes=[100,50]"),
        (["callbacks=early_stopping"], "callbacks=early_stopping: here stopping=early"),
        (["+callbacks=early_stopping"], "callbacks=early_stopping: here stopping=early"),
        (["callbacks.early_stopping.patience=5"], "callbacks.early_stopping.patience=5: here stopping.patience=5"),
        (["trainer.gpus=1"], "trainer.gpus=1: here trainer=gpu"),
        (["trainer.compile=true"], "trainer.compile=true: here compile=true"),
        (["model.compile=true"], "model.compile=true: here compile=true"),
        (["+optimizer.learning_rate=0.1"], "optimizer.learning_rate=0.1: here optimizer.lr=0.1"),
        (["resume=a/last.ckpt"], "resume=a/last.ckpt: here run=a/last.ckpt"),
        (["tags=[a,b]"], "tags=[a,b]: nothing here: name=NAME names a run's folder, the overrides tell a sweep's jobs"),
        (["debug=fdr"], "debug=fdr: here experiment=fast_dev_run"),
        (["test=False"], "test=False: here trainer.limit_test_batches=0"),
        (["fit"], "fit: here python train.py"),
        (["precision=64-true"], "precision=64-true: here trainer.precision=64-true"),
        (["image_channels=3", "model=cnn"], "image_channels: unknown key"),
        (["best_checkpoint.save_top_k=2"], "best_checkpoint.save_top_k=2: here callbacks.best_checkpoint.save_top_k=2"),
        (["num_sanity_val_steps=0"], "num_sanity_val_steps=0: here trainer.num_sanity_val_steps=0"),
        (["epocs=5"], "epocs: unknown key; did you mean epochs=5: here trainer.max_epochs=5"),
        (["--epochs", "5"], "--epochs 5: here trainer.max_epochs=5"),
        (["--batch-size=32"], "--batch-size=32: here data.batch_size=32"),
        (["-b", "64"], "-b 64: here data.batch_size=64"),
        (["--resume", "a.ckpt"], "--resume a.ckpt: here run=a.ckpt"),
        (["--trainer.max_epochs", "5"], "--trainer.max_epochs 5: here trainer.max_epochs=5"),
        (["--dry-run"], "--dry-run: here dry_run=true"),
        (["--fp16"], "--fp16: here trainer.precision=16-mixed"),
        (["--config", "mine"], "--config mine: here experiment=mine, --help lists them all"),
    ],
)
def test_a_habit_is_answered_with_what_does_it_here(words, line):
    (found,) = said("train", *words)
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("door", "word", "line"),
    [
        ("crossval", "epochs=5", "epochs=5: here trainer.max_epochs=5"),
        ("crossval", "cv=5", "cv=5: here folds=5"),
        ("train", "cv=5", "cv=5: here python crossval.py folds=5"),
        ("search", "lr=interval(0.1,1)", "lr=interval(0.1,1): here 'optimizer.lr=interval(0.1,1)'"),
        ("search", "direction=maximize", "direction=maximize: here monitor=val/accuracy mode=max"),
        ("evaluate", "ckpt_path=a/best.ckpt", "ckpt_path=a/best.ckpt: here run=a/best.ckpt"),
        ("evaluate", "lr=0.1", "lr=0.1: here optimizer.lr=0.1 of train.py"),
        ("report", "patience=5", "patience=5: here replay.patience=5"),
        ("report", "epochs=20", "epochs=20: here more_epochs=20"),
    ],
)
def test_each_front_door_has_its_own_answer(door, word, line):
    assert said(door, *["run=F"] * (door == "evaluate" and "ckpt" not in word), word)[0] == line


@pytest.mark.parametrize(
    ("word", "close"),
    [
        ("sed=1", "'seed'"),
        ("modle=cnn", "'model'"),
        ("trainer.max_epoch=5", "'max_epochs'"),
        ("optimizer=SGD", "'sgd'"),
        ("model=reznet", "'resnet'"),
        ("stopping.patiense=3", "'patience'"),
    ],
)
def test_a_typo_still_gets_the_closest_name(word, close):
    (line,) = said("train", word)
    assert line.endswith(f"did you mean {close}?")


def test_a_run_that_goes_on_is_answered_too(trained):
    words = continue_run([f"run={trained}", "epochs=9"])
    arguments = parse_arguments(words)
    with pytest.raises(InputError, match=r"^epochs=9: here trainer\.max_epochs=9$"):
        CommandLine("train", Composer(str(trained), "config"), arguments).check()


def test_a_name_that_a_project_has_itself_is_no_habit(lines):
    """The small project beside this file is given such a callback; elsewhere it is a setting of stopping."""
    own = "+callbacks.early_stopping={_target_: little.Keeper, monitor: train/loss}"
    (line,) = lines(own, "callbacks.early_stopping.mode=max")
    assert line.startswith("callbacks.early_stopping.mode: not set in the file, but little.Keeper takes it")
    own = own.replace("}", ", mode: max}")
    assert lines(own, "callbacks.early_stopping.mode=min") == []


def test_the_table_is_read_without_torch():
    names = sorted(name for name in sys.modules if name == "epochwise.command_line.habits")
    assert names  # and it imports the standard library alone:
    source = Path(sys.modules["epochwise.command_line.habits"].__file__).read_text()
    assert {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))} <= {
        "re",
        "dataclasses",
        "difflib",
        "functools",
        "pathlib",
        "epochwise",
        "hydra",  # its parser of flags
        "shlex",
    }


def test_a_command_is_not_sent_to_itself_for_a_value_that_it_refuses():
    assert habit_line("folds=1", "crossval") is None
    assert habit_line("folds=5", "train") == "folds=5: here python crossval.py folds=5"
    assert said("crossval", "folds=1") == ["folds: got 1 (int), allowed: an int of at least 2"]


@pytest.mark.parametrize(
    ("front_door", "word", "line"),
    [
        ("train", "compile=reduce_overhead", "compile: got 'reduce_overhead' (str), allowed: bool, 'default'"),
        ("train", "resume=last", "resume: got 'last' (str), allowed: 'auto', bool or null"),
        ("epochs", "max_steps=many", "max_steps: got 'many' (str), allowed: an int of at least 1 or null"),
        ("epochs", "max_time=long", "max_time: got 'long' (str), allowed: a time with its unit"),
        ("search", "n_jobs=x", "n_jobs: got 'x' (str), allowed: an int of at least 1"),
        ("report", "steps_per_epoch=x", "steps_per_epoch: got 'x' (str), allowed: a number above 0"),
    ],
)
def test_a_key_that_the_command_has_itself_is_held_to_what_it_allows(front_door, word, line):
    (found,) = said(front_door, word)
    assert found.startswith(line)
