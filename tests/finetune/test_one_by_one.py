import pytest

from epochwise.finetune.bound_plan import one_by_one
from epochwise.finetune.phases import Phase
from epochwise.input_error import InputError

STAGES = {"stem": ["s"], "body": ["b1", "b2"], "head": ["h"]}
HEAD = Phase(0, frozenset({"h"}))


def follow(phases, every_n_epochs=2, frozen=(), max_epochs=None):
    found = one_by_one(phases, every_n_epochs, STAGES, frozenset(frozen), max_epochs, "finetune.every")
    return [(phase.at_epoch, set(phase.unfreeze)) for phase in found[len(phases) :]]


def test_the_stages_follow_from_the_head_down():
    assert follow([HEAD]) == [(2, {"b1", "b2"}), (4, {"s"})]


def test_what_trains_already_or_never_is_left_out():
    assert follow([HEAD, Phase(3, frozenset({"b1"}))], frozen=["s"]) == [(5, {"b2"})]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"max_epochs": 4},
            "got 2, but 'stem' would begin .* at epoch 4, beyond trainer.max_epochs=4; .* at most 1",
        ),
        ({"max_epochs": 2}, "would begin to train at epoch 2, .*; allowed: trainer.max_epochs=3 or more"),
        ({"frozen": ["s", "b1", "b2"]}, "all that may train does so from epoch 0 on"),
    ],
)
def test_what_cannot_follow_is_an_error(settings, line):
    with pytest.raises(InputError, match=line):
        follow([HEAD], **settings)


def test_nothing_follows_on_a_phase_whose_epoch_is_not_known():
    with pytest.raises(InputError, match="nothing can follow by the epoch on a phase that waits for a plateau"):
        follow([HEAD, Phase(None, frozenset({"b1"}))])
