import pytest

from epochwise.rules.device import device_faults


def tree(compiles, batches=1, cached=False):
    return {
        "compile": compiles,
        "trainer": {"accumulate_grad_batches": batches},
        "finetune": {"cache_features": cached},
    }


@pytest.mark.parametrize("mode", ["reduce-overhead", "max-autotune"])
def test_graphs_do_not_accumulate(mode):
    (line,) = device_faults(tree(mode, batches=4)).values()
    assert line.startswith(f"compile: got {mode}, but the gradients of its CUDA graphs are those of one batch")
    assert line.endswith("allowed with trainer.accumulate_grad_batches=4: true, max-autotune-no-cudagraphs, false")


def test_cached_features_are_not_compiled():
    (line,) = device_faults(tree(True, cached=True)).values()
    assert line == "compile: got true, but finetune.cache_features looks samples up in between; drop one of both"


@pytest.mark.parametrize(
    "given", [tree(False, 4, True), tree(None, 4, True), tree(True, 4), tree("max-autotune-no-cudagraphs", 4), {}]
)
def test_what_goes_together_is_no_fault(given):
    assert device_faults(given) == {}


def sharded(**settings):
    strategy = {"_target_": "epochwise.device.sharded_strategy.ShardedStrategy"}
    return {"trainer": {"strategy": strategy, "precision": settings.pop("precision", "32-true")}, **settings}


@pytest.mark.parametrize(
    ("settings", "key", "line"),
    [
        ({"compile": True}, "compile", "compile: got true, but trainer=fsdp spreads the network over devices; allowed"),
        ({"find": "lr"}, "find", "find: got 'lr', but trainer=fsdp cannot try and go back; allowed with trainer=ddp"),
        ({"channels_last": True}, "channels_last", "channels_last: got true, but trainer=fsdp cuts weights"),
        ({"finetune": {"cache_features": True}}, "finetune.cache_features", "finetune.cache_features: got true, but"),
        ({"precision": "64-true"}, "trainer.precision", "trainer.precision: got '64-true', which trainer=fsdp has not"),
    ],
)
def test_what_needs_the_whole_network_does_not_go_with_one_that_is_spread(settings, key, line):
    faults = device_faults(sharded(**settings))
    assert list(faults) == [key]
    assert faults[key].startswith(line)
    assert "; allowed" in faults[key]


def test_a_network_that_is_spread_goes_with_all_else():
    assert device_faults(sharded(find=None, compile=False, channels_last="auto", finetune={})) == {}
