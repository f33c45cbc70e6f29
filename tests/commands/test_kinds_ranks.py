"""Two processes learn and score what one does, of each kind of target."""

from pathlib import Path

import numpy as np
import pytest

from tests.commands.kinds import KINDS, write_kinds
from tests.ranks import run_ranks

pytestmark = pytest.mark.ranks

SCRIPT = Path(__file__).with_name("kinds_ranks.py")
#: What draws nothing and knows no statistics of a batch.
ALIKE = {
    "mask": "model._target_=tests.commands.kinds.Pixels",
    "pictures": "model._target_=tests.commands.kinds.Flat",
}
QUICK = ["~callbacks.progress_bar", "~callbacks.model_summary", "~loggers.tensorboard", "trainer.max_epochs=2"]
QUICK += ["trainer.precision=64-true"]  # 32 bits round the sums of another order


@pytest.mark.parametrize("kind", KINDS)
def test_two_ranks_learn_and_score_what_one_does(kind, tmp_path):
    write_kinds(tmp_path)
    found = []
    for ranks in (1, 2):
        # Loaders of one's own share a batch out themselves, in another order where they shuffle.
        size = "+data.module.shuffle=false" if kind == "module" else f"data.batch_size={16 // ranks}"
        more = [size, ALIKE.get(kind, "model.dropout=0"), *QUICK, "optimizer=sgd", "optimizer.lr=0.1", "scheduler=none"]
        trainer = [f"trainer.devices={ranks}", f"trainer.strategy={'ddp' if ranks > 1 else 'auto'}"]
        found.append(run_ranks(SCRIPT, ranks, str(tmp_path), kind, str(tmp_path / f"run{ranks}"), *more, *trainer)[0])
    one, two = found
    for name, values in one["weights"].items():
        assert np.allclose(values, two["weights"][name], atol=1e-9), name
    for first, second in zip(one["rows"], two["rows"], strict=True):
        for name, value in first.items():
            if "seconds" not in name and value is not None:
                assert second[name] == pytest.approx(value, rel=1e-6, abs=1e-6), name
