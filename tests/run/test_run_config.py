from omegaconf import OmegaConf

from epochwise.run.run_config import flat, read_run_config, write_run_config


def test_a_run_folder_may_be_moved(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    config = OmegaConf.create(
        {
            "run_folder": str(before),
            "seed": 1,
            "data": {"order_seed": "${seed}"},
            "callbacks": {"best": {"dirpath": "${run_folder}/checkpoints"}},
        }
    )
    write_run_config(before, config)
    before.rename(after)
    again = read_run_config(after)
    assert again.callbacks.best.dirpath == f"{after}/checkpoints"
    assert again.data.order_seed == 1
    assert str(tmp_path) not in (after / "config.yaml").read_text()


def test_settings_are_flattened_under_dotted_names():
    assert flat({"seed": 1, "trainer": {"max_epochs": 3, "val": None}, "hidden": [1, 2]}) == {
        "seed": 1,
        "trainer.max_epochs": 3,
        "trainer.val": "None",
        "hidden": "[1, 2]",
    }
