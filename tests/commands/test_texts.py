"""A language model on a few texts, and a classifier that begins with its weights, from data to predictions."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from epochwise.commands.build import build
from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train
from epochwise.data.target import IGNORE
from epochwise.input_error import InputError
from epochwise.resume.restore import restore

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "name=test")
SMALL = ("model=lstm", "model.embedding_size=8", "model.hidden_size=16", "data=text", "data.max_length=12", *QUICK)
WORDS = ["one two three four", "red green blue", "up down left right"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Thirty texts, ten of each of three classes, in a folder a class."""
    folder, random = tmp_path_factory.mktemp("texts"), np.random.default_rng(0)
    for number in range(30):
        words = WORDS[number % 3].split()
        path = folder / f"{'abc'[number % 3]}/{number:02}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(" ".join(random.choice(words, 3 + number)))
    return folder


@pytest.fixture(scope="module")
def model_of_language(tmp_path_factory, composed, texts):
    folder = tmp_path_factory.mktemp("language_model")
    given = (f"data.path={texts}", "data.kind=tokens", "task=language_model", "trainer.max_epochs=8")
    train(composed(*SMALL, *given, "data.batch_size=4", "optimizer.lr=0.03", run_folder=folder))
    return folder


@pytest.mark.parametrize("what_becomes", ["gone", "of other texts"])
def test_a_run_goes_on_without_the_run_whose_tokens_it_took(model_of_language, tmp_path, composed, texts, what_becomes):
    place = shutil.copytree(model_of_language, tmp_path / "model")
    given = (*SMALL, f"data.path={texts}", f"data.tokenizer={place}", "trainer.max_epochs=2", "scheduler=none")
    folders = [tmp_path / name for name in ("whole", "cut")]
    for folder in folders:
        train(composed(*given, run_folder=folder))
    train(composed(*given, "resume=auto", "trainer.max_epochs=3", run_folder=folders[0]))
    shutil.rmtree(place)
    if what_becomes == "of other texts":
        (tmp_path / "few.txt").write_text("but a few words " * 20)
        other = (f"data.path={tmp_path}/few.txt", "data.kind=tokens", "task=language_model", "data.split_by=place")
        train(composed(*SMALL, *other, "trainer.max_epochs=1", run_folder=place))
    train(composed(*given, "resume=auto", "trainer.max_epochs=3", run_folder=folders[1]))
    whole, cut = (torch.load(f"{folder}/checkpoints/last.ckpt", weights_only=True) for folder in folders)
    assert all(torch.equal(whole["state_dict"][name], value) for name, value in cut["state_dict"].items())


def test_scores_of_a_language_model_are_those_of_a_loop_by_hand(model_of_language, composed, texts):
    scores = evaluate(composed(f"run={model_of_language}", root="evaluate"))
    run = restore(model_of_language, "best")
    data = composed("data=text", f"data.path={texts}", "data.kind=tokens", "data.max_length=12", "data.batch_size=5")
    module = build(data, "data")
    module.load_state_dict(run.data_state)
    module.setup()
    total = count = 0.0
    with torch.no_grad():
        for x, y in module.test_dataloader():
            output = run.task.network.eval()(x).double()
            total += float(F.cross_entropy(output.flatten(0, 1), y.flatten(), ignore_index=IGNORE, reduction="sum"))
            count += int((y != IGNORE).sum())
    assert scores["loss"] == pytest.approx(total / count, abs=1e-6)
    assert scores["perplexity"] == pytest.approx(np.exp(total / count), abs=1e-5)
    table = pd.read_csv(model_of_language / "predictions/test.csv")
    assert table["tokens"].sum() == count == module.num_targets["test"]
    assert (table["loss"] * table["tokens"]).sum() / count == pytest.approx(scores["loss"], abs=1e-6)


def test_a_language_model_learns_more_than_the_shares_of_its_tokens(model_of_language):
    rows = pd.read_csv(model_of_language / "epochs.csv")
    spec = restore(model_of_language, "best").config.spec
    assert rows["val/loss"].iloc[-1] < spec.target_entropy
    result = json.loads((model_of_language / "result.json").read_text())
    assert result["test"]["perplexity"] == pytest.approx(np.exp(result["test"]["loss"]))


