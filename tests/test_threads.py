"""Threads that never keep the process alive."""

import subprocess
import sys
from pathlib import Path

import pytest

_HUNG = """
import sys, threading
from ccm.threads import Threads
threads = Threads(1, 2, "test")
threads.start()
busy = threading.Event()
threads.callInThread(lambda: (busy.set(), threading.Event().wait()))
busy.wait()
if sys.argv[1] == "stop":
    threads.stop()
print("over")
"""


@pytest.mark.parametrize("way", ["stop", "forget"])
def test_a_call_that_never_comes_back_does_not_keep_the_process(way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HUNG, way], cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout) == (0, "over\n"), done.stderr
