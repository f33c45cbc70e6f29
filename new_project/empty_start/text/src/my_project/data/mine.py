"""Texts of one's own, and a class for each."""

from itertools import product

import pandas as pd

from epochwise.data.text import Text


class Mine(Text):
    """Your texts. Until ``frames`` reads them, 384 sentences of guests: praise, or blame."""

    def frames(self) -> dict[str, pd.DataFrame]:
        who = ("I think", "we say", "they said", "he finds", "some say", "you told me")
        what = ("soup", "bread", "wine", "bed", "room", "view", "host", "bill")
        how = {"praise": ("good", "fine", "lovely", "great"), "blame": ("bad", "awful", "poor", "dull")}
        rows = [(f"{a} the {b} is {c}", label) for label in how for a, b, c in product(who, what, how[label])]
        return {"train": pd.DataFrame(rows, columns=["text", "label"])}
