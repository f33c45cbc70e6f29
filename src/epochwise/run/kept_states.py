"""What Lightning's checkpoint callback and the optimizer keep in a checkpoint, where others read it."""

from typing import Any

import torch


def kept_states_fault(checkpoint: dict[str, Any]) -> str | None:
    """Say what is wrong with the best scores and the learning rates of a checkpoint, which may be a stranger's.

    Lightning takes them over unseen and fails at the next comparison or log, in the midst of training.

    Args:
        checkpoint: with ``callbacks`` and ``optimizer_states``.

    Returns:
        What is not as a run writes it; ``None`` where all is.
    """
    states = [state for name, state in checkpoint["callbacks"].items() if str(name).startswith("ModelCheckpoint")]
    if not all(isinstance(state, dict) and _compares(state) for state in states):
        return "has a best score that is not as Lightning's ModelCheckpoint keeps it"
    groups = [group for state in checkpoint["optimizer_states"] for group in _groups(state)]
    if not all(isinstance(group, dict) and _is_number(group.get("lr")) for group in groups):
        return "has an optimizer state without groups of a learning rate each"
    return None if _are_loggers(checkpoint.get("loggers", {})) else "has 'loggers' that are not as a run keeps them"


def _are_loggers(kept: Any) -> bool:
    versions, due = (kept.get("versions", []), kept.get("due", {})) if isinstance(kept, dict) else (None, None)
    if not isinstance(versions, list) or not isinstance(due, dict):
        return False
    pairs = all(isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) for each in versions)
    plain = pairs and all(version is None or isinstance(version, (str, int)) for _, version in versions)
    return plain and all(isinstance(name, str) and _is_number(value) for name, value in due.items())


def _compares(state: dict[str, Any]) -> bool:
    """Whether the next score can be compared to it."""
    score, kept, worst = (state.get(name) for name in ("best_model_score", "best_k_models", "kth_best_model_path"))
    texts = all(isinstance(state.get(name), str) for name in ("best_model_path", "last_model_path"))
    known = isinstance(kept, dict) and all(map(_is_number, kept.values())) and (not worst or worst in kept)
    return texts and isinstance(worst, str) and known and (score is None or _is_number(score))


def _groups(state: Any) -> list[Any]:
    groups = state.get("param_groups") if isinstance(state, dict) else None
    return groups if isinstance(groups, list) and groups else [None]


def _is_number(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.ndim == 0 and not value.is_complex()
    return isinstance(value, (int, float)) and not isinstance(value, bool)
