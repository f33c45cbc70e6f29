"""Columns of a table as features, within a network: what ``data.tables.columns`` does before one."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Columns(nn.Module):
    """Turn rows as they are into the features that a network was trained on.

    Args:
        columns: K of them, as ``learn_columns`` says; none of texts.
    """

    def __init__(self, columns: Mapping[str, Any]) -> None:
        super().__init__()
        kinds = [next((kind for kind in ("categories", "days") if kind in each), "number") for each in columns.values()]
        learned = list(columns.values())
        numbers = [place for place, kind in enumerate(kinds) if kind == "number"]
        self.sizes = {p: len(learned[p]["categories"]) for p, kind in enumerate(kinds) if kind == "categories"}
        self.days = {place: learned[place]["days"] for place, kind in enumerate(kinds) if kind == "days"}
        spreads = [[learned[place][name] for place in numbers] for name in ("median", "mean", "std")]
        self.numbers: Tensor
        self.register_buffer("numbers", torch.tensor(numbers, dtype=torch.int64), persistent=False)
        self.spreads: Tensor
        self.register_buffer("spreads", torch.tensor(spreads, dtype=torch.float64), persistent=False)
        # They are made kind by kind, and put back in the order of the columns.
        width = dict.fromkeys(self.numbers, 1)
        width |= {place: size + 1 for place, size in self.sizes.items()} | dict.fromkeys(self.days, 12)
        made = [(place, feature) for place in width for feature in range(width[place])]
        self.order: Tensor
        self.register_buffer("order", torch.tensor([made.index(one) for one in sorted(made)]), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map rows (..., K) float64 to features (..., F) float32.

        A number is itself and a date the days since 1970, NaN where it is missing: the median is taken. A category is
        its place among the ``categories`` of its column; anything else is one that was not known.
        """
        median, mean, std = self.spreads
        # In ONNX this is one Gather; an index in brackets becomes three nodes, which not every reader takes.
        numbers = x.index_select(-1, self.numbers)
        found = [(torch.where(numbers.isnan(), median, numbers) - mean) / std]
        for place, size in self.sizes.items():
            code = x[..., place, None]
            known = (code >= 0) & (code < size)
            found.append((torch.where(known, code, size) == torch.arange(size + 1, device=x.device)).to(x.dtype))
        for place, learned in self.days.items():
            days = x[..., place]
            found.append(_date_features(torch.where(days.isnan(), learned["median"], days), learned))
        return torch.cat(found, dim=-1).index_select(-1, self.order).float()


def _date_features(days: Tensor, learned: Mapping[str, float]) -> Tensor:
    """As ``data.tables.columns.date_features``, of (...) days to (..., 12)."""
    whole = days.floor()
    turns = 2 * torch.pi * torch.stack([_day_of_year(whole.long()) / 365.25, days - whole], dim=-1).float()
    weekday = (whole.long() + 3) % 7  # the first day of 1970 was a Thursday
    days_of_week = weekday[..., None] == torch.arange(7, device=days.device)
    late = (days - learned["mean"]) / learned["std"]
    parts = [late[..., None], turns.sin(), turns.cos(), days_of_week]
    return torch.cat([part.to(days.dtype) for part in parts], dim=-1)


def _day_of_year(days: Tensor) -> Tensor:
    """The place in the year, from 0, of whole days since 1970, in the Gregorian calendar.

    Source:
        Richards 2013, in the Explanatory Supplement to the Astronomical Almanac, section 15.11: years that begin in
        March have their leap day at the end.
    """
    since = days + 719_468  # the days from the first of March of the year 0 to 1970
    cycle = since % 146_097  # 400 years
    year = (cycle - cycle // 1460 + cycle // 36_524 - cycle // 146_096) // 365
    since_march = cycle - (365 * year + year // 4 - year // 100)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return torch.where(since_march >= 306, since_march - 306, since_march + 59 + is_leap.long())
