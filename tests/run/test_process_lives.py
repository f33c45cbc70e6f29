import os
import subprocess
import sys

from epochwise.run.run_folder import process_lives


def test_a_process_lives_until_it_has_ended():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process_lives(str(process.pid))
    process.communicate(b"\n")
    assert not process_lives(str(process.pid))
    assert process_lives(str(os.getpid()))


def test_a_text_that_is_no_number_is_no_process():
    assert not process_lives("x")
