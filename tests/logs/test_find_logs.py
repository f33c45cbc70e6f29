import pytest

from epochwise.input_error import InputError
from epochwise.logs.find_logs import find_logs


@pytest.fixture
def tree(tmp_path):
    """Makes empty files, and says which of them are found below the folder."""

    def maker(*files):
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
        return [path.relative_to(tmp_path).as_posix() for path in find_logs(tmp_path)]

    return maker


def test_runs_of_many_tools_are_found_in_the_order_of_their_numbers(tree):
    assert tree(
        "runs/detect/train10/results.csv", "runs/detect/train9/results.csv", "runs/detect/train9/args.yaml",
        "lightning_logs/version_0/metrics.csv", "lightning_logs/version_0/hparams.yaml",
        "lightning_logs/version_0/events.out.tfevents.1.host", "by hand/log.csv", "by hand/second.jsonl",
    ) == [
        "by hand/log.csv", "by hand/second.jsonl", "lightning_logs/version_0/metrics.csv",
        "runs/detect/train9/results.csv", "runs/detect/train10/results.csv",
    ]  # fmt: skip


def test_a_run_of_this_project_is_its_own_log_alone(tree):
    assert tree("epochs.csv", "result.json", "config.yaml", "csv/metrics.csv", "log.txt") == ["epochs.csv"]


def test_runs_of_this_project_beside_each_other_are_found_once_each(tree):
    events, said = "tensorboard/events.out.tfevents.1.host", "predictions/last-test.csv"
    single = ["a/epochs.csv", "a/job.json", f"a/{events}", f"a/{said}", "dry/plan.json"]
    many = [
        f"m/{name}" for name in ("sweep.csv", "folds.csv", "crossval.json", "trials.csv", "study.db", "0/epochs.csv")
    ]
    ladder = ["n/counts.csv", "n/tensorboard/events.out.tfevents.0.counts", "n/epochs-5-seed-0/epochs.csv"]
    assert tree(*single, *many, f"m/0/{events}", *ladder) == [
        "a/epochs.csv",
        "m/0/epochs.csv",
        "n/epochs-5-seed-0/epochs.csv",
    ]


def test_the_folders_of_keras_are_one_training(tree):
    events = [f"fit/{stage}/events.out.tfevents.{n}.host.v2" for stage in ("train", "validation") for n in (1, 2)]
    assert tree(*events, "other/validation/events.out.tfevents.1.host") == [
        "fit/train/events.out.tfevents.1.host.v2", "other/validation/events.out.tfevents.1.host",
    ]  # fmt: skip


def test_of_checkpoints_the_last_holds_the_others(tree):
    files = [f"out/checkpoint-{step}/trainer_state.json" for step in (500, 1000, 1500)]
    assert tree(*files) == ["out/checkpoint-1500/trainer_state.json"]
    assert tree("out/trainer_state.json") == ["out/trainer_state.json"]


def test_the_folder_of_catboost_is_one_training(tree):
    assert tree(
        "catboost_info/learn_error.tsv", "catboost_info/test_error.tsv", "catboost_info/time_left.tsv",
        "catboost_info/catboost_training.json", "catboost_info/learn/events.out.tfevents",
    ) == ["catboost_info/test_error.tsv"]  # fmt: skip


def test_what_a_report_wrote_is_no_log(tree):
    assert tree("log.csv", "log.csv.epochwise/result.json", "epochwise-report/results.json", "a.result.json") == [
        "log.csv"
    ]


def test_links_out_of_a_folder_are_not_followed(tree, tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    assert tree("log.csv") == ["log.csv"]


def test_a_folder_without_a_log_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"runs: no log in .* or below it; allowed: epochs.csv, metrics.csv"):
        find_logs(tmp_path)
    (tmp_path / "log.csv").touch()
    with pytest.raises(InputError, match=r"runs: no file or folder .*log.cvs; did you mean 'log.csv'"):
        find_logs(tmp_path / "log.cvs")
