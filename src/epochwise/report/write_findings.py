"""What was found of a run, for programs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from epochwise.input_error import InputError
from epochwise.report.report_run import ReportRun
from epochwise.run.finite import finite
from epochwise.run.whole_file import whole_file


def write_findings(run: ReportRun, findings: Mapping[str, Any], file: Path) -> bool:
    """Write what ``epochs.analysis.analyse`` says of a run to its ``result.json``, beside what stands there.

    A run of this project that has no result yet is under way or was killed: nothing is written, since programs take
    the file for the end of the run.

    Args:
        run: as it was read.
        findings: what is written.
        file: where.

    Returns:
        Whether it was written.

    Raises:
        InputError: the file is somebody else's, or the folder takes none.
    """
    if file.exists() and not run.result:
        raise InputError(f"runs: {file} is there and no result of a run; allowed: output=FOLDER, another folder")
    if not run.result and run.settings:
        return False
    counts = {"monitor": run.monitor, "mode": run.mode, "epochs_run": len(run.rows)}
    result = (run.result or counts) | counts | dict(findings)
    with whole_file(file) as target:
        json.dump(finite(result), target, indent=2, allow_nan=False)
        target.write("\n")
    return True
