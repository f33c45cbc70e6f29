import json

import pytest
import torch
from omegaconf import OmegaConf

transformers = pytest.importorskip("transformers")

from epochwise.commands.build_network import build_network  # noqa: E402
from epochwise.finetune.applied_plan import freeze  # noqa: E402
from epochwise.input_error import InputError  # noqa: E402
from epochwise.model.load_weights import load_weights  # noqa: E402
from epochwise.model.stages import stages  # noqa: E402
from epochwise.model.transformers import Transformers  # noqa: E402
from epochwise.task.optimized import decay_groups  # noqa: E402

SIZES = {"num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
BERT = {"model_type": "bert", "hidden_size": 8, "max_position_embeddings": 16, **SIZES}
GPT2 = {"model_type": "gpt2", "n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": 16}
LLAMA = {"model_type": "llama", "hidden_size": 8, "num_key_value_heads": 2, **SIZES}
CONFIGS = {config["model_type"]: config for config in (BERT, GPT2, LLAMA)}
TEXT = {"input_shape": [7], "num_outputs": 3, "target": "class", "num_tokens": 11, "pad_id": 0}
MODEL = {"_target_": "epochwise.model.transformers.Transformers", **TEXT}


def network(kind, **given):
    torch.manual_seed(0)
    return Transformers(**{**TEXT, "config": CONFIGS[kind], **given}).eval()


def language_model(kind, **given):
    return network(kind, target="tokens", num_outputs=11, **given)


def built(resumed=False, **given):
    config = OmegaConf.create({"model": MODEL | given})
    made, lines = build_network(config, ["a", "b", "c"], resumed)
    return made, lines, config


@pytest.fixture
def folder(tmp_path):
    """A model as people save it: five classes of its own, weights in float16."""
    theirs = transformers.AutoConfig.for_model(**BERT, vocab_size=11, num_labels=5, pad_token_id=0)
    made = transformers.AutoModelForSequenceClassification.from_config(theirs, dtype=torch.float16)
    made.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("kind", CONFIGS)
def test_padding_changes_no_answer_and_no_text_is_too_short(kind):
    made, x = network(kind), torch.tensor([[3, 4, 5, 6, 7], [8, 9, 0, 0, 0], [0, 0, 0, 0, 0]])
    answers = made(x)
    assert answers.shape == (3, 3)
    assert answers.isfinite().all()
    assert torch.allclose(answers[1:2], made(x[1:2, :2]), atol=1e-6)


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_language_model_sees_no_token_after_its_own(kind):
    made, x = language_model(kind), torch.tensor([[3, 4, 5, 6, 7]])
    other = torch.tensor([[3, 4, 5, 9, 1]])
    assert made(x).shape == (1, 5, 11)
    assert torch.allclose(made(x)[:, :3], made(other)[:, :3], atol=1e-6)
    assert not torch.allclose(made(x)[:, 3], made(other)[:, 3], atol=1e-6)


def test_a_language_model_that_looks_ahead_is_refused(monkeypatch):
    monkeypatch.setattr(transformers.BertConfig, "is_decoder", property(lambda self: False, lambda self, value: None))
    with pytest.raises(ValueError, match="BertLMHeadModel sees the token that it is to say"):
        language_model("bert")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("bert", ["embeddings", "encoder.layer.0", "encoder.layer.1", "pooler", "classifier"]),
        ("gpt2", ["wte", "h.0", "h.1", "score"]),
        ("llama", ["embed_tokens", "layers.0", "layers.1", "score"]),
    ],
)
def test_embeddings_layers_and_head_are_stages(kind, expected):
    found = stages(network(kind))
    assert [name.partition("network.")[2].partition(".")[2] or name.rpartition(".")[2] for name in found] == expected


def test_a_head_trains_alone_and_positions_are_not_decayed():
    made = network("bert")
    freeze(made, set(list(stages(made).values())[-1]))
    made(torch.tensor([[3, 4]])).sum().backward()
    assert {name for name, one in made.named_parameters() if one.grad is not None} == {
        "network.classifier.weight",
        "network.classifier.bias",
    }
    exempt = {
        name for name, one in made.named_parameters() if any(one is other for other in decay_groups(made)[1]["params"])
    }
    assert "network.bert.embeddings.position_embeddings.weight" in exempt
    assert "network.bert.embeddings.word_embeddings.weight" not in exempt


def test_a_folder_gives_its_weights_in_float32_and_keeps_its_head_for_other_classes(folder):
    made, lines, _ = built(name=str(folder), pretrained=True)
    assert {one.dtype for one in made.parameters()} == {torch.float32}
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    assert torch.equal(made.network.bert.pooler.dense.weight, theirs.bert.pooler.dense.weight)
    assert made.network.classifier.out_features == 3
    assert lines[0].endswith(f"tensors from {folder}")
    assert lines[1] == "new here: classifier.bias, classifier.weight"
    assert made.training
    assert made.network.training


