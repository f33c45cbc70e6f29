"""Every kind of target out of the door: as each file, scored as the checkpoint is."""

import json

import pandas as pd
import pytest

from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train

from tests.commands.kinds import KINDS, words, write_kinds

#: Each is traced twice and written three times.
pytestmark = pytest.mark.long

TRUST = "trust=[tests.commands.kinds,torch.export.load]"
QUICK = ("~callbacks.progress_bar", "~callbacks.model_summary", "~loggers.tensorboard", "name=test", "stopping=none")
SUFFIXES = {"onnx": "onnx", "torch_export": "pt2", "safetensors": "safetensors"}


@pytest.fixture(scope="module", params=KINDS)
def run(request, tmp_path_factory, composed):
    """The folder of a run of one epoch."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "run").mkdir()
    write_kinds(folder)
    typed = [*words(request.param, folder), *QUICK]
    train(composed(*typed, "trainer.max_epochs=1", run_folder=folder / "run"))
    return folder / "run"


@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_file_scores_and_predicts_as_its_checkpoint(run, composed, kind):
    def called(*typed):
        return evaluate(composed(f"run={run}", TRUST, *typed, root="evaluate"), tells=False)

    expected = called()
    called(f"export={kind}")
    file = run / "exports" / f"best.{SUFFIXES[kind]}"
    assert called(f"exported={file}") == pytest.approx(expected, abs=1e-4)
    ours, theirs = (
        pd.read_csv(path).select_dtypes("number")
        for path in (run / "predictions/test.csv", run / f"exports/predictions/{file.name}-test.csv")
    )
    assert (ours - theirs).abs().max().max() < 1e-3
    assert json.loads((run / f"exports/predictions/{file.name}-test.json").read_text())["ckpt"] == file.name
