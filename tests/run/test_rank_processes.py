import os

from hydra.core.hydra_config import HydraConfig

from epochwise.run.rank_processes import job_command, rank_processes


def test_a_rank_is_started_with_the_settings_of_its_job_alone(composed):
    composed("seed=3")
    assert list(HydraConfig.get().overrides.task) == ["report=false", "seed=3"]
    argv = ["train.py", "-m", "seed=1,2,3", "--config-dir=more"]
    assert job_command(argv) == ["train.py", "--config-dir=more", "report=false", "seed=3"]


def test_the_variables_of_the_ranks_are_cleared_for_the_next_job(composed, monkeypatch):
    composed()
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    monkeypatch.setenv("MASTER_PORT", "1234")
    with rank_processes():
        os.environ.update({"LOCAL_RANK": "0", "WORLD_SIZE": "2", "MASTER_PORT": "5678"})
    assert "LOCAL_RANK" not in os.environ
    assert "WORLD_SIZE" not in os.environ
    assert os.environ["MASTER_PORT"] == "1234"


def test_ranks_that_a_cluster_started_are_left_alone(composed, monkeypatch):
    composed()
    monkeypatch.setenv("LOCAL_RANK", "1")
    with rank_processes():
        pass
    assert os.environ["LOCAL_RANK"] == "1"
