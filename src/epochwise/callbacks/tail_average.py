"""An average of weights over a window that grows with training."""

from torch import Tensor


def tail_average(averaged: Tensor, current: Tensor, num_averaged: Tensor | int, eta: float) -> Tensor:
    """Take one more step's weights into an average (polynomial decay), as torch's AveragedModel asks its ``avg_fn``.

    Step k of n weighs about (k / n) ** eta, whatever n: a fraction of about 1 / (eta + 1) of the steps so far, the last
    of them, makes the average. So it is as fit after 5 epochs as after 80, and nothing has to be known of the end.

    Args:
        averaged: the average of the steps so far; any shape.
        current: the weights now; the same shape.
        num_averaged: how many steps the average has, at least 1; AveragedModel copies the first by itself.
        eta: at least 0; 0 is the mean of all steps.

    Source:
        Shamir & Zhang 2013, https://arxiv.org/abs/1212.1824, section 4.
    """
    return averaged.lerp(current, (eta + 1) / (float(num_averaged) + 1 + eta))
