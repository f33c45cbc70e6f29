import json

from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv


def test_a_run_learns_and_leaves_its_result(composed, tmp_path):
    train(composed("trainer.max_epochs=5", "~callbacks.model_summary", run_folder=tmp_path))
    losses = [row["val/loss"] for row in read_epochs_csv(tmp_path / "epochs.csv")]
    assert losses[-1] < losses[0]
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["epochs_run"] == 5
    assert result["test"]["accuracy"] > 0.7
