"""What the base rate is multiplied by, for each parameter."""

from collections.abc import Mapping

from epochwise.finetune.select import select
from epochwise.input_error import InputError


def lr_scale_of_each(
    stages: dict[str, list[str]], lr_decay: float, lr_scales: Mapping[str | int, float], key: str
) -> dict[str, float]:
    """Give each parameter its scale: that of what names it, else a decay for each stage that it lies before the head.

    Args:
        stages: see ``stages``.
        lr_decay: a stage's rate over that of the next one, in (0, 1]; the head has the base rate.
        lr_scales: what is meant, as ``select`` takes it, -> its scale, above 0.
        key: where they stand in the config.

    Returns:
        Parameter -> scale.

    Raises:
        InputError: what ``select`` refuses; a parameter that is named twice with different scales.

    Source:
        the decay: Howard & Ruder 2018, https://arxiv.org/abs/1801.06146, section 3.1 (there 1 / 2.6); Bao et al.
        2022, https://arxiv.org/abs/2106.08254, section 3.2.
    """
    found = {name: lr_decay**depth for depth, names in enumerate(reversed(stages.values())) for name in names}
    named_by: dict[str, str | int] = {}
    for chosen, scale in lr_scales.items():
        for name in select(f"{key}.{chosen}", chosen, stages):
            if name in named_by and found[name] != scale:
                raise InputError(f"{key}.{chosen}: {name!r} is named by {named_by[name]!r} already, with another scale")
            found[name], named_by[name] = scale, chosen
    return found
