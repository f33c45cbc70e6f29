"""Texts of one's own, to go on with."""

import pandas as pd

from epochwise.data.text import Text


class Mine(Text):
    """Your texts. Until ``frames`` reads them, 900 sums: "17 and 4 make 21"."""

    def frames(self) -> dict[str, pd.DataFrame]:
        texts = [f"{a} and {b} make {a + b}" for a in range(30) for b in range(30)]
        return {"train": pd.DataFrame({"text": texts})}
