"""Texts as tokens: which tokens there are, and the numbers of those of a text."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from epochwise.input_error import InputError

#: The first tokens of a vocabulary that is learned here; those of the training texts come after them.
PAD, UNKNOWN, SEPARATOR = 0, 1, 2
NUM_SPECIAL = 3
WORD = re.compile(r"\w+|[^\w\s]")


class Tokens(NamedTuple):
    """The tokens of N texts, one after another.

    Args:
        ids: (M,) int32.
        counts: (N,) int64 tokens of each text, that add up to M.
        num_cut: texts that had more of them than were wanted.
    """

    ids: np.ndarray
    counts: np.ndarray
    num_cut: int = 0


def learn_tokens(texts: Sequence[str], kind: str, max_tokens: int | None, lowercase: bool) -> dict[str, Any]:
    """Learn a vocabulary: the most frequent characters or words of the training texts.

    Args:
        texts: N of them.
        kind: ``characters``, or ``words``: runs of letters, digits and ``_``, and each other sign that is no space.
        max_tokens: how many tokens there are at most, with padding, the unknown and the separator; None: all.
        lowercase: whether capital letters are small ones.

    Returns:
        Plain values, for ``tokenizer_of``. Of equally frequent tokens the first in the alphabet comes first.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        text = text.lower() if lowercase else text
        counts.update(text if kind == "characters" else WORD.findall(text))
    ordered = sorted(counts, key=lambda token: (-counts[token], token))
    kept = ordered if max_tokens is None else ordered[: max(max_tokens - NUM_SPECIAL, 0)]
    return {"kind": kind, "lowercase": lowercase, "tokens": kept}


def read_hugging_face(folder: Path) -> dict[str, Any]:
    """Take over a Hugging Face tokenizer from its folder; nothing is downloaded and no code of the folder is run.

    Args:
        folder: with a ``tokenizer.json``, as ``save_pretrained`` writes it, and perhaps a ``tokenizer_config.json``.

    Returns:
        Plain values, for ``tokenizer_of``. One without a token for padding gets one after its last, since that of the
        end of a text, which others take, would then not be seen.

    Raises:
        InputError: it cannot be read, or the package tokenizers is missing.
    """
    path = folder / "tokenizer.json"
    try:
        written = path.read_text(encoding="utf-8")
        config_path = folder / "tokenizer_config.json"
        config = json.loads(config_path.read_text(encoding="utf-8")) if config_path.is_file() else {}
    except (OSError, ValueError) as error:
        raise InputError(f"data.tokenizer={folder}: not a readable tokenizer ({error})") from error
    tokenizer = _hugging_face(written, f"data.tokenizer={folder}")
    size = len(tokenizer.get_vocab())
    size = max(size, 1 + max(tokenizer.get_vocab().values(), default=0))
    found: dict[str, int | None] = {}
    for name in ("eos_token", "sep_token", "pad_token"):
        token = config.get(name)
        token = token.get("content") if isinstance(token, dict) else token
        found[name] = tokenizer.token_to_id(token) if isinstance(token, str) else None
    separator = next((found[name] for name in ("eos_token", "sep_token") if found[name] is not None), None)
    pad = found["pad_token"] if found["pad_token"] != separator else None
    if pad is None:
        names = ("[PAD]", "<pad>", "<|pad|>")
        pad = next((place for name in names if (place := tokenizer.token_to_id(name)) is not None), None)
    if pad is None:
        pad, size = size, size + 1
    if separator is None:
        separator, size = size, size + 1
    return {"kind": "huggingface", "json": written, "pad_id": pad, "separator_id": separator, "num_tokens": size}


