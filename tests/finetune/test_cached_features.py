import pytest
import timm
import torch
from torch import nn
from torchvision.models import resnet18

from epochwise.commands.train import train
from epochwise.finetune.applied_plan import freeze, frozen_modules
from epochwise.finetune.cached_features import CachedFeatures, FeatureStore, content_keys
from epochwise.finetune.cut import Cut, NothingToCutError
from epochwise.input_error import InputError
from epochwise.model.cnn import CNN
from epochwise.model.mlp import MLP
from epochwise.model.small_resnet import SmallResNet
from epochwise.model.stages import stages

from tests.finetune.cut_off import BASE, cut_and_resumed, whole_run
from tests.outcome import differences

NETWORKS = {
    "mlp": lambda: MLP((1, 8, 8), 3, [4], dropout=0.1),
    "cnn": lambda: CNN((1, 8, 8), 3, [2, 4], dropout=0.1),
    "small_resnet": lambda: SmallResNet((1, 8, 8), 3, widths=[2, 4]),
    "torchvision": lambda: resnet18(num_classes=3),
    "timm": lambda: timm.create_model("test_resnet", num_classes=3),
    "vit": lambda: timm.create_model("test_vit", num_classes=3, img_size=32),
}


def frozen_before(network, *trains):
    """Freeze all but the last stages."""
    cut = list(stages(network).values())
    freeze(network, {name for index in trains for name in cut[index]})
    network.train()
    for module in frozen_modules(network):
        module.training = False
    return network


def batch(name):
    return torch.randn(3, *((3, 32, 32) if name in ("torchvision", "timm", "vit") else (1, 8, 8)))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_cut_before_its_head_and_both_parts_give_what_the_whole_gives(name):
    network, x = frozen_before(NETWORKS[name](), -1), batch(name)
    cut = Cut(network, x)
    features = cut.trunk(x)
    assert not features.requires_grad
    network.eval()
    assert torch.equal(cut.rest(x, features), network(x))
    assert not any("forward" in vars(module) for module in network.modules())


@pytest.mark.parametrize("name", ["small_resnet", "torchvision", "timm"])
def test_it_is_cut_before_the_last_stages_too_and_these_learn_the_same(name):
    network, x = frozen_before(NETWORKS[name](), -1, -2), batch(name)
    cut = Cut(network, x)
    network.eval()
    cut.rest(x, cut.trunk(x)).sum().backward()
    expected = {key: p.grad.clone() for key, p in network.named_parameters() if p.requires_grad}
    network.zero_grad()
    network(x).sum().backward()
    assert all(torch.equal(p.grad, expected[key]) for key, p in network.named_parameters() if p.requires_grad)


