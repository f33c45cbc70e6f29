import os
import signal

import pytest

from epochwise.input_error import InputError
from epochwise.run.run_folder import RunLock


def hold_in_a_child(folder):
    """Take the lock in another process, which then waits to be ended."""
    read, write = os.pipe()
    if child := os.fork():
        assert os.read(read, 1) == b"x"
        return child
    lock = RunLock(folder)
    os.write(write, b"x")
    signal.pause()
    os._exit(int(lock is None))


def end(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_folder_that_a_living_process_writes_to_is_refused(tmp_path):
    child = hold_in_a_child(tmp_path)
    try:
        with pytest.raises(InputError, match=f"process {child} is writing to .*; one at a time"):
            RunLock(tmp_path)
    finally:
        end(child)


def test_a_folder_of_a_process_that_was_killed_is_free(tmp_path):
    end(hold_in_a_child(tmp_path))
    assert (tmp_path / ".lock").exists()
    RunLock(tmp_path).release()


def test_workers_of_a_process_that_was_killed_do_not_hold_its_folder(tmp_path):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        lock = RunLock(tmp_path)
        worker = os.fork()
        if worker:
            os.write(write, f"{worker}\n".encode())
        signal.pause()
        os._exit(int(lock is None))
    with os.fdopen(read) as said:
        worker = int(said.readline())
    try:
        os.kill(child, signal.SIGKILL)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # its number is still taken
        RunLock(tmp_path).release()
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_folder_that_was_let_go_is_free_and_empty(tmp_path):
    RunLock(tmp_path).release()
    assert list(tmp_path.iterdir()) == []
    RunLock(tmp_path).release()


def test_the_lock_names_the_process_that_holds_it(tmp_path):
    lock = RunLock(tmp_path)
    assert (tmp_path / ".lock").read_text() == str(os.getpid())
    lock.release()


@pytest.mark.parametrize("text", ["", "99999999", "x", "{}"])
def test_what_stands_in_a_lock_that_nobody_holds_does_not_matter(tmp_path, text):
    (tmp_path / ".lock").write_text(text)
    RunLock(tmp_path).release()


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_lock_that_is_no_file_is_one_line(tmp_path, make):
    make(tmp_path / ".lock")
    with pytest.raises(InputError, match=r"run_folder: cannot write .*/\.lock"):
        RunLock(tmp_path)


def test_a_lock_is_not_written_through_a_link(tmp_path):
    (tmp_path / "kept").write_text("kept")
    (tmp_path / ".lock").symlink_to(tmp_path / "kept")
    with pytest.raises(InputError, match=r"run_folder: cannot write .*/\.lock"):
        RunLock(tmp_path)
    assert (tmp_path / "kept").read_text() == "kept"