class Tokenizer:
    """Turns texts into tokens by a vocabulary that was learned.

    Args:
        learned: from ``learn_tokens``, or a checkpoint.

    Raises:
        InputError: it is not what ``learn_tokens`` writes.
    """

    pad_id, separator_id = PAD, SEPARATOR

    def __init__(self, learned: Mapping[str, Any]) -> None:
        tokens = learned.get("tokens")
        if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
            raise InputError("data: what is kept of its tokens is not what a data module writes")
        self.by_character = learned["kind"] == "characters"
        self.lowercase = bool(learned.get("lowercase"))
        self.num_tokens = NUM_SPECIAL + len(tokens)
        self._place = {token: place for place, token in enumerate(tokens, NUM_SPECIAL)}

    def __call__(self, texts: Sequence[str], max_length: int | None = None, whole: bool = True) -> Tokens:
        """Encode N texts.

        Args:
            texts: of any length; one without a token becomes a single unknown one.
            max_length: tokens that are kept of each, its first ones; None: all.
            whole: whether each is one sample, and not a piece of a longer text; a Hugging Face tokenizer then puts its
                tokens of beginning and end around it.
        """
        texts = [text.lower() for text in texts] if self.lowercase else texts
        ids, counts = self._characters(texts) if self.by_character else self._words(texts)
        return _cut(ids, counts, max_length)

    def _characters(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        texts = [text or "\0" for text in texts]
        table = np.full(0x110000, UNKNOWN, dtype=np.int32)
        for character, place in self._place.items():
            table[ord(character)] = place
        codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
        return table[codes], np.array([len(text) for text in texts], dtype=np.int64)

    def _words(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        rows = [[self._place.get(word, UNKNOWN) for word in WORD.findall(text)] or [UNKNOWN] for text in texts]
        counts = np.array([len(row) for row in rows], dtype=np.int64)
        return np.fromiter((token for row in rows for token in row), dtype=np.int32, count=int(counts.sum())), counts


class HuggingFaceTokenizer:
    """A tokenizer of the package tokenizers.

    Args:
        learned: from ``read_hugging_face``, or a checkpoint.

    Raises:
        InputError: it is not what ``read_hugging_face`` writes, or the package is missing.
    """

    def __init__(self, learned: Mapping[str, Any]) -> None:
        numbers = [learned.get(name) for name in ("pad_id", "separator_id", "num_tokens")]
        written = learned.get("json")
        if not isinstance(written, str) or not all(isinstance(number, int) for number in numbers):
            raise InputError("data: what is kept of its tokens is not what a data module writes")
        self.pad_id, self.separator_id, self.num_tokens = (int(number) for number in numbers if number is not None)
        self._tokenizer = _hugging_face(written, "data.tokenizer")

    def __call__(self, texts: Sequence[str], max_length: int | None = None, whole: bool = True) -> Tokens:
        """Encode N texts, see ``Tokenizer``; what was cut off stands between its tokens of beginning and end."""
        if max_length is None:
            self._tokenizer.no_truncation()
        else:
            self._tokenizer.enable_truncation(max_length)
        rows = self._tokenizer.encode_batch(list(texts), add_special_tokens=whole)
        ids = [row.ids or [self.separator_id] for row in rows]
        counts = np.array([len(row) for row in ids], dtype=np.int64)
        flat = np.fromiter((token for row in ids for token in row), dtype=np.int32, count=int(counts.sum()))
        return Tokens(flat, counts, sum(bool(row.overflowing) for row in rows))


def tokenizer_of(learned: Any) -> Tokenizer | HuggingFaceTokenizer:
    """The tokenizer of what was learned.

    Raises:
        InputError: nothing of the kind was.
    """
    kind = learned.get("kind") if isinstance(learned, Mapping) else None
    if kind == "huggingface":
        return HuggingFaceTokenizer(learned)
    if kind in ("characters", "words"):
        return Tokenizer(learned)
    raise InputError("data: the network was trained on something else than texts")


def _hugging_face(written: str, key: str) -> Any:
    try:
        from tokenizers import Tokenizer as OfPackage
    except ModuleNotFoundError as error:
        raise InputError(f"{key}: needs the package tokenizers, which is not installed: the extra 'hf'") from error
    try:
        tokenizer = OfPackage.from_str(written)
    except Exception as error:  # of Rust, without a class of its own
        raise InputError(f"{key}: not a readable tokenizer ({' '.join(str(error).split())})") from error
    tokenizer.no_padding()
    return tokenizer


def _cut(ids: np.ndarray, counts: np.ndarray, max_length: int | None) -> Tokens:
    if max_length is None or not (counts > max_length).any():
        return Tokens(ids, counts)
    within = np.arange(len(ids)) - np.repeat(np.cumsum(counts) - counts, counts)
    return Tokens(ids[within < max_length], counts.clip(max=max_length), int((counts > max_length).sum()))
