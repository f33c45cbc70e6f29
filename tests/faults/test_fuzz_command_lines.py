"""Command lines as nobody means them: each gets an answer or clear lines, soon, and the next one works."""

import io
import logging
import os
import runpy
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from hydra.core.utils import run_job
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from omegaconf import ListConfig

ARGUMENT = st.characters(exclude_characters="\0", exclude_categories=["Cs"])  # what is no text no shell hands over
NUM_COMMAND_LINES = int(os.environ.get("NUM_COMMAND_LINES", "1000"))
FEW = 8
MOST_SECONDS = 10

SCRIPT = """
'''A front door behind which nobody trains.'''
from epochwise.config.check import check
from epochwise.command_line.front_door import front_door

@front_door({name!r})
def main(config):
    check(config, {name!r})
    raise GeneratorExit  # of a sweep the first job is enough, and none has failed

main()
"""


class JobHere:
    """Jobs in this process, where their faults are seen."""

    def __init__(self, context, task, config):
        self.context, self.task = context, task

    def send(self, config):
        self.config = config

    def wait(self):
        return run_job(self.task, self.config, "hydra.sweep.dir", "hydra.sweep.subdir", self.context)

    def close(self):
        return 0


GROUPS = [
    "data",
    "model",
    "task",
    "optimizer",
    "scheduler",
    "stopping",
    "trainer",
    "callbacks",
    "loggers",
    "experiment",
]
VALUES = (
    "", " ", "\t", "\n", "null", "true", "???", "0", "-1", "1e999", "-inf", "nan", "9" * 50, "9" * 5000, "0x1F", "1_0",
    "007", "1,2,3", "[1,2", "[]", "[[[[]]]]", "[" * 300, "[" * 300 + "]" * 300, "{}", "{a:1}", "{_target_:os.system}",
    "{a:{b:{c:[1,{d:2}]}}}", "${seed}", "${oc.env:HOME}", "${oc.env:NOT_SET}", "${oc.env:NOT_SET,x}", "${now:%Y}",
    "${hydra:runtime.cwd}", "${hydra:job.num}", "${spec.num_outputs}", "${spec", "${}", "${.}", "${..seed}", "${a.b}",
    "${${seed}}", "${name}", "${model}", "${oc.create:{a:1}}", "${oc.decode:'[1,2'}", "${nope:1}", "'", '"', "''",
    "'a", "\\", "\\'", "a b", "a=b", "a:b", "a#b", "é", "\u202e", "\ue000", "🙂", "\udc80", "\x1b[31m", "\x07", "../..",
    "/", "~", "nowhere/at/all", "choice(1,2)", "choice()", "range(3)", "range(0,1000000000)", "range(1,2,0)",
    "range(0,1,1e-9)", "interval(0,1)", "interval(5,1)", "glob(*)", "glob([*,mlp])", "sort(3,1,2)", "shuffle(1,2)",
    "int(1.5)", "float(x)", "bool(2)", "str([1])", "json_str({a:1})", "extend_list(1)", "tag(a,1)", "%s", "{0}", "-",
)  # fmt: skip
FLAGS = (
    "--cfg", "job", "hydra", "all", "--cfg=job", "-c", "--help", "-h", "--hydra-help", "--info", "--info=defaults",
    "defaults", "-m", "--multirun", "--run", "-r", "--resolve", "--package", "-p", "trainer", "--config-name",
    "--config-name=evaluate", "--config-name=x", "--config-path=x", "--config-path=.", "--config-path=/",
    "--config-dir", "--config-dir=conf", "--config-dir=.", "-cn", "-cd", "-cp", "--version", "--", "-", "---", "-x",
    "--experimental-rerun=x", "resume=auto", "resume=never", "run=", "run=.", "run=conf", "run=nowhere",
    "+run_folder=x", "run_folder=x", "spec=1",
    "hydra=run_folders", "hydra.run.dir=here", "hydra.mode=MULTIRUN", "hydra.mode=x", "hydra.job.num=x", "hydra=x",
    "hydra.sweep.dir=there", "hydra/launcher=basic", "hydra/launcher=x", "hydra/sweeper=x", "hydra.searchpath=[x]",
    "hydra.searchpath=[file://conf]", "hydra.searchpath=x", "hydra.callbacks=null", "hydra.output_subdir=x",
    "hydra=null", "~hydra", "hydra.job.chdir=true", "hydra.sweeper.max_batch_size=0",
    "hydra.verbose=true", "+hydra.x=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def call(tmp_path_factory, project):
    """Run a front door in this process: exit code, what it printed, what it complained of."""
    place = tmp_path_factory.mktemp("command_lines")
    (place / "conf").symlink_to(project / "conf")
    for name in ("train", "evaluate"):
        (place / f"{name}.py").write_text(SCRIPT.format(name=name))
    make_folder = os.mkdir

    def make_here_alone(path, *rest, **more):
        if not Path(os.path.abspath(path)).is_relative_to(place):
            raise PermissionError(13, "Permission denied", str(path))
        make_folder(path, *rest, **more)

    def ring(*_):
        raise BaseException(f"no answer within {MOST_SECONDS} s")

    def run(name, words):
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace") for _ in range(2))
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(place)
            patch.setattr(os, "mkdir", make_here_alone)  # a mutated path may lead anywhere
            patch.setattr(logging.root, "handlers", [])
            patch.setattr("epochwise.sweep.job_process.JobProcess.fork", JobHere)
            patch.setattr(sys, "argv", [str(place / f"{name}.py"), *words])
            patch.setenv("HYDRA_FULL_ERROR", "1")
            before = signal.signal(signal.SIGPROF, ring)
            signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)  # of computing: others may keep the machine busy
            code = 0
            try:
                runpy.run_path(sys.argv[0], run_name="__main__")
            except SystemExit as end:
                code = end.code or 0
            except GeneratorExit:
                pass
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
                signal.signal(signal.SIGPROF, before)
                for handler in logging.root.handlers:  # train.log of a job, which the end of its process would close
                    handler.close()
            texts = []
            for stream in (out, err):
                stream.flush()
                texts.append(stream.buffer.getvalue().decode())
        return code, *texts

    return run


