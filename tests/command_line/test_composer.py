import shutil
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from epochwise.command_line.command_line import CommandLine
from epochwise.command_line.composer import Composer, engine_conf
from epochwise.command_line.help_text import help_text
from epochwise.command_line.override_text import parse_arguments
from epochwise.input_error import InputError


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """A folder of configs beside the project's own, with one network of which that knows nothing."""
    folder = tmp_path / "elsewhere"
    (folder / "model").mkdir(parents=True)
    (folder / "model/narrow.yaml").write_text("defaults: [deep]\nhidden_sizes: [4]\n")
    return folder


def checked(conf: str, *words: str) -> Composer:
    arguments = parse_arguments(list(words))
    composer = Composer(conf, "train", None, arguments.overrides)
    CommandLine("train", composer, arguments).check()
    return composer


def test_what_a_searchpath_on_the_command_line_holds_can_be_chosen_and_is_in_the_help(project_conf, elsewhere):
    words = [f"hydra.searchpath=[file://{elsewhere}]", "model=narrow"]
    composer = checked(project_conf, *words)
    assert composer.compose(words).model.hidden_sizes == [4]
    assert "[narrow]" in help_text("About.", composer, words)
    with pytest.raises(InputError, match=r"model: no option 'narow'.*did you mean 'narrow'"):
        checked(project_conf, words[0], "model=narow")


def test_a_searchpath_of_the_root_file_is_as_good(project_conf, elsewhere, tmp_path):
    conf = tmp_path / "conf"
    shutil.copytree(project_conf, conf)
    with (conf / "train.yaml").open("a") as file:
        file.write(f"\nhydra:\n  searchpath: [file://{elsewhere}]\n")
    assert checked(str(conf), "model=narrow").compose(["model=narrow"]).model.hidden_sizes == [4]


def test_a_searchpath_that_leads_nowhere_is_said_in_a_line(project_conf, tmp_path):
    with pytest.raises(InputError, match=r"^hydra.searchpath: .*/nowhere is not available"):
        checked(project_conf, f"hydra.searchpath=[file://{tmp_path}/nowhere]")


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["model=cnn", "optimizer.lr=0.1", "~callbacks.model_summary", "+callbacks=ema", "callbacks.ema.decay=0.9"],
        ["experiment=[breast_cancer,overfit]", "stopping=adaptive", "++trainer.max_steps=10", "name=mine"],
        [
            "finetune=two_phase",
            "finetune.phases.1.at_epoch=4",
            "optimizer.betas=[0.5,0.9]",
            "+trainer.max_steps=2",
        ],
        ["~loggers.tensorboard", "+loggers=csv", "trainer.max_epochs=5", "trainer.max_epochs=6"],
    ],
    ids=str,
)
def test_files_chosen_and_then_keys_set_are_what_hydra_makes_of_all_at_once(composed, project, tmp_path, overrides):
    ours = composed(*overrides, run_folder=tmp_path, pictures=True)
    at_once = [*overrides, f"run_folder={tmp_path}"]
    with engine_conf(), initialize_config_dir(str(project / "conf"), version_base="1.3"):
        hydras = OmegaConf.to_container(compose("train", overrides=at_once, return_hydra_config=True))
    of_hydra = hydras.pop("hydra")
    assert list(OmegaConf.to_container(ours).items()) == list(hydras.items())
    assert list(HydraConfig.get().overrides.task) == of_hydra["overrides"]["task"] == at_once
    assert OmegaConf.to_container(HydraConfig.get().runtime.choices) == of_hydra["runtime"]["choices"]
