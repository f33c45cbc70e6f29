"""A text model of Hugging Face's transformers, by a folder, by a name in its cache, or new by its settings."""

import copy
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
from annotated_types import Ge, Gt
from huggingface_hub import constants
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.utils import logging

from epochwise.input_error import InputError
from epochwise.model.stages import stages

#: What of a config is not the network's: it follows from the data, from torch, or would load code.
DROPPED = re.compile(
    r"(id2label|label2id|num_labels|problem_type|architectures|transformers_version|torch_dtype|dtype|auto_map|"
    r"_name_or_path|quantization_config|custom_pipelines|use_kernels|_?\w*(attn|experts)_implementation\w*)$"
)
MOST_NEW = 2  # tokens that the data may have beyond those of the weights: of padding, and between texts
POSITIONS = re.compile(r"position_embeddings?\.|\.wpe\.|embed_positions\.|\.distance_embedding\.")


class Transformers(nn.Module):
    """``AutoModelForSequenceClassification``, or for a language model ``AutoModelForCausalLM``, in float32.

    Padding is masked. Code that lies beside weights is never run: ``trust_remote_code`` is off, and no setting of a
    config that names code is read. Layers are cut into stages as in any network (``model/stages.py``).

    Args:
        input_shape: (T,), T the most tokens of a text.
        num_outputs: number of classes, labels or numbers; of a language model the size of the vocabulary.
        target: kind of target. ``"tokens"``: an answer at each token; any other: one a text.
        num_tokens: size of the vocabulary of the data.
        pad_id: the token of padding.
        name: a folder with a ``config.json``, or a name in Hugging Face's cache; what is not there is downloaded.
            ``None`` where ``config`` says all.
        config: settings of transformers' config, over those of ``name``; with ``model_type`` it is complete, and
            ``name`` is asked for weights alone. A run keeps it complete, so that nothing else is needed to score it.
        pretrained: begin with the weights of ``name``.

    Raises:
        ValueError: the data is no text, or longer, with more tokens or another padding than the model has; there is no
            such model or setting; weights do not fit; a language model that sees later tokens.

    Source:
        Wolf et al. 2020, https://arxiv.org/abs/1910.03771.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        num_outputs: Annotated[int, Gt(0)],
        target: str,
        num_tokens: Annotated[int, Ge(0)],
        pad_id: int,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
        pretrained: bool = False,
    ) -> None:
        super().__init__()
        if not num_tokens:
            raise ValueError(f"transformers takes tokens, these samples are {tuple(input_shape)}; use transformer")
        if pretrained and name is None:
            raise ValueError("pretrained: got true, which asks for name=FOLDER or a name in Hugging Face's cache")
        if name is None and not (config or {}).get("model_type"):
            raise ValueError("name: got null; allowed: a folder, a name in Hugging Face's cache, or config.model_type")
        self.pad_id, self.num_outputs, self.target = pad_id, num_outputs, target
        made = _config(name, dict(config or {}), num_tokens, pad_id)
        vocab_size = made.vocab_size
        if pretrained and 0 < num_tokens - vocab_size <= MOST_NEW:
            made.vocab_size = num_tokens
        _check_text(made, input_shape[0], num_tokens, pad_id, name if pretrained else None)
        #: All that a run has to keep to build the network again.
        self.kept_config: dict[str, Any] = _plain(made.to_diff_dict())
        #: Lines that say what it begins with.
        self.loaded: list[str] = []
        made.num_labels, made.use_cache = num_outputs, False
        if target == "tokens" and hasattr(made, "is_decoder"):
            made.is_decoder = True  # else BERT and its like look ahead
        self.network = self._built(made, name if pretrained else None, vocab_size)
        if target == "tokens":
            self._check_looks_back(num_tokens)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T) tokens to (B, num_outputs); of a language model to (B, T, num_outputs)."""
        mask = x != self.pad_id
        mask[:, 0] = True  # a text without a token would attend to nothing
        logits: Tensor = self.network(input_ids=x, attention_mask=mask.long()).logits
        return logits[..., : self.num_outputs]  # some have more rows of a vocabulary than tokens

    def no_weight_decay(self) -> set[str]:
        """Positions, which decay would draw to one another."""
        return {name for name, _ in self.named_parameters() if POSITIONS.search(name)}

    def _built(self, config: Any, weights: str | None, vocab_size: int) -> nn.Module:
        auto: Any = AutoModelForCausalLM if self.target == "tokens" else AutoModelForSequenceClassification
        given = {"dtype": torch.float32, "trust_remote_code": False}
        try:
            if weights is None:
                network: nn.Module = auto.from_config(config, **given).train()
                return network
            num_tokens, config.vocab_size = config.vocab_size, vocab_size
            found, said = auto.from_pretrained(
                _place(weights),
                config=config,
                local_files_only=constants.HF_HUB_OFFLINE,
                ignore_mismatched_sizes=True,  # of a head for other classes; any other is refused below
                output_loading_info=True,
                **given,
            )
        except ValueError as error:
            if "Unrecognized configuration class" in str(error):  # and hundreds of names
                kind = "language model" if self.target == "tokens" else "classifier"
                raise ValueError(f"transformers has no {kind} of model_type {config.model_type!r}") from error
            raise
        head = set(list(stages(found).values())[-1])
        misfits = {str(one[0]) for one in said["mismatched_keys"]}
        if others := sorted(misfits - head):
            raise ValueError(f"config: {others[0]} has another shape in {weights}; drop what changes it")
        new = sorted(misfits | set(said["missing_keys"]))
        count = len(found.state_dict())
        self.loaded = [f"{count - len(new)} of {count} tensors from {weights}"]
        self.loaded += [f"new here: {', '.join(new[:5])}{' ...' * (len(new) > 5)}"] * bool(new)
        if num_tokens > vocab_size:
            found.resize_token_embeddings(num_tokens, mean_resizing=False)
            self.loaded.append(f"new tokens, which its tokenizer has not: {num_tokens - vocab_size}")
        return nn.Module.train(found)

    @torch.no_grad()
    def _check_looks_back(self, num_tokens: int) -> None:
        """Refuse a language model of which an answer depends on what comes after it."""
        self.network.eval()
        tokens = [token for token in range(num_tokens) if token != self.pad_id]
        one, other = (self(torch.tensor([[tokens[0], token]]))[:, 0] for token in (tokens[0], tokens[-1]))
        self.network.train()
        if (one - other).abs().max() > 1e-5 * one.abs().max():  # what is masked has a weight of exactly 0
            raise ValueError(f"{type(self.network).__name__} sees the token that it is to say: it is no language model")


