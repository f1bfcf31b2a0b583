"""Run everything that must pass: style and types, the dashboard's own tests, then every ring of pytest."""

import os
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


def run(what: str, command: list[str]) -> bool:
    """Run one step, say how long it took. :returns: whether it passed."""
    print(f"== {what}", flush=True)
    start = time.monotonic()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    print(f"== {what}: {'passed' if code == 0 else f'failed ({code})'} in {time.monotonic() - start:.0f} s", flush=True)
    return code == 0


def main() -> int:
    """:returns: 0 if every step passed. A failed step does not keep the later ones from running."""
    passed = True
    if shutil.which("ruff", path=str(Path(sys.executable).parent)):
        passed &= run("ruff check", ["ruff", "check", "."])
        passed &= run("ruff format", ["ruff", "format", "--check", "."])
        passed &= run("mypy", ["mypy"])
    if shutil.which("node"):
        passed &= run("dashboard", ["npm", "--prefix", "static", "test", "--silent"])
    for what, options in RINGS:
        passed &= run(what, [sys.executable, "-m", "pytest", *options, *sys.argv[1:]])
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