def test_what_a_run_keeps_builds_it_again_without_the_folder(folder):
    made, _, config = built(name=str(folder), pretrained=True, config={"hidden_dropout_prob": 0.3})
    kept = OmegaConf.create(OmegaConf.to_yaml(config))  # as config.yaml has it
    assert kept.model.config.hidden_dropout_prob == 0.3
    for file in folder.iterdir():
        file.unlink()
    again, lines = build_network(kept, [], resumed=True)
    again.load_state_dict(made.state_dict())
    x = torch.tensor([[3, 4, 5]])
    assert torch.equal(again.eval()(x), made.eval()(x))
    assert lines == []
    assert kept.model.config == config.model.config


def test_code_beside_weights_is_never_run(folder, tmp_path):
    sentinel = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(sentinel)!r}, 'w')\n")
    said = json.loads((folder / "config.json").read_text())
    said["auto_map"] = dict.fromkeys(("AutoConfig", "AutoModelForSequenceClassification"), "evil.Net")
    (folder / "config.json").write_text(json.dumps(said))
    _, _, config = built(name=str(folder), pretrained=True)
    assert "auto_map" not in config.model.config
    said["model_type"] = "evil"
    (folder / "config.json").write_text(json.dumps(said))
    with pytest.raises(InputError, match=r"^model: name: .*its network is code of its own, which is not run$"):
        built(name=str(folder))
    assert not sentinel.exists()
    with pytest.raises(TypeError, match="trust_remote_code"):
        Transformers(**TEXT, config=BERT, trust_remote_code=True)


def test_a_kernel_of_a_strangers_is_not_loaded():
    made = network("bert", config={**BERT, "attn_implementation": "stranger/kernel", "_attn_implementation": "a/b"})
    assert made.network.config._attn_implementation in ("sdpa", "eager")
    assert not [key for key in made.kept_config if "implementation" in key]


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_classifier_begins_with_the_layers_of_a_language_model(kind):
    model, classifier = language_model(kind), network(kind)
    lines = load_weights(classifier, model.state_dict(), "there", None)
    assert any(line.startswith("missing there: network.score") for line in lines)
    name = "network.transformer.h.1.mlp.c_fc.weight" if kind == "gpt2" else "network.model.layers.1.mlp.up_proj.weight"
    assert torch.equal(classifier.get_parameter(name), model.get_parameter(name))


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, r"name: got null; allowed: a folder, a name in Hugging Face's cache, or config\.model_type"),
        ({"pretrained": True, "config": BERT}, "pretrained: got true, which asks for name=FOLDER"),
        ({"config": {"model_type": "bort"}}, r"config\.model_type: got 'bort'; did you mean 'bert'"),
        ({"config": BERT | {"hiden_size": 8}}, "hiden_size: no setting of bert's config; did you mean 'hidden_size'"),
        ({"config": BERT | {"vocab_size": 10}}, r"config\.vocab_size: 10 are fewer than the 11 tokens of the data"),
        ({"config": BERT, "input_shape": [17]}, "texts of up to 17 tokens are longer than its 16 positions"),
        ({"config": BERT, "num_tokens": 0, "input_shape": [7, 2]}, "transformers takes tokens, .*use transformer"),
        ({"config": {"model_type": "distilbert"}, "target": "tokens"}, "no language model of model_type 'distilbert'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_line(given, line):
    with pytest.raises(InputError, match=rf"^model: .*{line}[^\n]*$"):
        built(**given)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"pad_id": 1}, "pad_id: the data pads with 1, the model .* with 0; use its tokenizer"),
        (
            {"config": {"hidden_size": 16}},
            r"config: bert\.embeddings\..* has another shape in .*; drop what.*",
        ),
    ],
)
def test_weights_that_do_not_fit_the_data_or_the_settings_are_one_line(folder, given, line):
    with pytest.raises(InputError, match=rf"^model: .*{line}$"):
        built(name=str(folder), pretrained=True, **given)


@pytest.mark.parametrize("target", ["class", "tokens"])
def test_a_token_of_padding_that_the_weights_do_not_have_is_added(tmp_path, target):
    theirs = transformers.GPT2LMHeadModel(transformers.GPT2Config(**{**GPT2, "vocab_size": 10}))
    theirs.save_pretrained(tmp_path)
    given = {"num_tokens": 11, "pad_id": 10, "target": target, "num_outputs": 11 if target == "tokens" else 3}
    made, lines, config = built(name=str(tmp_path), pretrained=True, **given)
    rows = made.network.transformer.wte.weight
    assert rows.shape == (11, 8)
    assert torch.equal(rows[:10], theirs.transformer.wte.weight)
    assert "new tokens, which its tokenizer has not: 1" in lines
    again, _, _ = built(resumed=True, **{**config.model, "name": None})
    again.load_state_dict(made.state_dict())
    x = torch.tensor([[3, 4, 10], [5, 6, 7]])
    assert torch.equal(again.eval()(x), made.eval()(x))
    with pytest.raises(InputError, match=r"10 are fewer than the 13 tokens of the data"):
        built(name=str(tmp_path), pretrained=True, **given | {"num_tokens": 13})


@pytest.mark.parametrize("name", ["nobody/nothing", "models/nothing"])
def test_a_name_that_is_nowhere_is_one_line(name, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(InputError, match=rf"^model: name: {name}: no such folder, and not in [^\n]*$"):
        built(name=name)
