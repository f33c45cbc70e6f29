"""Whatever is typed gets a line for each fault, or Hydra composes it."""

import pytest
from hydra.errors import HydraException
from hypothesis import given, settings
from hypothesis import strategies as st

KEYS = [
    "model",
    "modle",
    "callbacks",
    "loggers",
    "experiment",
    "data",
    "hydra",
    "hydra/launcher",
    "hydra.run.dir",
    "trainer",
    "trainer.max_epochs",
    "trainer.max_epoch",
    "trainer.devices",
    "optimizer.lr",
    "optimizer.betas",
    "optimizer._target_",
    "model.hidden_sizes",
    "model.hidden_sizes.0",
    "callbacks.best",
    "callbacks.keeper.mode",
    "callbacks.best.mode",
    "spec",
    "spec.num_outputs",
    "monitor",
    "mode",
    "name",
    "seed",
    "nonsense",
    "a.b.c",
    "",
    "model@task",
    "model/net",
    ".",
    "scheduler",
]
VALUES = [
    "net",
    "deep",
    "dep",
    "keeper",
    "csv",
    "[csv,tensorboard]",
    "[]",
    "{}",
    "{a:1}",
    "{_target_:little.Net}",
    "null",
    "",
    "5",
    "-1",
    "3.7",
    "1e-3",
    "true",
    "abc",
    "'5'",
    "${seed}",
    "${nope}",
    "${spec.x}",
    "${model}",
    "${",
    "1,2",
    "net,deep",
    "range(0,3)",
    "range(0,0)",
    "interval(0,1)",
    "glob(*)",
    "choice(a,b)",
    "val/loss",
    "???",
    "[1,[2,{a:${b}}]]",
    "=",
    "nan",
    "little.Keeper.from_folder",
    "inf",
    "shuffle(1,2)",
    "sort(3,1)",
    "int(3.2)",
]
OVERRIDES = st.one_of(
    st.builds(
        "{}{}={}".format, st.sampled_from(["", "", "", "+", "++", "~"]), st.sampled_from(KEYS), st.sampled_from(VALUES)
    ),
    st.builds("~{}".format, st.sampled_from(KEYS)),
    st.text("abmode.=+~@/:[]{}$,'\" 015", max_size=12).filter(lambda text: not text.startswith("-")),
)


@settings(max_examples=50)
@given(overrides=st.lists(OVERRIDES, max_size=4), sweep=st.booleans())
def test_any_command_line_gets_lines_or_composes(lines, composer, overrides, sweep):
    said = lines(*["-m"] * sweep, *overrides)
    assert all("\n" not in line and line for line in said)
    if not said and not sweep:
        try:
            composer.compose(overrides)
        except HydraException as error:
            pytest.fail(f"{overrides} got no line, and Hydra says: {error}")
