"""Whether a run that goes on with other settings has a step to take with them."""

from typing import Any

from lightning.pytorch.callbacks import Timer

from epochwise.commands.build import build


def still_to_train(run: Any, checkpoint: dict[str, Any], epochs: int, changed: list[str]) -> list[str]:
    """Say for each changed setting that it would change nothing, where the run has ended and is to stay so.

    Args:
        run: assembled with the settings it is to go on with.
        checkpoint: what it goes on from.
        epochs: that are over there.
        changed: keys.

    Returns:
        A line for each; none where a step will be taken.
    """
    why = _ended(run, checkpoint, epochs)
    return [f"{key}: changes nothing: {why}" for key in changed] if why else []


def _ended(run: Any, checkpoint: dict[str, Any], epochs: int) -> str | None:
    trainer, steps = run.trainer, checkpoint["global_step"]
    if 0 <= trainer.max_epochs < epochs:
        return f"the run has trained {epochs} epochs; allowed: trainer.max_epochs of more"
    if trainer.max_epochs == epochs:
        return f"the run has trained all of its {epochs} epochs; set trainer.max_epochs=... too"
    if 0 <= trainer.max_steps <= steps:
        return f"the run has taken {steps:,} steps; set trainer.max_steps=... too"
    if (max_time := run.config.trainer.get("max_time")) and (kept := checkpoint["callbacks"].get("Timer")):
        clock = Timer(max_time)
        clock.load_state_dict(kept)
        if (clock.time_remaining() or 0) <= 0:
            return f"the time of the run ({max_time}) is over; set trainer.max_time=DD:HH:MM:SS too"
    stopping = build(run.config, "stopping")
    state = checkpoint["callbacks"].get(stopping.state_key)
    if state and hasattr(stopping, "why_ended"):
        stopping.load_state_dict(state)
        if reason := stopping.why_ended(trainer.max_epochs, trainer.min_epochs or 0):
            return f"the run has ended ({reason}); set trainer.max_epochs=... too, or stopping=none"
    return None
