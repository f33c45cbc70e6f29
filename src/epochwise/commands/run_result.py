"""What result.json says of a run."""

from typing import Any

from omegaconf import OmegaConf

from epochwise.commands.assemble import Run
from epochwise.commands.nearest_neighbours import neighbours_score
from epochwise.epochs.analysis import analyse
from epochwise.report.result_fields import result_fields


def run_result(run: Run, ended: dict[str, Any], plan: dict[str, Any] | None, seconds: float) -> dict[str, Any]:
    """Gather what came out: counts, the best epoch, where the seconds went, and what the curves say.

    It is also asked of a run that failed, so it takes whatever rows there are.

    Args:
        run: after training, however that ended.
        ended: ``status``, ``reason``, and what is known of the best weights and of the test.
        plan: see ``run_plan``; to it the seconds are added that all epochs would take at the pace of the first.
        seconds: since the run began.

    Returns:
        The fields of ``write_result``.
    """
    config, rows = run.config, run.epoch_log.rows
    if plan and rows:
        plan = plan | {"estimated_seconds": round(float(rows[0]["seconds"] or 0.0) * plan["epochs"], 3)}
    task: Any = run.task
    known = task.reference_scores() if hasattr(task, "reference_scores") else {}
    chance, ideal = known.get(config.monitor.partition("/")[2], (None, None))
    settings: Any = OmegaConf.to_container(config, resolve=True)
    found = analyse(rows, config.monitor, config.mode, chance, ideal, settings)
    if found["verdict"]["label"] == "underfitting":  # or there is no more to learn
        neighbours = neighbours_score(run.data, task, config.monitor)
        found = analyse(rows, config.monitor, config.mode, chance, ideal, settings, neighbours=neighbours)
    samples = getattr(run.data, "num_samples", None)
    steps = run.trainer.global_step
    return result_fields(rows, config.monitor, config.mode, found, ended, steps, seconds, plan, samples)
