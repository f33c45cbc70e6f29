"""A whole run, for a copy of it to be damaged."""

import pytest

from tests.faults.damaged_folders import said, start
from tests.faults.runs import QUICK, end


@pytest.fixture(scope="session")
def whole(tmp_path_factory, project):
    """A run of two epochs, its checkpoints, curves and predictions."""
    place = tmp_path_factory.mktemp("whole")
    settings = ("data.batch_size=256", "trainer.max_epochs=2", "model.hidden_sizes=[8]")
    assert end(start(project, place, "train", *QUICK, *settings, f"hydra.run.dir={place}/run")) == 0, said(place)
    assert end(start(project, place, "evaluate", f"run={place}/run")) == 0, said(place)
    return place / "run"