def test_a_network_that_does_more_between_its_layers_is_refused():
    class Adds(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.body, self.head = nn.Linear(8, 4), nn.Linear(4, 4), nn.Linear(4, 3)
            self.position = nn.Parameter(torch.zeros(4), requires_grad=False)

        def forward(self, x):
            return self.head(self.body(self.stem(x) + self.position))

    with pytest.raises(ValueError, match="does more before what trains"):
        Cut(frozen_before(Adds(), -1), torch.randn(2, 8))


def test_what_trains_from_the_input_on_is_not_cut():
    with pytest.raises(NothingToCutError):
        Cut(frozen_before(NETWORKS["mlp"](), 0, 1), batch("mlp"))


def runs_of(network):
    runs = []
    network.stem[0].register_forward_hook(lambda *_: runs.append(1))
    return runs


def test_the_trunk_runs_once_for_each_sample_and_again_when_its_weights_change():
    network, x = frozen_before(NETWORKS["small_resnet"](), -1), batch("small_resnet")
    cached = CachedFeatures(network)
    cached.begin()
    network(x)
    runs = runs_of(network)
    assert torch.equal(network(x.flip(0)).flip(0), network(x))
    assert runs == []
    network(torch.cat([x, -x]))
    assert runs == [1]
    with torch.no_grad():
        network.stem[0].weight.copy_(network.stem[0].weight.clone())  # put back as it was
        network(x)
        assert runs == [1]
        network.stem[0].weight.add_(1.0)
        network(x)
        assert runs == [1, 1]
        network.stem[1].running_mean.add_(1.0)
        network(x)
        assert runs == [1, 1, 1]
    cached.end()
    network(x)
    assert runs == [1, 1, 1, 1]


def test_weights_that_were_put_in_unseen_for_another_stage_are_found():
    network, x = frozen_before(NETWORKS["small_resnet"](), -1), batch("small_resnet")
    CachedFeatures(network).begin()
    own = network(x).detach()
    network.eval()
    network.stem[0].weight.data.mul_(2)  # as an average of weights is, which leaves the version alone
    averaged = network(x)
    assert torch.equal(averaged, type(network).forward(network, x))
    frozen_before(network, -1)
    network.stem[0].weight.data.div_(2)
    assert torch.equal(network(x), own) and not torch.equal(averaged, own)


def test_weights_that_change_unseen_within_an_epoch_are_a_line():
    network, x = frozen_before(NETWORKS["small_resnet"](), -1), batch("small_resnet")
    cached = CachedFeatures(network)
    cached.begin()
    network(x)
    cached.hold()
    network.stem[0].weight.data.neg_()
    with pytest.raises(InputError, match=r"frozen weights were changed within an epoch, through .data"):
        cached.hold()


def test_features_of_another_precision_are_not_taken():
    network, x = frozen_before(NETWORKS["small_resnet"](), -1), batch("small_resnet")
    CachedFeatures(network).begin()
    own = network(x).detach()
    with torch.autocast("cpu", torch.bfloat16):
        mixed = network(x).detach()
        assert torch.equal(mixed, type(network).forward(network, x))
    assert torch.equal(network(x), own) and not torch.equal(mixed, own)


def test_what_a_validation_stored_serves_training():
    network, x = frozen_before(NETWORKS["small_resnet"](), -1), batch("small_resnet")
    CachedFeatures(network).begin()
    with torch.inference_mode():
        network(x[:2])
    network(x).sum().backward()
    network(x).sum().backward()
    assert network.head.weight.grad is not None


@pytest.mark.parametrize("most_bytes", [2**30, 100])
def test_rows_are_found_again_in_memory_and_in_a_mapped_file(most_bytes):
    store, x = FeatureStore(most_bytes), torch.randn(600, 5)
    keys = content_keys(x)
    assert store.get(keys[:1]) is None
    for start in (0, 100, 300, 200, 400, 500):
        store.put(keys[start : start + 100], 2 * x[start : start + 100])
    assert torch.equal(store.get(keys[::-1]), 2 * x.flip(0))
    store.clear()
    assert store.get(keys[:1]) is None


def test_samples_are_known_by_their_content():
    x = torch.randn(2, 3)
    keys = content_keys(torch.stack([x[0], x[1], x[0], x[0] + 1e-6]))
    assert keys[0] == keys[2]
    assert len(set(keys)) == 3


CACHED = [one for one in BASE if "lr_decay" not in one]


@pytest.mark.long
def test_a_run_with_cached_features_is_the_run_without_also_when_it_is_gone_on_with(tmp_path, composed):
    plain = whole_run(tmp_path / "plain", composed, CACHED)
    cached = [*CACHED, "finetune.cache_features=true"]
    whole = whole_run(tmp_path / "whole", composed, cached)
    losses = [[row["train/loss"] for row in one["rows"]] for one in (plain, whole)]
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)
    assert differences(cut_and_resumed(tmp_path / "cut", composed, cached, (1, "mid-epoch")), whole) == []


@pytest.mark.long
@pytest.mark.parametrize(
    "averages",
    [
        pytest.param(["+callbacks=ema", "callbacks.ema.decay=0.9"], id="ema"),
        pytest.param(["optimizer=schedule_free"], id="schedule free", marks=pytest.mark.ranks),
    ],
)
def test_an_average_of_weights_is_cached_as_it_is_also_where_layers_freeze_later(tmp_path, composed, averages):
    phases = "finetune.phases=[{at_epoch:0,unfreeze:all},{at_epoch:2,freeze:backbone}]"
    base = [one for one in CACHED if "phases" not in one]
    plain = [*base, phases, "finetune.frozen=[0]", "trainer.max_epochs=4", "optimizer.lr=0.01", *averages]
    expected = whole_run(tmp_path / "plain", composed, plain)
    cached = [*plain, "finetune.cache_features=true"]
    whole = whole_run(tmp_path / "whole", composed, cached)
    for name in ("train/loss", "val/loss", "train_eval/loss"):
        losses = [[row[name] for row in one["rows"]] for one in (expected, whole)]
        assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    best, last = (whole["checkpoints"][name] for name in ("best", "last"))
    frozen = [name for name in last["state_dict"] if name.startswith("network.stem")]
    assert frozen and all(torch.equal(best["state_dict"][name], last["state_dict"][name]) for name in frozen)
    assert differences(cut_and_resumed(tmp_path / "cut", composed, cached, (2, "mid-epoch")), whole) == []


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["data.augment={_target_:torchvision.transforms.v2.RandomCrop,size:8,padding:1}"], "data.augment draws each"),
        (["finetune.frozen_mode=train"], "with finetune.frozen_mode=train features depend on their batch"),
        (["finetune=layerwise"], "nothing is frozen at the start"),
    ],
)
def test_features_that_change_are_not_cached(tmp_path, composed, overrides, line):
    base = [one for one in CACHED if "finetune" not in one]
    with pytest.raises(InputError, match=f"finetune.cache_features: got True, but {line}"):
        train(composed(*base, "finetune=head", *overrides, "finetune.cache_features=true", run_folder=tmp_path))
    assert not (tmp_path / "config.yaml").exists()
