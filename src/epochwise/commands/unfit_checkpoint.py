"""A checkpoint that is whole and cannot be gone on from."""

import traceback
from pathlib import Path

from lightning.pytorch.trainer.connectors import checkpoint_connector

#: Lightning's names for what puts a checkpoint back, in a module that also writes them.
PUTS_BACK = ("restore", "_restore", "resume")


def unfit_checkpoint(error: BaseException, checkpoint: Path | None) -> str | None:
    """Say in a line that a checkpoint does not fit the run, where that is what ended it.

    It may be a stranger's, of another version or of code that has changed since; what is in it is somebody's to read:
    Lightning, a callback, an optimizer. So the place where it went wrong decides: while values were put back, or in the
    optimizer itself, which takes any state and fails at its first step.

    Args:
        error: what ended the run.
        checkpoint: what it went on from, if from any.

    Returns:
        A line with the error and its place in the code; ``None`` for anything else, which keeps its traceback.
    """
    modules = [(frame.f_globals.get("__name__", ""), frame) for frame, _ in traceback.walk_tb(error.__traceback__)]
    inside = any(
        name == checkpoint_connector.__name__ and frame.f_code.co_name.startswith(PUTS_BACK) for name, frame in modules
    )
    ours = [index for index, (name, _) in enumerate(modules) if not name.startswith("torch.")]
    stepped = any(name.startswith("torch.optim.") for name, _ in modules[ours[-1] + 1 if ours else 0 :])
    if checkpoint is None or not (inside or stepped):
        return None
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{checkpoint} does not fit this run: {what} ({Path(last.filename).name}:{last.lineno})"
