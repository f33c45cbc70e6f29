from dataclasses import asdict

import pytest
from omegaconf import OmegaConf

from epochwise.data.spec import Spec

SPECS = [
    Spec((1, 8, 8), "class", 2, ["no", "yes"], [3, 4]),
    Spec((10,), "number", 1, [], [], target_mean=152.1, target_std=77.0),
]


@pytest.mark.parametrize("spec", SPECS)
def test_spec_survives_yaml(spec):
    text = OmegaConf.to_yaml(OmegaConf.create({"spec": asdict(spec), "size": "${spec.input_shape.0}"}))
    read = OmegaConf.create(text)
    assert read.size == spec.input_shape[0]
    plain = OmegaConf.to_container(read.spec)
    assert Spec(**{**plain, "input_shape": tuple(plain["input_shape"])}) == spec


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "1x8x8, 3 classes"),
        ({"target": "labels"}, "1x8x8, any of 3 labels"),
        ({"target": "mask"}, "1x8x8, a mask of 3 classes each"),
        ({"target": "number", "num_outputs": 1}, "1x8x8, a number each"),
        ({"target": "number", "num_outputs": 2}, "1x8x8, 2 numbers each"),
        ({"target": "own"}, "1x8x8, targets of their own"),
        ({"input_shape": (64,), "num_tokens": 99}, "at most 64 tokens, 3 classes"),
        ({"input_shape": (64,), "num_tokens": 99, "target": "tokens"}, "at most 64 tokens, the next of 99 tokens"),
    ],
)
def test_a_sample_is_said_in_words(fields, words):
    given = {"input_shape": (1, 8, 8), "target": "class", "num_outputs": 3, "class_names": [], "class_counts": []}
    assert Spec(**given | fields).in_words == words
