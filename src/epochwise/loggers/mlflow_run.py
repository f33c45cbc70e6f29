"""A run of MLflow, taken back to an earlier point."""

from typing import Any

from epochwise.input_error import InputError

MOST = 1000  # metrics that MLflow takes at once
#: A tag of the copy: the run that the checkpoint names.
CONTINUES = "continues"


def go_on_with_mlflow(logger: Any, run_id: str, steps: int, due: dict[str, float]) -> None:
    """Have the logger go on with a run up to a point.

    MLflow takes back no points and lets no parameter change, so where there are any the run is copied up to there, and
    the one before deleted (``mlflow gc`` removes it for good).

    Args:
        logger: Lightning's MLFlowLogger, that has not yet written anything.
        run_id: of the run when the checkpoint was written.
        steps: points of x below this many stay.
        due: the row of an epoch's end that was to follow at the last of them, where it is not there.

    Raises:
        InputError: there is no such run.
    """
    from mlflow.exceptions import MlflowException  # an extra

    client = logger._mlflow_client
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        raise InputError(f"loggers.mlflow: {logger._tracking_uri} has no run {run_id} to go on with") from error
    copies = client.search_runs([run.info.experiment_id], f"tags.{CONTINUES} = '{run_id}'")
    if run.info.lifecycle_stage == "deleted" and copies:
        run, copies = copies[0], copies[1:]  # it was gone on with, and killed before a checkpoint
    for copy in copies:  # not whole: what it was copied from is still there
        client.delete_run(copy.info.run_id)
    points = [point for name in run.data.metrics for point in client.get_metric_history(run.info.run_id, name)]
    kept = [point for point in points if point.step < steps]
    if len(kept) < len(points) or run.data.params:
        tags = {name: value for name, value in run.data.tags.items() if name != CONTINUES}
        copy = client.create_run(run.info.experiment_id, run.info.start_time, {**tags, CONTINUES: run_id})
        for start in range(0, len(kept), MOST):
            client.log_batch(copy.info.run_id, kept[start : start + MOST])
        client.delete_run(run.info.run_id)
        run = copy
    client.update_run(run.info.run_id, "RUNNING")
    logger._run_id = run.info.run_id
    there = {(point.key, point.step) for point in kept}
    if due and not all((name, steps - 1) in there for name in due):
        logger.log_metrics(due, steps - 1)
