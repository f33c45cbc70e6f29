"""What a sweep ends with."""

import shlex
import sys
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.markup import escape
from rich.table import Table

from epochwise.input_error import InputError
from epochwise.report.terminal import is_unsettled, named_epoch, next_time, print_wide, shown, tell
from epochwise.run.epochs_csv import Row, best_row
from epochwise.sweep.draw_sweep import draw_sweep, write_sweep_csv, write_sweep_report
from epochwise.sweep.job import of_one_job
from epochwise.sweep.read_jobs import Job, differing, over_seeds, read_jobs, scored_runs, sweep_rows
from epochwise.trust.run_config import run_words

MOST_ROWS = 20  # of the table in the terminal; all are in sweep.csv


class SweepEnd(Callback):
    """Write ``sweep.csv``, and print the jobs, the best one's command, what seeds have in common and what failed.

    Ends the process with exit code 1 where a job failed.
    """

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        folder = Path(config.hydra.sweep.dir)
        jobs = read_jobs(folder)
        try:
            if jobs and not config.get("dry_run"):
                self._tell(jobs, folder, config)
        except InputError as error:  # Hydra would make a warning of it
            print(*error.lines, sep="\n", file=sys.stderr)
            raise SystemExit(2) from None
        finally:
            if any(job.record.status != "finished" for job in jobs):
                raise SystemExit(1)

    def _tell(self, jobs: list[Job], folder: Path, config: DictConfig) -> None:
        """Write what came of the jobs, and print it."""
        rows, keys = sweep_rows(jobs), differing(jobs)
        write_sweep_csv(folder / "sweep.csv", rows)
        best = _best(rows, config.mode)
        print()
        print_wide(sweep_table(rows, keys, best))
        lines: dict[str, str] = {}
        if best is not None:
            place = named_epoch(*(int(best[name] or 0) for name in ("best_epoch", "epochs_run")))
            score = f"{best['monitor']} {best['best_score']:.4f} at epoch {place}"
            job = jobs[rows.index(best)]
            overrides = of_one_job(job.record.overrides)
            lines |= {"best": f"job {best['job']}: {score}"}
            lines |= {"its command": f"python train.py {shlex.join(overrides)}".strip()}
            if job.result.get("recommended_epochs"):
                lines |= {"its count": next_time(job.result)}
                if is_unsettled(job.result):
                    lines |= {"settle it": f"python epochs.py {run_words(Path(shown(job.folder)))}"}
        ended = [job for job in jobs if job.record.status == "finished"]
        runs = scored_runs(ended)
        over = over_seeds(runs)
        lines |= {f"seeds{' ' * index}": line for index, line in enumerate(over)}
        failed = [job for job in jobs if job.record.status != "finished"]
        lines |= {f"failed{' ' * index}": _failure(job, keys) for index, job in enumerate(failed)}
        lines["table"] = shown(folder / "sweep.csv")
        if picture := draw_sweep(ended, keys, config.monitor, folder / "sweep.png"):
            lines["curve"] = shown(picture)
        if config.get("report") is not False and (page := write_sweep_report(folder, runs)):
            lines["report"] = shown(page)
        tell(lines)


def sweep_table(rows: list[Row], keys: list[str], best: Row | None) -> Table:
    """A sweep for the terminal: a row a job, the best one marked; of many, those with the best scores.

    Args:
        rows: see ``sweep_rows``.
        keys: the settings that differ.
        best: one of the rows.
    """
    tests = dict.fromkeys(name for row in rows for name in row if name.startswith("test/") and name != "test/loss")
    table = Table(box=None, pad_edge=False, header_style="bold")
    monitor = next((str(row["monitor"]) for row in rows if row["monitor"]), "score")
    for name in ("", "job", *keys, monitor, "best epoch (from 0)", "epochs", *tests, "status"):
        table.add_column(name, justify="left" if name in ("status", *keys) else "right", no_wrap=True)
    sign = -1.0 if best and best is not min(_scored(rows), key=_score, default=best) else 1.0
    kept = rows if len(rows) <= MOST_ROWS else sorted(_scored(rows), key=lambda row: sign * _score(row))[:MOST_ROWS]
    for row in kept:
        cells = ["*" if row is best else "", row["job"], *(row[key] for key in keys), row["best_score"]]
        cells += [row["best_epoch"], row["epochs_run"], *(row.get(name) for name in tests), row["status"]]
        table.add_row(*map(_cell, cells))
    return table


def _best(rows: list[Row], mode: str) -> Row | None:
    return best_row([row for row in rows if row["status"] in ("completed", "stopped_early")], "best_score", mode)


def _scored(rows: list[Row]) -> list[Row]:
    return [row for row in rows if isinstance(row["best_score"], (int, float))]


def _score(row: Row) -> float:
    return float(row["best_score"] or 0.0)


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else escape(str(value))


def _failure(job: Job, keys: list[str]) -> str:
    what = job.record.reason or ("it was killed" if job.record.status in ("waiting", "running") else job.record.status)
    return f"job {job.record.job} ({' '.join(f'{key}={job.settings.get(key)}' for key in keys)}): {what}"
