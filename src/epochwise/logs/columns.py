"""What the columns of a table mean, by their names."""

import re
from collections.abc import Iterable

from epochwise.run.epochs_csv import RATE

STAGES = {
    "train": ("train", "training", "trn", "tr", "fit", "learn"),
    "val": ("val", "valid", "validation", "eval", "evaluation", "dev", "holdout", "heldout", "vali", "validate", "va"),
    "test": ("test", "testing", "tst"),
}
STAGE_OF = {word: stage for stage, words in STAGES.items() for word in words}
#: Where a run is, in epochs, optimizer steps, samples or seconds; the number of an epoch is found by itself.
PLACES = {
    "step": ("step", "steps", "global_step", "trainer/global_step", "iteration", "iterations", "iter", "_step"),
    "samples": ("samples", "samples_seen", "seen_samples"),
    "seconds": ("seconds", "epoch_time", "time_per_epoch", "epoch_seconds", "time", "duration", "epoch_duration"),
}
#: The first of these that is there; the others are then no column: ``epochs`` beside ``epoch`` is a setting.
EPOCH = (
    "epoch", "train/epoch", "epoch_num", "epoch_number", "trainer/epoch", "_epoch", "ep", "epochs", "num_epoch",
    "round", "communication_round",
)  # fmt: skip
#: Names of what an empty header of pandas's index becomes.
INDEX = re.compile(r"(unnamed: ?0(_level_0)?|index|)", re.I)
#: What is measured beside training and judges nothing.
NO_SCORE = re.compile(
    r"(.*_)?(time|time_?stamp|wall_?time|walltime|date|datetime|runtime|elapsed|eta|eta_seconds|duration|memory|mem|gpu_mem"
    r"|data_time|samples_per_second|steps_per_second|tokens_per_second|samples_per_s|throughput|fps|it_per_s|speed"
    r"|n_parameters|num_params|params|total_flos|flos|num_tokens|num_input_tokens_seen|tokens_seen"
    r"|grad_norm|gradient_norm|grad_norm_\w+|weight_norm|bad_epochs|patience|patience_counter|wait|seed|batch_size"
    r"|momentum|weight_decay|wd|beta\d?|epsilon|temperature|loss_scale|dur|is_best|best(_\w+)?|\w+_best|fold"
    r"|(duration|time|elapsed)_\w+|(num_)?(train_)?epochs?|support|current_epoch|max_epochs)"
)


