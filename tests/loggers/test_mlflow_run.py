"""What MLflow holds of a run that was killed and gone on with; needs the extra ``mlflow``."""

import pytest
from lightning.pytorch.loggers import MLFlowLogger

from epochwise.input_error import InputError
from epochwise.loggers.continued import go_on_with_mlflow

pytest.importorskip("mlflow")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def logger(tmp_path):
    """A logger of a new process."""
    return lambda: MLFlowLogger(experiment_name="e", tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")


def life(logger, steps, values):
    for step, value in zip(steps, values, strict=True):
        logger.log_metrics({"loss": value}, step)


def runs(logger):
    """Status and points of each run that is there."""
    client = logger._mlflow_client
    found = client.search_runs([client.get_experiment_by_name("e").experiment_id])
    points = ([(m.step, m.value) for m in client.get_metric_history(run.info.run_id, "loss")] for run in found)
    return [(run.info.status, run.data.params, sorted(each)) for run, each in zip(found, points, strict=True)]


def test_lives_of_a_run_are_one_run_with_each_point_once(logger):
    first = logger()
    life(first, range(6), range(6))
    second = logger()
    go_on_with_mlflow(second, first.version, 4, {})  # the checkpoint was written after 4 steps
    life(second, [4], [40])
    third = logger()
    go_on_with_mlflow(third, first.version, 4, {})  # killed before there was another
    life(third, [4, 5], [41, 51])
    third.log_hyperparams({"max_epochs": 2})
    third.finalize("success")
    points = [(0, 0), (1, 1), (2, 2), (3, 3), (4, 41), (5, 51)]
    assert runs(third) == [("FINISHED", {"max_epochs": "2"}, points)]
    extended = logger()
    go_on_with_mlflow(extended, third.version, 6, {})
    life(extended, [6], [6])
    extended.log_hyperparams({"max_epochs": 3})  # a run of MLflow takes no other value
    extended.finalize("success")
    assert runs(extended) == [("FINISHED", {"max_epochs": "3"}, [*points, (6, 6)])]


def test_the_row_of_an_epoch_that_was_not_yet_logged_is(logger):
    first = logger()
    life(first, range(3), range(3))
    for _ in range(2):
        go_on_with_mlflow(first, first.version, 3, {"train/loss": 0.5, "epoch": 0})
    history = first._mlflow_client.get_metric_history(first.version, "train/loss")
    assert [(point.step, point.value) for point in history] == [(2, 0.5)]


def test_a_run_that_is_no_more_is_named_in_a_line(logger):
    life(logger(), [0], [0.0])
    with pytest.raises(InputError, match=r"^loggers.mlflow: sqlite:.*mlflow.db has no run gone to go on with$"):
        go_on_with_mlflow(logger(), "gone", 1, {})
