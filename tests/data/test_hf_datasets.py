import sys

import pytest

from epochwise.data.hf_datasets import HFDatasets
from epochwise.input_error import InputError


@pytest.fixture
def saved(tmp_path):
    """A data set as the library saves it: classes as numbers with names, splits by its names."""
    datasets = pytest.importorskip("datasets")
    classes = datasets.ClassLabel(names=["good", "bad"])
    features = datasets.Features({"text": datasets.Value("string"), "label": classes})

    def make(counts, change=None):
        splits = {}
        for split, count in counts.items():
            rows = {"text": [f"{split} text {row}" for row in range(count)], "label": [row % 2 for row in range(count)]}
            splits[split] = datasets.Dataset.from_dict(rows | (change or {}), features=features)
        whole = datasets.DatasetDict(splits) if list(counts) != ["all"] else splits["all"]
        datasets.disable_progress_bars()
        whole.save_to_disk(str(tmp_path / "saved"))
        return str(tmp_path / "saved")

    return make


def ready(path, **settings):
    data = HFDatasets(path=path, **settings)
    data.setup()
    return data


def test_splits_and_names_of_classes_are_those_of_the_data_set(saved):
    data = ready(saved({"train": 20, "validation": 6, "test": 4, "unsupervised": 9}))
    assert data.num_samples == {"train": 20, "val": 6, "test": 4}
    assert data.spec.class_names == ["bad", "good"]
    assert data.splits["val"].datasets[1].tolist() == [1, 0] * 3
    assert {"validation", "unsupervised"}.isdisjoint(data.learned["tokens"]["tokens"])


def test_one_table_is_split_here(saved):
    assert ready(saved({"all": 40})).num_samples == {"train": 28, "val": 6, "test": 6}


def test_texts_alone_make_a_language_model(saved):
    data = ready(saved({"train": 20, "test": 4}), kind="tokens", tokenizer="characters")
    assert data.spec.target == "tokens"


def test_what_cannot_be_used_is_one_line(saved, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"its splits are test; one of them has to be 'train'"):
        ready(saved({"test": 4}))
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="not a data set that save_to_disk wrote"):
        ready(str(tmp_path / "folder"))
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(InputError, match="needs the package datasets, which is not installed: the extra 'hf'"):
        ready(str(tmp_path / "folder"))


def test_a_sample_without_a_class_is_one_line(saved):
    with pytest.raises(InputError, match="the target 'label' is empty in row 1"):
        ready(saved({"train": 20}, {"label": [0, -1] * 10}))