@st.composite
def changed(draw, text):
    """A text with a few characters dropped, doubled, put in or cut off."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(text)))
        put_in = st.sampled_from([*"~+@=:,.;/'\"\\[]{}()$#-_ \t\n\x1b\x7fé0", "++", "${", "..", "\u2028", "\udcff"])
        match draw(st.sampled_from(["drop", "put", "cut", "double", "swap"])):
            case "drop":
                text = text[:place] + text[place + 1 :]
            case "put":
                text = text[:place] + draw(put_in) + text[place:]
            case "cut":
                text = text[:place]
            case "double":
                text = text[:place] + text[max(0, place - 4) :]
            case "swap":
                text = text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :]
    return text.replace("\0", "")  # no command line holds one


def good_words(composed, project, root):
    """Every choice of a file and every value of the composed config."""
    choices = [f"{g}={p.stem}" for g in GROUPS for p in sorted((project / "src/epochwise/conf" / g).glob("*.yaml"))]
    choices = [f"+{word}" if word.startswith(("callbacks", "loggers")) else word for word in choices]
    values = []

    def walk(node, path):
        for key in node:
            where = f"{path}.{key}" if path else str(key)
            value = node._get_node(key)
            if hasattr(value, "keys"):
                walk(value, where)
                values.append(f"~{where}")
            elif not isinstance(value, ListConfig):
                values.append(f"{where}={'null' if value._value() is None else value._value()}")

    walk(composed(root=root), "")
    return choices, [word for word in values if not word.startswith(("run_folder", "spec", "run="))]


@pytest.fixture(scope="module")
def command_lines(composed, project):
    """A strategy: the front door's name and up to four words."""
    made = []
    for root in ("train", "evaluate"):
        choices, values = good_words(composed, project, root)
        keys = [word.partition("=")[0] for word in [*choices, *values]]
        good = st.sampled_from(choices) | st.sampled_from(values)
        other_value = st.builds(
            "{}{}{}{}".format,
            st.sampled_from(["", "", "", "+", "++", "~", "@", "-", "~~"]),
            st.sampled_from(keys).map(lambda key: key.lstrip("~+")),
            st.sampled_from(["=", "=", "=", "@x=", "", "==", "@:x="]),
            st.sampled_from(VALUES),
        )
        word = good | other_value | other_value | st.sampled_from(FLAGS) | good.flatmap(changed)
        word = word | other_value.flatmap(changed) | st.text(ARGUMENT, max_size=12)
        # One odd word among good ones gets further than four odd ones.
        among = st.tuples(st.lists(good, max_size=2), word, st.lists(good, max_size=1), st.booleans())
        among = among.map(lambda parts: [*parts[0], parts[1], *parts[2], *["-m"] * parts[3]])
        words = among | among | among | st.lists(good, min_size=1, max_size=3) | st.lists(word, min_size=1, max_size=4)
        made.append(st.tuples(st.just(root), words))
    return st.one_of(made[0], made[0], made[0], made[1])


def hold(call, command_lines, count):
    """Every one of so many different command lines gets an answer."""
    seen = set()

    @settings(
        max_examples=count + count // 5,  # a few come twice
        derandomize=True,
        database=None,
        deadline=None,  # the alarm of `call`
        phases=[Phase.generate, Phase.shrink],  # explaining follows every line of every library
        suppress_health_check=list(HealthCheck),
    )
    @given(command_lines)
    def gets_an_answer(example):
        name, words = example
        seen.add((name, *words))
        code, out, err = call(name, words)
        assert code in (0, 2), (code, err)
        if code == 2:
            lines = err.removesuffix("\n").split("\n")
            assert all(line.strip() and line.isprintable() for line in lines), err
            assert "Traceback" not in err and out == ""

    gets_an_answer()
    code, _, err = call("train", ["seed=1", "model=cnn"])
    assert (code, err) == (0, "")  # nothing stands in the way of the next one
    return len(seen)


@pytest.mark.long
def test_a_few_command_lines_get_an_answer_or_clear_lines(call, command_lines):
    assert hold(call, command_lines, FEW) >= FEW


@pytest.mark.faults
def test_command_lines_by_the_thousand_get_an_answer_or_clear_lines(call, command_lines):
    assert hold(call, command_lines, NUM_COMMAND_LINES) >= NUM_COMMAND_LINES
