"""``tests/run.py``: a step that hangs is ended and counts as failed; what a step leaves running holds up nothing."""

import sys
import time

import pytest
import run


def test_a_step_that_hangs_is_ended_with_what_it_started(capsys: pytest.CaptureFixture[str]) -> None:
    score = run.Score()
    begun = time.monotonic()
    score.run("hangs", ["sh", "-c", "sleep 600 & echo 3 passed; wait"], seconds=0.5)
    assert time.monotonic() - begun < 10
    assert score.failed == 1
    assert "== hangs: not done after 0.5 s, so process " in capsys.readouterr().out


def test_a_step_that_ends_is_not_held_up_by_what_it_left_running() -> None:
    score = run.Score()
    begun = time.monotonic()
    score.run("leaves", [sys.executable, "-c", "import os; print('4 passed', flush=True); os.system('sleep 600 &')"])
    assert time.monotonic() - begun < 10
    assert (score.passed, score.failed) == (4, 0)
