import os
import signal
import threading

import pytest

from epochwise.run.end_signals import SIGNALS, TOGETHER, EndRequests, interruptible
from epochwise.run.interrupts import Interrupts


@pytest.fixture(autouse=True)
def listeners():
    before = {signum: signal.getsignal(signum) for signum in (*SIGNALS, signal.SIGCHLD)}
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for signum, listens in before.items():
        signal.signal(signum, listens)


def test_where_hydra_has_only_composed_there_is_no_folder_to_remove(composed):
    composed()
    with pytest.raises(SystemExit), interruptible(first_process=True):
        told(signal.SIGTERM)


def told(*signums):
    for signum in signums:
        os.kill(os.getpid(), signum)


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_before_training_is_one_line_and_the_exit_code_of_a_shell(capsys, signum):
    before = signal.getsignal(signum)
    with pytest.raises(SystemExit) as ended, interruptible(first_process=True):
        told(signum)
    assert ended.value.code == 128 + signum
    assert capsys.readouterr().err == "interrupted\n"
    assert signal.getsignal(signum) == before


def test_a_process_that_is_told_directly_and_with_its_group_clears_away_undisturbed():
    cleared = []

    def work():
        try:
            told(signal.SIGTERM)
        finally:
            told(signal.SIGTERM)
            cleared.append(True)

    with pytest.raises(SystemExit), interruptible(first_process=True):
        work()
    assert cleared


def test_a_library_that_turns_it_into_an_error_of_its_own_changes_nothing():
    def library():
        try:
            told(signal.SIGTERM)
        except KeyboardInterrupt:
            raise ImportError("half imported") from None

    with pytest.raises(SystemExit) as ended, interruptible(first_process=True):
        library()
    assert ended.value.code == 128 + signal.SIGTERM


def test_one_within_another_says_it_once(capsys):
    with pytest.raises(SystemExit) as ended, interruptible(first_process=True), interruptible(first_process=True):
        told(signal.SIGUSR1)
    assert ended.value.code == 128 + signal.SIGUSR1
    assert capsys.readouterr().err == "interrupted\n"


def test_a_rank_that_is_told_with_its_group_goes_on_to_where_all_end_together(capsys):
    with interruptible(first_process=False):
        told(signal.SIGTERM)
        assert Interrupts().asked == signal.SIGTERM
        signal.getsignal(signal.SIGTERM).requests.latest -= TOGETHER
        with pytest.raises(KeyboardInterrupt):
            told(signal.SIGINT)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda signum, frame: None])
def test_what_is_ignored_or_heard_by_a_launcher_stays_so(handler):
    signal.signal(signal.SIGTERM, handler)
    with interruptible(first_process=True):
        told(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == handler


def test_in_a_thread_nothing_is_changed():
    seen = []

    def work():
        with interruptible(first_process=True):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]


def test_signals_that_come_together_are_one_request_and_a_later_one_is_another():
    requests = EndRequests()
    assert [requests.add(signal.SIGTERM), requests.add(signal.SIGINT)] == [True, False]
    requests.latest -= TOGETHER
    assert requests.add(signal.SIGINT)
    assert requests.first == signal.SIGTERM


def test_an_error_that_nobody_asked_for_keeps_its_name():
    with pytest.raises(ZeroDivisionError), interruptible(first_process=True):
        raise ZeroDivisionError


def test_a_data_worker_that_ends_behind_a_request_raises_nowhere():
    """torch's handler of SIGCHLD raises wherever the process stands: once it was the writing of result.json."""

    def as_torch(signum, frame):
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Terminated.")

    signal.signal(signal.SIGCHLD, as_torch)
    with pytest.raises(RuntimeError, match="DataLoader worker"):
        os.kill(os.getpid(), signal.SIGCHLD)
    EndRequests().add(signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGCHLD)
