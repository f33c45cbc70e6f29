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