def words_of(name: str) -> list[str]:
    """``["train", "loss"]`` for ``trainLoss``, ``Train Loss``, ``train/loss``, ``TRAIN_LOSS``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z]+$)", " ", name.strip())
    return [word for word in re.split(r"[\s_/\-.]+", apart.lower()) if word]


def plain_name(name: str) -> str:
    """A name whose case, blanks and separators do not count: ``train_loss`` of all those."""
    return "_".join(words_of(name))


def stage_and_score(name: str) -> tuple[str | None, str]:
    """Take a name apart.

    Args:
        name: of a column.

    Returns:
        ``train``, ``val``, ``test`` or None, and the rest of the name: ``("val", "loss")`` of ``val_loss``,
        ``Valid Loss``, ``lossVal``, ``eval/loss``, ``dev_loss``. The rest keeps its own spelling, in lower case, where
        the stage stands before it with ``_`` or ``/``.
    """
    plain = name.strip()
    if found := re.fullmatch(r"(?i)(train_eval)/(.+)", plain):
        return "train_eval", found[2]
    if found := re.fullmatch(r"([A-Za-z]+)(?:/|_|\s+|-)(.+)", plain):
        stage = STAGE_OF.get(found[1].lower())
        if stage:
            return stage, _score(found[2])
    words = words_of(plain)
    for place in (0, -1):
        if len(words) > 1 and (stage := STAGE_OF.get(words[place])):
            return stage, _score("_".join(words[1:] if place == 0 else words[:-1]))
    if len(words) > 2:
        for place, word in enumerate(words[1:-1], start=1):
            if stage := STAGE_OF.get(word):
                return stage, "_".join(words[:place] + words[place + 1 :])
    if len(words) == 1 and words[0] in STAGE_OF:
        return STAGE_OF[words[0]], "score"
    return None, plain


#: Of lists that are called by what they hold.
PLURALS = {"losses": "loss", "accuracies": "accuracy", "accs": "acc", "errors": "error", "scores": "score"}


def _score(rest: str) -> str:
    rest = re.sub(r"\s+", "_", rest.strip())
    rest = PLURALS.get(rest.lower(), rest)
    if "/" in rest:
        return rest
    is_word = rest.isupper() or rest.istitle() or "_" in rest  # and not mAP50-95(B), bbox_AP
    return re.sub(r"_epoch$", "", rest.lower() if is_word else rest)


def place_of(name: str) -> str | None:
    """``epoch``, ``step``, ``samples`` or ``seconds`` of a column that says where a run is; else None."""
    plain = _place(name)
    if plain in EPOCH:
        return "epoch"
    return next((place for place, names in PLACES.items() if plain in names), None)


def _place(name: str) -> str:
    return re.sub(r"\s+", "_", name.strip().lower())


def is_no_score(name: str) -> bool:
    """Whether a column holds what judges nothing: times, memory, norms of gradients, counts of parameters."""
    stage, score = stage_and_score(name)
    return bool(NO_SCORE.fullmatch(plain_name(score if stage else name)))


def is_rate(name: str) -> bool:
    """Whether a column is a learning rate: ``lr``, ``lr-Adam``, ``train_lr``, ``LEARNING_RATE``."""
    stage, score = stage_and_score(name)
    return any(RATE.fullmatch(one) for one in (name.strip(), plain_name(name), score if stage == "train" else ""))


def meanings(header: Iterable[str]) -> dict[str, str]:
    """Say what each column of a table is called here.

    Args:
        header: the names in the file, which may have blanks around them.

    Returns:
        Name in the file -> ours: ``epoch``, ``step``, ``samples``, ``seconds``, ``lr``, ``train/loss``, ``val/f1``,
        ``test/loss``; a score whose split the name does not say keeps its name. Left out are scores of single steps
        that are there by the epoch too, and what is no score (``is_no_score``).
    """
    header = list(header)
    taken = {name.strip() for name in header}
    staged = {name: stage_and_score(name) for name in header}
    known = {pair for pair in staged.values() if pair[0]}
    rates = [name for name in header if is_rate(name)]
    any_stage = any(stage in ("train", "val") for stage, _ in known)
    of_fastai = ("val", "loss") in known and ("train", "loss") in known
    epochs = [name for name in header if place_of(name) == "epoch"]
    epoch = min(epochs, key=lambda name: EPOCH.index(_place(name)), default=None)
    names: dict[str, str] = {}
    for name in header:
        plain, (stage, score) = name.strip(), staged[name]
        if plain.endswith("_step") and f"{plain.removesuffix('_step')}_epoch" in taken:
            continue
        place = place_of(plain)
        if name in epochs:
            if name == epoch:
                names[name] = "epoch"
        elif place and place not in names.values():
            names[name] = place
        elif name in rates:
            names[name] = "lr" if len(rates) == 1 else f"lr/{_rate_part(plain)}"
        elif plain == "events":
            names[name] = "events"
        elif is_no_score(name):
            if stage is None and plain in ("grad_norm", "gradient_norm"):
                names[name] = plain
        elif stage:
            names[name] = f"{stage}/{score}"
        elif place or INDEX.fullmatch(plain):
            continue
        elif ("val", _score(plain)) in known or ("val", plain_name(plain)) in known:
            names[name] = f"train/{_score(plain)}"  # Keras, Hugging Face, and who writes `Loss` and `ValLoss`
        elif of_fastai and "train_loss" in taken and "valid_loss" in taken:
            names[name] = f"val/{plain}"
        elif plain.lower() == "loss" and any(stage == "val" for stage, _ in known):
            names[name] = "train/loss"  # `Loss` beside `Val_Acc`
        elif not any_stage and ("loss" in taken or "Loss" in taken) and "/" not in plain:
            names[name] = f"train/{_score(plain)}"  # Keras without validation
        else:
            names[name] = plain
    return _without_clashes(names)


def _rate_part(name: str) -> str:
    part = RATE.fullmatch(name)
    return (part and part[1]) or name


def _without_clashes(names: dict[str, str]) -> dict[str, str]:
    """The later of two columns with one meaning keeps its own name."""
    out: dict[str, str] = {}
    for name, ours in names.items():
        out[name] = ours if ours not in out.values() else name.strip()
    return out