def test_an_own_text_is_scored(model_of_language, composed, tmp_path):
    (tmp_path / "like.txt").write_text("red blue green red blue green")
    (tmp_path / "other.txt").write_text("green down one blue two red")
    evaluate(composed(f"run={model_of_language}", f"predict={tmp_path}", root="evaluate"))
    table = pd.read_csv(model_of_language / f"predictions/of-{tmp_path.name}.csv")
    assert table["sample"].tolist() == ["like", "other"]
    assert table["tokens"].tolist() == [7, 7]
    assert table["perplexity"][0] < table["perplexity"][1]


def test_a_classifier_begins_with_the_weights_and_the_tokens_of_a_language_model(
    model_of_language, composed, texts, tmp_path, capsys
):
    given = (f"data.path={texts}", f"model.pretrained={model_of_language}", "trainer.max_epochs=1")
    for name in ("run", "other"):
        (tmp_path / name).mkdir()
    train(composed(*SMALL, *given, f"data.tokenizer={model_of_language}", run_folder=tmp_path / "run"))
    told = capsys.readouterr().out
    learned = [restore(folder, "best").data_state["learned"] for folder in (tmp_path / "run", model_of_language)]
    assert learned[0] == learned[1]
    assert f"tensors from {model_of_language}/checkpoints/best.ckpt" in told
    with pytest.raises(InputError, match=rf"other tokens than this data has; .*data.tokenizer={model_of_language}$"):
        train(composed(*SMALL, *given, "data.lowercase=true", "data.max_tokens=6", run_folder=tmp_path / "other"))


def test_a_run_tells_its_epochs_in_tokens_and_that_texts_are_cut(composed, texts, tmp_path, capsys):
    given = (f"data.path={texts}", "trainer.max_epochs=1", "data.max_length=8")
    train(composed(*SMALL, *given, run_folder=tmp_path))
    told = capsys.readouterr().out
    assert "20 train, 5 val, 5 test samples of at most 8 tokens, 3 classes" in told
    assert re.search(r"an epoch  20 samples, 1\d\d tokens, in 1 batch: 1 optimizer step of 20 samples each", told)
    assert "data.max_length=8: 24 of 30 texts have more tokens; their ends are left out" in told


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (["data.kind=tokens"], "task: the target of this data is the next token; use task=language_model"),
        (["task=language_model"], "task: the target of this data is a class; use task=classification"),
        (["model=mlp"], r"model: .*MLP does not take .*; tokens take model=lstm, transformer or transformers: "),
    ],
)
def test_what_does_not_take_texts_is_one_line(composed, texts, tmp_path, given, line):
    with pytest.raises(InputError, match=rf"^{line}") as told:
        train(composed(*QUICK, "data=text", f"data.path={texts}", "model=lstm", *given, run_folder=tmp_path))
    assert len(told.value.lines) == 1


@pytest.mark.long
def test_a_model_of_hugging_face_learns_on_with_the_tokenizer_of_its_folder(composed, texts, tmp_path):
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = {word: place for place, word in enumerate(["[UNK]", "</s>", *" ".join(WORDS).split()])}
    model = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    model.pre_tokenizer = Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=model, eos_token="</s>", unk_token="[UNK]")
    tokenizer.save_pretrained(tmp_path / "model")
    sizes = {"n_embd": 8, "n_layer": 1, "n_head": 1, "n_positions": 16, "vocab_size": len(words)}
    transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes)).save_pretrained(tmp_path / "model")
    given = ("data=text", f"data.path={texts}", "data.max_length=12", f"data.tokenizer={tmp_path}/model")
    given += ("model=transformers", f"model.name={tmp_path}/model", "model.pretrained=true", "trainer.max_epochs=1")
    for kind, task in (("class", "classification"), ("tokens", "language_model")):
        (tmp_path / kind).mkdir()
        train(composed(*QUICK, *given, f"data.kind={kind}", f"task={task}", run_folder=tmp_path / kind))
        scores = evaluate(composed(f"run={tmp_path / kind}", root="evaluate"))
        assert scores == pytest.approx(json.loads((tmp_path / kind / "result.json").read_text())["test"], abs=1e-6)
