import optuna
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from epochwise.input_error import InputError
from epochwise.sweep.space import Space, check_space, distribution

from tests.composer_of import composer_of

MODELS = {"mlp": {"dropout": 0.1, "hidden_size": 8}, "resnet": {"depth": 18}}


def compose(files):
    (chosen,) = (text.partition("=")[2] for text in files) if files else ("mlp",)
    return OmegaConf.create({"model": MODELS[chosen], "optimizer": {"lr": 0.1}})


def space(**written):
    named = {key.replace("__", "."): text for key, text in written.items()}
    return Space(named, compose, lambda group: sorted(MODELS) if group == "model" else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("interval(0.0,0.6)", FloatDistribution(0.0, 0.6)),
        ("interval(1e-4,1)", FloatDistribution(1e-4, 1.0)),
        ("tag(log,interval(1e-4,1e-1))", FloatDistribution(1e-4, 1e-1, log=True)),
        ("interval(1,8)", FloatDistribution(1.0, 8.0)),
        ("int(interval(1,8))", IntDistribution(1, 8)),
        ("tag(log,int(interval(1,8)))", IntDistribution(1, 8, log=True)),
        ("range(2,9,2)", IntDistribution(2, 8, step=2)),
        ("range(8,1,-2)", IntDistribution(2, 8, step=2)),
        ("range(0.0,1.0,0.25)", FloatDistribution(0.0, 0.75, step=0.25)),  # Hydra's leaves out the stop
        ("int(1,4)", CategoricalDistribution(["1", "4"])),
        ("'a,b',\"it's\"", CategoricalDistribution(["'a,b'", '"it\'s"'])),
        ("{a:1,b:[1,2]},null", CategoricalDistribution(["{a:1,b:[1,2]}", "null"])),
        ("choice(adamw,sgd)", CategoricalDistribution(["adamw", "sgd"])),
        ("[8],[8,8]", CategoricalDistribution(["[8]", "[8,8]"])),
    ],
)
def test_hydras_words_are_optunas_distributions(text, expected):
    (override,) = OverridesParser.create().parse_overrides([f"key={text}"])
    assert distribution(override) == expected


def test_a_key_that_the_chosen_file_lacks_is_left_out():
    drawn = space(model="choice(mlp,resnet)", model__dropout="interval(0.0,0.5)", optimizer__lr="interval(0.1,1)")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    seen = [drawn.draw(study.ask()) for _ in range(20)]
    assert {texts[0] for texts in seen} == {"model=mlp", "model=resnet"}
    for texts in seen:
        keys = [text.partition("=")[0] for text in texts]
        assert keys == ["model", *["model.dropout"] * (texts[0] == "model=mlp"), "optimizer.lr"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("finetune.phases.1.at_epoch", "int(1,4)"),
        ("finetune.phases.1.at_epoch", "int(interval(1,4))"),
        ("finetune.lr_scales", "{backbone:0.1},{backbone:0.2}"),
        ("finetune.lr_scales.backbone", "interval(0.1,0.2)"),
        ("finetune.phases", "[{at_epoch:0,unfreeze:all}],[{at_epoch:0,unfreeze:all,freeze:stem}]"),
        ("+trainer.gradient_clip_algorithm", "norm,value"),
        ("++trainer.max_steps", "range(100,300,100)"),
        ("+callbacks", "ema,confusion_matrix"),
        ("optimizer", "glob(*,exclude=schedule_free)"),
        ("experiment", "[breast_cancer],[overfit]"),
    ],
)
def test_whatever_train_py_takes_can_be_searched(key, text):
    composer = composer_of("search")
    fixed = ["finetune=two_phase"]
    made = Space({key: text}, lambda files: composer.compose([*fixed, *files]), options_of(composer), composer.loader)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    for _ in range(4):
        (drawn,) = made.draw(study.ask())
        assert drawn.startswith(f"{key}=")
        composer.compose([*fixed, drawn])


def options_of(composer):
    return lambda group: composer.options(group) if composer.is_group(group) else []


@pytest.mark.long
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"finetune.phases.1.at_epoch": "int(interval(0,4))"}, "phases.1.at_epoch: got 0, allowed: above 0, that of"),
        ({"finetune.phases.1.at_epoch": "range(1,31)"}, "phases.1.at_epoch: got 30, allowed: below trainer.max_epochs"),
        (
            {"trainer.max_epochs": "range(10,40)", "scheduler.warmup_epochs": "interval(1,12)"},
            "scheduler.warmup_epochs: got 12, allowed: below trainer.max_epochs=10",
        ),
        ({"stopping": "early,adaptive", "scheduler": "cosine"}, "scheduler: got Cosine, allowed with stopping="),
        ({"model": "mlp,cnn", "model.dropout": "0.1,much"}, "model.dropout: got 'much'"),
    ],
)
def test_a_trial_that_could_never_train_is_found_before_the_first(written, said):
    composer = composer_of("search")
    fixed = ["finetune=two_phase", *(f"{key}={text}" for key, text in written.items() if text == "cosine")]
    drawn = {key: text for key, text in written.items() if text != "cosine"}
    made = Space(drawn, lambda files: composer.compose([*fixed, *files]), options_of(composer), composer.loader)
    with pytest.raises(InputError) as caught:
        check_space(made)
    assert all(said in line for line in caught.value.lines)


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ({"model__dropot": "interval(0.0,0.5)"}, r"space: model.dropot: no such key.*did you mean 'model.dropout'"),
        ({"model__dropout": "0.5"}, r"space: model.dropout: got '0.5': allowed: interval"),
        ({"model__dropout": "interval(0.5"}, r"space: model.dropout: got 'interval\(0.5'"),
        ({}, r"space: nothing is searched"),
    ],
)
def test_what_is_no_space_is_one_line(written, line):
    with pytest.raises(InputError, match=line) as caught:
        space(**written)
    assert len(caught.value.lines) == 1
