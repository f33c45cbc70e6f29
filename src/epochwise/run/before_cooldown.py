"""The checkpoints of before the rate was cooled down, from which a run can be extended."""

from pathlib import Path

import torch

from epochwise.run.linked_file import link_file

#: In the order in which they are put back: a run that is cut off between the two still goes on.
NAMES = ("best.ckpt", "last.ckpt")


class BeforeCooldown:
    """``before_cooldown`` beside the checkpoints of a run: the best and the last one as they were then.

    They are links: a checkpoint is replaced, never written over, so nothing is copied.

    Args:
        run_folder: of the run; its checkpoints are in ``checkpoints``.
        best: its best checkpoint, where it may be elsewhere or have another name, as in a project of one's own.
    """

    def __init__(self, run_folder: Path, best: Path | None = None) -> None:
        self.checkpoints = best.parent if best else run_folder / "checkpoints"
        self.sources = {name: self.checkpoints / name for name in NAMES} | ({"best.ckpt": best} if best else {})
        self.kept = self.checkpoints / "before_cooldown"

    def keep(self, step: int) -> None:
        """Keep those that are there now, instead of any that were kept before.

        Args:
            step: optimizer steps before the cool-down. A life of the run that was killed in its cool-down may have
                left a better one than it noted: then what that life has kept stays.
        """
        for name in NAMES:
            now, kept = self.sources[name], self.kept / name
            if now.is_file() and not (kept.is_file() and _step_of(now) > step):
                self.kept.mkdir(exist_ok=True)
                link_file(now, kept)

    @property
    def best(self) -> Path:
        """That of the best score before the cool-down, where it was kept."""
        return self.kept / "best.ckpt"

    @property
    def is_kept(self) -> bool:
        """Whether there are any."""
        return (self.kept / "last.ckpt").exists()

    def put_back(self) -> None:
        """Let the run go on from them, where there are any."""
        for name in NAMES if self.is_kept else ():
            if (self.kept / name).exists():
                link_file(self.kept / name, self.checkpoints / name)


def _step_of(path: Path) -> int:
    return int(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["global_step"])
