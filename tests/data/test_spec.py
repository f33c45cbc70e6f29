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
