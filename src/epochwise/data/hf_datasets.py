"""Data sets of Hugging Face's library, from a folder."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from epochwise.data.text import Text
from epochwise.data.texts.read_texts import CALLED, checked
from epochwise.input_error import InputError, existing_path


@dataclass(eq=False, kw_only=True)
class HFDatasets(Text):
    """Texts of a data set that ``datasets.save_to_disk`` wrote; nothing is downloaded, no code of the folder is run.

    A class that is kept as a number gets its name. Its splits are those of the ``DatasetDict``; others than train,
    validation and test are left out.

    Args:
        path: the folder of a ``Dataset`` or a ``DatasetDict``.

    Raises:
        InputError: the package datasets is missing, or the folder is no such data set or has no split to train on; and
            what ``Text`` raises.
    """

    path: str = "datasets/saved"

    def frames(self) -> dict[str, pd.DataFrame]:
        key = "data.path"
        place = existing_path(self.path, key)
        try:
            import datasets
        except ModuleNotFoundError as error:
            raise InputError(
                f"{key}: needs the package {error.name}, which is not installed: the extra 'hf'"
            ) from error
        try:
            found: Any = datasets.load_from_disk(str(place))
        except Exception as error:  # bytes that are no table fail in any way
            reason = " ".join(str(error).split())
            raise InputError(f"{key}={place}: not a data set that save_to_disk wrote ({reason})") from error
        given = found if isinstance(found, dict) else {"train": found}
        frames = {CALLED[name]: _frame(split) for name, split in given.items() if name in CALLED}
        if "train" not in frames:
            raise InputError(f"{key}={place}: its splits are {', '.join(given)}; one of them has to be 'train'")
        return {split: checked(frame, self.text, place, key) for split, frame in frames.items()}


def _frame(split: Any) -> pd.DataFrame:
    frame: pd.DataFrame = split.to_pandas()
    for name, feature in split.features.items():
        if names := getattr(feature, "names", None):  # of a ClassLabel; -1 is a sample without one
            frame[name] = [names[index] if index is not None and index >= 0 else None for index in frame[name]]
    return frame
