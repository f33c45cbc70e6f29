import pytest

from epochwise.command_line.override_text import overrides_first, parse_arguments
from epochwise.input_error import InputError

MODELS = "cnn, deep, lstm, mlp, net, resnet, small_resnet, timm, torchvision, transformer, transformers, unet"


def test_flags_and_overrides_are_told_apart():
    arguments = parse_arguments(["--cfg", "job", "seed=1", "model=cnn"])
    assert (arguments.cfg, arguments.overrides) == ("job", ["seed=1", "model=cnn"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--epochs", "5"], "unrecognized arguments: --epochs"),
        (["--cfg"], "argument --cfg/-c: expected one argument"),
        (["--cfg", "x"], "argument --cfg/-c: invalid choice: 'x'"),
    ],
)
def test_a_flag_that_cannot_be_read_is_one_line_without_the_usage(capsys, words, said):
    with pytest.raises(InputError) as caught:
        parse_arguments(words)
    (line,) = caught.value.lines
    assert line.startswith(said) and line.endswith("; settings are written KEY=VALUE, --hydra-help lists all flags")
    assert capsys.readouterr().err == ""


def test_unknown_flags_can_be_left_out():
    assert parse_arguments(["--epochs=5", "seed=1"], strict=False).overrides == ["seed=1"]


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("model=mlp -m seed=0,1", "model=mlp seed=0,1 -m"),
        ("seed=1 --cfg job seed=2 -cd more seed=3", "seed=1 seed=2 seed=3 --cfg job -cd more"),
        ("seed=1 --info searchpath seed=2", "seed=1 seed=2 --info searchpath"),
        ("seed=1 --cfg=job seed=2", "seed=1 seed=2 --cfg=job"),
        ("-m seed=0,1 model=mlp", None),
        ("seed=1 model=mlp --cfg job", None),
        ("seed=1 --cfg", None),
        ("--cfg job -m", None),
        ("", None),
    ],
)
def test_overrides_on_both_sides_of_a_flag_are_read(words, read):
    assert overrides_first(words.split()) == (words if read is None else read).split()


def test_a_command_line_may_have_its_flags_anywhere(typed):
    assert "\nseed: 7\n" in typed("train.py", "model=mlp", "--cfg", "job", "seed=7")[1]


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["--help"], "A small front door."),
        (["--help"], "model       deep, [net], timm | cnn, lstm, mlp, resnet,"),
        (["--help", "trainer.max_epochs=77"], "trainer.max_epochs=77"),
        (["--hydra-help"], "Hydra"),
        (["--cfg", "job"], "max_epochs: 10"),
        (["--cfg", "job", "--package", "trainer"], "max_epochs: 10"),
        (["--cfg", "hydra"], "launcher"),
        (["--info", "defaults"], "callbacks/best"),
        (["--version"], "Hydra"),
    ],
)
def test_flags_of_hydra_keep_working(run, arguments, printed):
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert printed in out


@pytest.mark.parametrize("arguments", [["--resolve"], ["--package", "trainer"]])
def test_flags_that_say_how_a_config_is_printed_are_refused_where_none_is(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"{arguments[0]}: got ")
    assert err.count("\n") == 1


def test_shell_completion_keeps_working(run):
    code, out, _ = run("-sc", "query=bash", COMP_LINE="python train.py model=", COMP_POINT="22")
    assert code == 0
    assert "model=deep" in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--cfg", "job", "+seeed=3"], "seeed: unknown key; did you mean 'seed'?"),
        (["--cfg", "job", "-m"], "--multirun --cfg: allowed: one of them"),
        (["--experimental-rerun", "x"], "--experimental-rerun: not here; go on with a run by run=FOLDER"),
        (["--epochs", "5"], "--epochs 5: here trainer.max_epochs=5"),
        (
            ["--eposch", "5"],
            "unrecognized arguments: --eposch; settings are written KEY=VALUE, --hydra-help lists all flags",
        ),
        (
            ["name=" + "9" * 5000],
            f"name={'9' * 5000}: cannot be read, allowed: key=value, +key=value, ++key=value, ~key",
        ),
        (["seed=a\nb"], "seed=a\\nb: cannot be read, quote its value twice: \"seed='a\\nb'\""),
        (["--config-dir", "nowhere"], "--config-dir: no folder nowhere"),
        (["--config-path", "/nowhere"], "--config-path: no folder /nowhere"),
        (
            ["--config-name", "trian"],
            "trian: Cannot find primary config 'trian'. Check that it's in your config search path.",
        ),
        (
            ["--help", "model=dep"],
            f"model: no option 'dep'; allowed: {MODELS}; did you mean 'deep'?",
        ),
    ],
)
def test_flags_of_hydra_with_faults_get_lines(run, arguments, line):
    code, _, err = run(*arguments)
    assert (code, err) == (2, line + "\n")


def test_a_folder_of_ones_own_goes_before_the_project(run, tmp_path):
    (tmp_path / "mine" / "model").mkdir(parents=True)
    (tmp_path / "mine" / "model" / "wide.yaml").write_text(
        "_target_: little.Net\nnum_outputs: 3\nhidden_sizes: [512]\n"
    )
    assert run("--config-dir", "mine", "model=wide", "hydra.run.dir=here")[0] == 0
    assert f"allowed: {MODELS}, wide" in run("--config-dir", "mine", "model=wied")[2]
