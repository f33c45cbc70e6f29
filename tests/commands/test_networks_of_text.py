"""Networks of text, trained as one types it: from a language model to a classifier, gone on with and scored again."""

import json

import pytest
import torch

from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train

QUICK = ("~callbacks.progress_bar", "~callbacks.model_summary", "~callbacks.train_eval", "~loggers.tensorboard")
GPT2 = "{model_type: gpt2, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 16}"
SMALL = {
    "lstm": ["model=lstm", "model.embedding_size=16", "model.hidden_size=16", "model.num_layers=2"],
    "transformer": ["model=transformer", "model.width=16"],
    "transformers": ["model=transformers", f"model.config={GPT2}"],
}
GRADUAL = ["finetune=gradual", "finetune.one_stage_every_n_epochs=0.5"]
PLANS = {"gradual": GRADUAL, "head": ["finetune=head"], "layerwise": ["finetune=layerwise"], "lora": ["finetune=lora"]}


@pytest.fixture(params=SMALL)
def network(request):
    if request.param == "transformers":
        pytest.importorskip("transformers")
    return SMALL[request.param]


@pytest.fixture
def trained_on(composed, tmp_path):
    """Train on short texts that tell animals from colours, for two epochs unless it is told otherwise."""
    animals, colours = ["cat", "dog", "bird", "fish", "horse"], ["red", "green", "blue", "black", "white"]
    rows = [f"{' '.join((animals, colours)[i % 2][(i + k) % 5] for k in range(2 + i % 5))},{i % 2}" for i in range(60)]
    (tmp_path / "texts.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    data = ["data=text", f"data.path={tmp_path / 'texts.csv'}", "data.max_length=8", "trainer.max_epochs=2"]

    def run(name, *overrides):
        train(composed(*data, *QUICK, "name=test", *overrides, run_folder=tmp_path / name))
        return tmp_path / name

    return run


def weights(folder, which="last"):
    return torch.load(folder / f"checkpoints/{which}.ckpt", weights_only=True)["state_dict"]


@pytest.mark.long
def test_a_language_model_begins_a_classifier_that_is_scored_again_as_it_was(trained_on, network, composed):
    model = trained_on("model", *network, "data.kind=tokens", "task=language_model")
    begins = [f"model.pretrained={model}", f"data.tokenizer={model}"]
    classifier = trained_on("classifier", *network, *begins, "finetune=head")
    theirs, ours = weights(model, "best"), weights(classifier)
    layers = [name for name in ours if ".head." not in name and ".score." not in name]
    assert len(layers) > 5
    assert all(torch.equal(ours[name], theirs[name]) for name in layers)
    result = json.loads((classifier / "result.json").read_text())
    scores = evaluate(composed(f"run={classifier}", root="evaluate"), tells=False)
    assert scores["loss"] == pytest.approx(result["test"]["loss"], abs=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("plan", PLANS)
def test_a_run_that_is_stopped_on_the_way_ends_as_one_that_is_not(trained_on, network, plan):
    if plan == "lora":
        pytest.importorskip("peft")
        if "model=lstm" in network:
            pytest.skip("has no linear layer beside its head")
    whole = trained_on("whole", *network, *PLANS[plan])
    trained_on("cut", *network, *PLANS[plan], "+trainer.max_steps=3")
    gone_on = trained_on("cut", *network, *PLANS[plan], "+resume=auto")
    theirs, ours = weights(whole), weights(gone_on)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
