"""Texts: read, cut into tokens by what the training split has, split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from annotated_types import Ge
from torch.utils.data import StackDataset

from epochwise.data.samples import Samples
from epochwise.data.spec import Spec
from epochwise.data.split_data_module import SplitDataModule
from epochwise.data.tables.read_table import check_columns
from epochwise.data.tables.target_columns import read_targets, target_names
from epochwise.data.texts.passages import Passages, placed_texts
from epochwise.data.texts.read_texts import NAME, checked, read_texts
from epochwise.data.texts.shipped_texts import SHIPPED
from epochwise.data.texts.token_rows import TokenRows, whole_rows
from epochwise.data.texts.tokenizer import learn_tokens, read_hugging_face, tokenizer_of
from epochwise.input_error import InputError
from epochwise.run.pretrained_weights import read_pretrained

LEARNED = ("characters", "words")


@dataclass(eq=False, kw_only=True)
class Text(SplitDataModule):
    """Texts with a class, several labels or numbers each, or texts alone, of which the next token is learned.

    A batch is tokens (B, T), T the longest of the batch, shorter texts filled up with ``spec.pad_id``. Of a language
    model a sample is a row of at most ``max_length`` tokens, and ``y`` the token after each; texts are cut into train,
    val and test before they are cut into rows, so no row stands in two.

    Args:
        path: a table (``.csv``, ``.parquet``, ``.jsonl``), a ``.txt`` file, a folder of ``.txt`` files with a folder a
            class, or without; a folder with ``train``, ``val`` and ``test``, each of these; or by name texts that
            Python ships: ``docstrings``, ``library``, ``python_topics``.
        text: the column of the texts.
        target: the column to predict, or several; of a folder the class is the folder.
        kind: ``class``, ``labels``, ``number``, see ``data.tables.target_columns``; or ``tokens``, without a target.
        separator: between the labels of one column; not where JSON lines or Parquet hold lists of them.
        tokenizer: ``characters`` or ``words``, learned from the training texts; the folder of a Hugging Face tokenizer;
            or a run folder, whose tokens are taken, as its weights need them.
        max_tokens: of a vocabulary that is learned, the most frequent; all others are unknown. None: all.
        lowercase: capital letters as small ones, where the vocabulary is learned.
        max_length: tokens of a sample at most; what a longer text has more is left out, which the run says. Of a
            language model nothing is left out.
        packed: of a language model: rows are cut out of all texts of a split one after another, a separator between
            two; else each text begins a row.
        split_by: of a language model: ``text``, each text as a whole in one split; or ``place``, where there are few
            texts: the last of all is ``test``, what stands before that ``val``.
        groups: a column whose equal values stay together, in one split and one fold, such as an author.

    Raises:
        InputError: no such file or column, a text or a target that is empty, too few texts to split.
    """

    path: str = "docstrings"
    text: str = "text"
    target: str | Sequence[str] = "label"
    kind: Literal["class", "labels", "number", "tokens"] = "class"
    separator: str | None = None
    tokenizer: str = "words"
    max_tokens: Annotated[int, Ge(4)] | None = 10_000
    lowercase: bool = False
    max_length: Annotated[int, Ge(1)] = 256
    packed: bool = True
    split_by: Literal["text", "place"] = "text"
    groups: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._encoded: tuple[Any, Any] = (None, None)  # what was encoded last, and what came of it
        self._num_cut = 0  # texts of all splits that are longer than max_length
        if self.split_by == "place":
            if self.kind != "tokens":
                raise InputError(f"data.split_by=place: got data.kind={self.kind}; allowed: data.kind=tokens")
            self.in_order = True

    def load(self) -> dict[str, Samples]:
        if self.spec is not None and (self.spec.target == "tokens") != (self.kind == "tokens"):
            trained = self.spec.target
            raise InputError(
                f"data.kind={self.kind}: the network was trained with another; allowed: data.kind={trained}"
            )
        frames = {split: checked(frame, self.text, split, "data") for split, frame in self.frames().items()}
        if self.kind == "tokens":
            return {split: self._texts_alone(frame) for split, frame in frames.items()}
        whole = pd.concat(frames.values(), ignore_index=True)
        aside = [("groups", self.groups)] if self.groups is not None else []
        check_columns(whole, [*(("target", name) for name in target_names(self.target)), *aside])
        separator = self.separator
        if self.kind == "labels" and isinstance(self.target, str) and _holds_lists(whole[self.target]):
            separator = "\0"
            whole[self.target] = [separator.join(map(str, labels)) for labels in whole[self.target]]
        found = read_targets(whole, self.target, self.kind, separator, trained=self.spec is not None)
        groups = None if self.groups is None else whole[self.groups].to_numpy()
        samples = Samples(whole[self.text].tolist(), names=_names(whole), groups=groups, **found)
        begin, cut = 0, {}
        for split, frame in frames.items():
            cut[split] = samples.take(np.arange(begin, begin + len(frame)))
            begin += len(frame)
        return cut

    def frames(self) -> dict[str, pd.DataFrame]:
        """Read the texts: a table of ``train``, and of ``val`` and ``test`` where they are published.

        A row is a text, in the column ``text``, with its targets in those of ``target``; of a language model the texts
        alone. What has them from elsewhere than ``path`` gives this method.
        """
        label = target_names(self.target)[0] if self.kind == "class" else None
        return self._found(self.path, "data.path", label)

    def _found(self, path: str, key: str, label: str | None = None) -> dict[str, pd.DataFrame]:
        if path in SHIPPED:
            return {"train": SHIPPED[path]().rename(columns={"text": self.text})}
        return read_texts(path, key, self.text, label)

    def _texts_alone(self, frame: pd.DataFrame) -> Samples:
        texts, names = frame[self.text].tolist(), _names(frame)
        by_place = self.split_by == "place"
        if not by_place and len(texts) < 3 and self.spec is None:
            raise InputError(
                f"data.path={self.path}: {len(texts)} text(s), too few to be in train, val and test; "
                "allowed with one or more: data.split_by=place"
            )
        if self.groups is not None:
            raise InputError(f"data.groups={self.groups}: texts of a language model are split by themselves; use null")
        x = placed_texts(texts, names, by_place)
        return Samples(x, None, names=x["name"], kind="tokens")

    def learn(self, x: Any) -> dict[str, Any]:
        if self.tokenizer in LEARNED:
            texts = x["text"] if self.kind == "tokens" else x
            return {"tokens": learn_tokens(texts, self.tokenizer, self.max_tokens, self.lowercase)}
        folder = Path(self.tokenizer).expanduser()
        if not folder.exists():
            close = InputError.closest(self.tokenizer, list(LEARNED))
            allowed = f"{', '.join(LEARNED)}, the folder of a Hugging Face tokenizer, a run folder"
            raise InputError(f"data.tokenizer={self.tokenizer}: no such folder{close or f'; allowed: {allowed}'}")
        if (folder / "tokenizer.json").is_file():
            return {"tokens": read_hugging_face(folder)}
        learned = read_pretrained(str(folder), "data.tokenizer").learned or {}
        if "tokens" not in learned:
            raise InputError(f"data.tokenizer={self.tokenizer}: that run was trained on something else than texts")
        return {"tokens": learned["tokens"]}

    def encode(self, x: Any) -> TokenRows:
        return self._passages(x, self.packed).x if self.kind == "tokens" else self._rows(x)

    def encode_targets(self, samples: Samples) -> Any:
        if self.kind != "tokens":
            return super().encode_targets(samples)
        return self._passages(samples.x, self.packed).y

    def _rows(self, x: list[str]) -> TokenRows:
        if self._encoded[0] is not x:
            tokenizer = tokenizer_of(self.learned.get("tokens"))
            tokens = tokenizer(x, self._length)
            self._num_cut += tokens.num_cut
            self._encoded = x, whole_rows(tokens, tokenizer.pad_id)
        return self._encoded[1]

    def _passages(self, x: dict[str, Any], packed: bool) -> Passages:
        """Those of the samples asked for last are kept: input and targets are cut out of the same tokens."""
        if self._encoded[0] is not x:
            tokenizer = tokenizer_of(self.learned.get("tokens"))
            ids = tokenizer.separator_id, tokenizer.pad_id
            tokens = tokenizer(x["text"], whole=False)
            self._encoded = x, Passages(tokens, x["place"], x["name"], self._length, *ids, packed=packed)
        return self._encoded[1]

    @property
    def _length(self) -> int:
        """Tokens of a sample at most; a network that is loaded brings its own."""
        return self.max_length if self.spec is None else int(self.spec.input_shape[0])

    def describe(self, samples: Samples, x: TokenRows) -> Spec:
        tokenizer = tokenizer_of(self.learned.get("tokens"))
        tokens: dict[str, Any] = {"num_tokens": tokenizer.num_tokens, "pad_id": tokenizer.pad_id}
        shape = (self.max_length,)
        if self.kind != "tokens":
            return replace(samples.spec(shape), **tokens)
        entropy = self._passages(samples.x, self.packed).entropy()
        return Spec(shape, "tokens", tokenizer.num_tokens, [], [], num_train=len(x), target_entropy=entropy, **tokens)

    def setup(self, stage: str | None = None) -> None:
        if self.splits:
            return
        super().setup(stage)
        self._encoded = (None, None)
        if self.kind == "tokens":
            rows: dict[str, Any] = {split: dataset.datasets[0] for split, dataset in self.splits.items()}
            self.names = {split: each.names for split, each in rows.items()}

    def read(self, path: str) -> tuple[list[str], Any]:
        frame = self._found(path, "predict")["train"]
        texts, names = frame[self.text].tolist(), _names(frame)
        if self.kind != "tokens":
            return names, self.encode(texts)
        passages = self._passages(placed_texts(texts, names, by_place=False), packed=False)
        return passages.names, StackDataset(passages.x, passages.y)

    @property
    def notes(self) -> list[str]:
        """What the run is to say of the texts: that the ends of some are not read."""
        cut, given = self._num_cut, sum(self.num_samples.values())
        if not cut:
            return []
        return [f"data.max_length={self._length}: {cut:,} of {given:,} texts have more tokens; their ends are left out"]

    @property
    def num_targets(self) -> dict[str, int]:
        """Tokens that are to be told in ``train``, ``val`` and ``test``; of what is no language model those of x."""
        rows: dict[str, Any] = {split: dataset.datasets[0] for split, dataset in self.splits.items()}
        return {split: rows[split].num_tokens for split in ("train", "val", "test")}


def _names(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame[NAME]] if NAME in frame else [str(row) for row in range(len(frame))]


def _holds_lists(column: pd.Series) -> bool:
    return all(isinstance(cell, (list, tuple, np.ndarray)) for cell in column)
