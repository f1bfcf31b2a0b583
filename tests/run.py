"""
Run everything that must pass: style and types, the dashboard's own tests, then every ring of pytest.

The last line says how many checks passed and failed over all of it, for people and for CI.
"""

import os
import re
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RINGS = (
    ("unit rings", ["-m", "not real and not browser and not long", "-n", "auto"]),
    ("real parts", ["-m", "real and not browser and not long", "-n", "2"]),
    ("browser", ["-m", "browser and not long"]),
)
#: How pytest and node say what became of their tests.
COUNTS = re.compile(r"(\d+) (passed|failed|errors?)\b|^\S*\s*(pass|fail) (\d+)$", re.MULTILINE)
NOTHING_SELECTED = 5


class Score:
    """What has passed and failed so far."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def run(self, what: str, command: list[str]) -> None:
        """Run one step, showing what it says, and count its tests; a step without tests counts as one."""
        print(f"== {what}", flush=True)
        start = time.monotonic()
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        last: list[str] = []
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                last = [*last[-20:], line]
            code = process.wait()
        passed, failed = counts("".join(last))
        if code in (0, NOTHING_SELECTED):
            passed = passed or int(code == 0)
        else:
            failed = failed or 1
        self.passed += passed
        self.failed += failed
        seconds = time.monotonic() - start
        print(f"== {what}: {passed} passed, {failed} failed in {seconds:.0f} s", flush=True)


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
