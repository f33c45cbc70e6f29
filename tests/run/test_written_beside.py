import os
from collections import OrderedDict
from threading import Event, current_thread, main_thread

import pytest
import torch

from epochwise.run.written_beside import HostCopy, Writer

MOST = 10_000


def test_jobs_are_done_in_order_beside_the_one_who_asked():
    writer, done, began = Writer(), [], Event()
    go = Event()

    def slow():
        began.set()
        go.wait()
        done.append(("slow", current_thread() is main_thread()))

    writer.add(slow)
    began.wait()
    writer.add(lambda: done.append("quick"))
    assert done == []
    go.set()
    writer.wait()
    assert done == [("slow", False), "quick"]


def test_what_failed_is_raised_once_and_what_was_to_follow_is_left_out():
    writer, done = Writer(), []
    began, go = Event(), Event()

    def fails():
        began.set()
        go.wait()
        raise OSError(28, "No space left on device")

    writer.add(fails)
    began.wait()
    writer.add(lambda: done.append("behind it"))
    go.set()
    writer.settle()
    with pytest.raises(OSError, match="No space"):
        writer.wait()
    writer.wait()
    assert done == []
    writer.add(lambda: done.append("later"))
    writer.wait()
    assert done == ["later"]


def test_no_process_is_forked_in_the_midst_of_a_job_and_both_can_go_on():
    writer, done = Writer(), []
    began, go = Event(), Event()

    def slow():
        began.set()
        go.wait(0.2)
        done.append(os.getpid())

    writer.add(slow)
    began.wait()
    if (child := os.fork()) == 0:
        if done != [os.getppid()]:
            os._exit(1)
        writer.add(lambda: done.append("child"))
        writer.wait()
        os._exit(0 if done[1:] == ["child"] else 2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    writer.add(lambda: done.append("parent"))
    writer.wait()
    assert done == [os.getpid(), "parent"]


def test_a_copy_is_written_as_what_it_is_of_and_stays_when_that_changes(tmp_path):
    weight = torch.arange(6.0)
    layer = torch.nn.Linear(2, 2)
    rows = [{"epoch": 0, "loss": 0.5}]
    value = OrderedDict(weight=weight, part=weight[2:4], turned=weight.view(2, 3).T, rows=rows, again=rows)
    value.update(half=torch.ones(2, dtype=torch.bfloat16), empty=torch.empty(0), parameter=layer.weight, pair=(1, "a"))
    value.update(state=layer.state_dict(), no=None)
    torch.save(value, tmp_path / "own.pt")
    copied = HostCopy(value, MOST).value
    torch.save(copied, tmp_path / "cop.pt")
    assert (tmp_path / "cop.pt").stat().st_size == (tmp_path / "own.pt").stat().st_size
    weight.fill_(9.0)
    rows.append({"epoch": 1})
    rows[0]["loss"] = 0.25
    now, copied = (torch.load(tmp_path / name, weights_only=True) for name in ("own.pt", "cop.pt"))
    assert list(now) == list(copied)
    assert copied["part"].tolist() == [2.0, 3.0]
    assert copied["part"].untyped_storage().data_ptr() == copied["weight"].untyped_storage().data_ptr()
    assert copied["turned"].stride() == (1, 3)
    assert copied["rows"] == [{"epoch": 0, "loss": 0.5}]
    assert copied["again"] is copied["rows"]
    assert copied["half"].dtype == torch.bfloat16
    assert copied["parameter"].requires_grad
    assert isinstance(copied["parameter"], torch.nn.Parameter)
    assert copied["state"]._metadata == now["state"]._metadata


def test_what_holds_itself_is_copied_so():
    value = {}
    value["self"] = value
    copied = HostCopy(value, MOST).value
    assert copied["self"] is copied is not value


@pytest.mark.parametrize(
    "value",
    [torch.zeros(MOST), object(), torch.eye(2).to_sparse(), torch.zeros(2, dtype=torch.complex64).conj()],
    ids=["too large", "an object", "sparse", "conjugate"],
)
def test_what_is_no_plain_value_or_too_large_is_not_copied(value):
    with pytest.raises(ValueError, match=r"tensor|plain|large"):
        HostCopy({"it": value}, MOST)


def test_tensors_of_an_inference_are_copied_too(tmp_path):
    with torch.inference_mode():
        copied = HostCopy({"weights": torch.ones(3)}, MOST)
    torch.save(copied.value, tmp_path / "copy")
    assert copied.num_bytes == 12
    assert torch.load(tmp_path / "copy", weights_only=True)["weights"].tolist() == [1.0, 1.0, 1.0]
