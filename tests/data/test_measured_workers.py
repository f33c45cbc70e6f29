from types import SimpleNamespace

import pytest

from epochwise.data.image_folder import ImageFolder
from epochwise.input_error import InputError


def folder(root, **settings):
    data = ImageFolder(**{"root": str(root), "image_size": 8, "batch_size": 8, "num_workers": 0, **settings})
    data.setup()
    return data


def test_workers_beside_pictures_in_memory_are_refused():
    with pytest.raises(InputError, match=r"^data\.num_workers=2: .*allowed: auto or 0, or data\.cache=disk$"):
        ImageFolder(cache="memory", num_workers=2)


def test_workers_are_asked_for_where_reading_is_slow(pets, tmp_path, monkeypatch):
    def workers(*seconds, **given):
        clock = iter([time for each in seconds for time in (0.0, each)])
        monkeypatch.setattr("epochwise.data.pictures.measured_workers.perf_counter", lambda: next(clock))
        return folder(pets, num_workers="auto", **given).train_dataloader().num_workers

    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert [workers(0.009), workers(0.011), workers(0.011, cache="memory")] == [0, 2, 0]
    disk = {"cache": "disk", "cache_folder": str(tmp_path)}
    assert [workers(0.009, **disk), workers(0.1, 0.009, **disk), workers(0.1, 0.1, **disk)] == [0, 0, 2]
    # A large batch takes longer to hand over: here one of 6 MB.
    large = {"image_size": 500, "max_train_samples": 8}
    assert [workers(0.015, **large), workers(0.017, **large)] == [0, 2]


def test_processes_share_the_cores_also_where_they_are_known_behind_the_first_loader(pets, monkeypatch):
    monkeypatch.setattr("epochwise.data.pictures.measured_workers.QUICK_BATCH", 0.0)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    data = folder(pets, num_workers="auto")
    before = data.train_dataloader().num_workers
    data.trainer = SimpleNamespace(world_size=4, global_rank=0, overfit_batches=0)
    assert (before, data.train_dataloader().num_workers) == (4, 2)