def _place(name: str) -> str:
    folder = Path(name).expanduser()
    return str(folder) if folder.is_dir() else name


def _config(name: str | None, settings: dict[str, Any], num_tokens: int, pad_id: int) -> Any:
    """The config of a model, with settings over it."""
    settings = _plain(settings)
    kind = settings.pop("model_type", None)
    if kind is not None:
        if kind not in CONFIG_MAPPING:
            raise ValueError(f"config.model_type: got {kind!r}{InputError.closest(str(kind), list(CONFIG_MAPPING))}")
        made = CONFIG_MAPPING[kind]()
        # Its special tokens are those of its own vocabulary.
        special = dict.fromkeys((key for key in vars(made) if key.endswith("_token_id")), None)
        settings = {"vocab_size": num_tokens, **special, "pad_token_id": pad_id, **settings}
    else:
        made = _config_of(str(name))
        settings = {**({} if made.pad_token_id is not None else {"pad_token_id": pad_id}), **settings}
    known = {*made.to_dict(), *made.attribute_map}
    if unknown := [key for key in settings if key not in known]:
        hint = InputError.closest(unknown[0], sorted(known))
        raise ValueError(f"config.{unknown[0]}: no setting of {made.model_type}'s config{hint}")
    plain = _plain(made.to_diff_dict()) | {made.attribute_map.get(key, key): value for key, value in settings.items()}
    try:
        return CONFIG_MAPPING[plain.pop("model_type")](**plain)
    except Exception as error:  # transformers' own checks of values, of many kinds
        raise ValueError(f"config: {' '.join(str(error).split())}") from error


def _config_of(name: str) -> Any:
    try:
        return AutoConfig.from_pretrained(
            _place(name), trust_remote_code=False, local_files_only=constants.HF_HUB_OFFLINE
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        if "trust_remote_code" in reason:
            reason = "its network is code of its own, which is not run"
        elif not Path(name).expanduser().is_dir():
            reason = (
                f"no such folder, and not in Hugging Face's cache, {constants.HF_HUB_CACHE}; it cannot be downloaded"
            )
        raise ValueError(f"name: {name}: {reason}") from error


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the network itself, as YAML has them."""
    found: dict[str, Any] = {}
    for key, value in copy.deepcopy(dict(settings)).items():
        if not DROPPED.match(str(key)):
            found[str(key)] = _plain(value) if isinstance(value, Mapping) else value
    return found


def _check_text(config: Any, length: int, num_tokens: int, pad_id: int, weights: str | None) -> None:
    if config.vocab_size < num_tokens:
        raise ValueError(f"config.vocab_size: {config.vocab_size} are fewer than the {num_tokens} tokens of the data")
    most = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
    if most is not None and length > most:
        raise ValueError(f"texts of up to {length} tokens are longer than its {most} positions")
    if config.pad_token_id != pad_id:
        whose = f"the model {weights}" if weights else "config.pad_token_id"
        raise ValueError(f"pad_id: the data pads with {pad_id}, {whose} with {config.pad_token_id}; use its tokenizer")


logging.disable_progress_bar()
