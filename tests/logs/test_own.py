import subprocess
import sys

import numpy as np
import pytest

from epochwise.logs.own import as_written
from epochwise.logs.read_log import read_log

ROWS = "epoch,step,train/loss,val/loss,events\n0,8,2,2.5,\n1,16,1,nan,lr_drop\n2,24,0.5,,\n"


def test_both_ways_of_reading_a_run_say_the_same(tmp_path):
    (tmp_path / "epochs.csv").write_text(ROWS)
    own, (read,) = as_written(tmp_path / "epochs.csv"), read_log(tmp_path / "epochs.csv")
    assert own.rows == read.rows
    assert own.rows[1] == {"epoch": 1, "step": 16, "train/loss": 1, "val/loss": np.inf, "events": "lr_drop"}
    assert (own.tool, own.num_epochs, own.unit, own.names) == (read.tool, read.num_epochs, read.unit, read.names)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "epoch\n",
        "epoch,loss\n1,2\n",
        "epoch,loss\n0,x\n",
        "epoch,loss\n0\n",
        "epoch,loss\n0,1,2\n",
        "loss\n1\n",
        "\xff",
    ],
)
def test_what_no_run_writes_is_left_to_the_reader_of_any_table(tmp_path, text):
    (tmp_path / "epochs.csv").write_text(text, encoding="latin-1")
    assert as_written(tmp_path / "epochs.csv") is None
    assert as_written(tmp_path / "none.csv") is None


def test_a_run_of_this_project_is_read_without_pandas(tmp_path):
    (tmp_path / "epochs.csv").write_text(ROWS)
    code = (
        "import sys; from pathlib import Path; from epochwise.report.read_runs import read_runs; "
        f"read_runs([Path({str(tmp_path)!r})]); sys.exit('pandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
