import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf


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
    with initialize_config_dir(str(project / "conf"), version_base="1.3"):
        hydras = OmegaConf.to_container(compose("train", overrides=at_once, return_hydra_config=True))
    of_hydra = hydras.pop("hydra")
    assert list(OmegaConf.to_container(ours).items()) == list(hydras.items())
    assert list(HydraConfig.get().overrides.task) == of_hydra["overrides"]["task"] == at_once
    assert OmegaConf.to_container(HydraConfig.get().runtime.choices) == of_hydra["runtime"]["choices"]
