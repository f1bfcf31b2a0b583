"""
Run everything that must pass: style and types, the dashboard's own tests, then every ring of pytest.

The last line says how many checks passed and failed over all of it, for people and for CI.
"""

import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).resolve().parent.parent
RINGS = (
    ("unit rings", ["-m", "not real and not browser and not long and not machine", "-n", "auto"]),
    ("machines", ["-m", "machine", "-n", "auto"]),
    ("real parts", ["-m", "real and not browser and not long", "-n", "2", "--dist", "loadgroup"]),
    ("browser", ["-m", "browser and not long", "-n", "2"]),
)
#: How pytest and node say what became of their tests.
COUNTS = re.compile(r"(\d+) (passed|failed|errors?)\b|^\S*\s*(pass|fail) (\d+)$", re.MULTILINE)
NOTHING_SELECTED = 5
NEVER_DONE = 1  # whatever code a step ends with that had to be ended
#: How long a step may take; how long it has to end by itself after that; how long its last words are waited for.
STEP_SECONDS = 20 * 60.0
TERMINATE_SECONDS = 15.0
LAST_WORDS_SECONDS = 5.0


class Score:
    """What has passed and failed so far."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def run(self, what: str, command: list[str], seconds: float = STEP_SECONDS) -> None:
        """
        Run one step, showing what it says, and count its tests; a step without tests counts as one.

        A step that takes longer than *seconds* is ended with all that it started, and has failed.
        """
        print(f"== {what}", flush=True)
        start = time.monotonic()
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        last: deque[str] = deque(maxlen=21)
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        # In a thread: what a step leaves running may hold the pipe open after the step itself has ended.
        reader = Thread(target=show, args=(process, last), daemon=True)
        reader.start()
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f"== {what}: not done after {seconds:g} s, so process {process.pid} is ended", flush=True)
            end(process)
            code = NEVER_DONE
        finally:
            signal_group(process, signal.SIGKILL)
        reader.join(LAST_WORDS_SECONDS)
        passed, failed = counts("".join(last))
        if code in (0, NOTHING_SELECTED):
            passed = passed or int(code == 0)
        else:
            failed = failed or 1
        self.passed += passed
        self.failed += failed
        took = time.monotonic() - start
        print(f"== {what}: {passed} passed, {failed} failed in {took:.0f} s", flush=True)


def show(process: "subprocess.Popen[str]", last: deque[str]) -> None:
    """Print what a process says, and keep the last lines."""
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        last.append(line)


def end(process: "subprocess.Popen[str]") -> None:
    """End a process and what it started: kindly first."""
    signal_group(process, signal.SIGTERM)
    try:
        process.wait(TERMINATE_SECONDS)
    except subprocess.TimeoutExpired:
        signal_group(process, signal.SIGKILL)
        process.wait()


def signal_group(process: "subprocess.Popen[str]", number: int) -> None:
    """To all that the process started and that stayed in its group, if any is left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def counts(said: str) -> tuple[int, int]:
    """Passed and failed tests, as the last lines of a step say."""
    passed = failed = 0
    for number, outcome, word, figure in COUNTS.findall(said):
        if outcome == "passed" or word == "pass":
            passed += int(number or figure)
        else:
            failed += int(number or figure)
    return passed, failed


def main() -> int:
    """:returns: 0 if every step passed. A failed step does not keep the later ones from running."""
    score = Score()
    if shutil.which("ruff", path=str(Path(sys.executable).parent)):
        score.run("ruff check", ["ruff", "check", "."])
        score.run("ruff format", ["ruff", "format", "--check", "."])
        score.run("mypy", ["mypy"])
    made = runpy.run_path(str(ROOT / "static" / "build.py"))
    node = made["node_folder"]()
    os.environ["PATH"] = f"{node}{os.pathsep}{os.environ['PATH']}"
    score.run("dashboard", [*made["npm"](node), "--prefix", "static", "test", "--silent"])
    for what, options in RINGS:
        score.run(what, [sys.executable, "-m", "pytest", *options, *sys.argv[1:]])
    print(f"{score.passed} passed, {score.failed} failed", flush=True)
    return 1 if score.failed else 0


if __name__ == "__main__":
    sys.exit(main())
