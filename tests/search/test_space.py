import optuna
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from epochwise.input_error import InputError
from epochwise.search.space import Space, distribution

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
