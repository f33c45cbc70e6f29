import shlex

import pytest
import yaml
from omegaconf import flag_override

from epochwise.command_line.composer import Composer, engine_conf
from epochwise.sweep.write_study import experiment_file

from tests.composer_of import composer_of


def test_files_are_chosen_in_its_defaults_and_values_set_below():
    text, command = experiment_file(["model=cnn", "optimizer.lr=0.01", "model.channels=[8,16]"], "The best", "train")
    assert text.startswith("# @package _global_\n# The best\n#   train experiment=best\n")
    assert yaml.safe_load(text) == {
        "defaults": [{"override /model": "cnn"}],
        "optimizer": {"lr": 0.01},
        "model": {"channels": [8, 16]},
    }
    assert command == "train experiment=best"


def test_what_a_file_cannot_say_stays_in_the_command():
    text, command = experiment_file(["~callbacks.ema", "+callbacks=ema", "experiment=a", "seed=1"], "The best", "train")
    assert yaml.safe_load(text) == {"seed": 1}
    assert command == "train 'experiment=[a,best]' '~callbacks.ema' +callbacks=ema"


@pytest.mark.long
@pytest.mark.parametrize(
    "overrides",
    [
        ["optimizer.lr=5e-05", "seed=1"],
        ["finetune=two_phase", "finetune.phases.1.at_epoch=3", "finetune.lr_scales.backbone=0.2"],
        ["finetune=plan", "finetune.phases=[{at_epoch:0,unfreeze:head},{at_epoch:3,unfreeze:all}]"],
        ["optimizer=sgd", "optimizer.momentum=0.5", "stopping=adaptive"],
        ["optimizer=schedule_free", "model=cnn", "model.channels=[8,16]"],
        ["+callbacks=ema", "callbacks.ema.decay=0.9", "~callbacks.gradient_norm"],
        ["+callbacks=[ema]", "+callbacks.ema.update_every_n_steps=2"],
        ["+trainer.gradient_clip_algorithm=value", "++trainer.max_steps=300", "trainer.gradient_clip_val=1"],
        ["experiment=[breast_cancer,overfit]", "data.batch_size=16"],
        ["name='a, [b] and it\\'s'", "data.augment={_target_:torchvision.transforms.v2.RandomRotation,degrees:[-5,5]}"],
        ["+finetune.lr_scales.body=0.5", "finetune=layerwise", "data.classes=[0,1]"],
        ["~loggers.tensorboard", "+loggers=csv", "~scheduler.warmup_epochs"],
    ],
)
def test_the_file_and_its_command_make_the_config_of_the_overrides(project, tmp_path, overrides):
    composer = composer_of("train")
    text, command = experiment_file(overrides, "The best", "train", composer.compose(overrides), composer.is_group)
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/best.yaml").write_text(text)
    with engine_conf():
        again = Composer(str(project / "conf"), "train", str(tmp_path)).compose(shlex.split(command)[1:])
    wanted = composer.compose(overrides)
    for config in (again, wanted):
        with flag_override(config, ["readonly", "struct"], [False, False]):
            del config["hydra"]
    assert again == wanted
