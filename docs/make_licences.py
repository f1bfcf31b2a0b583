"""Write ``docs/licences.md``: the licence of every Python package that the server needs, as its metadata says."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "licences.md"

HEAD = """# Licences

CCM is under the [Apache License 2.0](../LICENSE). Nothing third-party is in its repository, and in its wheel only the
scripts and fonts of the dashboard, whose licences are beside them in `ccm/static/THIRD-PARTY-LICENSES.txt`.

These packages are installed with it, in the versions of `requirements/run.txt`; each brings its own licence text.
Made by `docs/make_licences.py` from their metadata.

| package | version | licence |
|---|---|---|
"""

TAIL = """
Tools that nobody needs to run, test or build CCM: [scikit-learn](https://scikit-learn.org/) (BSD-3-Clause) trains the
reporter's linear model (`training/likeness.py`); neither it nor any code of it is installed or in the wheel. The model
itself (`ccm/reporter/likeness.json`) is trained on talks written for it (`training/talks/`), under CCM's own licence.
"""


def licence(name: str) -> str:
    """What the package says: its licence expression, classifier, or field."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return "(only on another platform)"
    if about.get("License-Expression"):
        return about["License-Expression"]
    classifiers = [
        line.rpartition(":: ")[2] for line in about.get_all("Classifier") or () if line.startswith("License ::")
    ]
    free_text = (about.get("License") or "").strip().split("\n")[0]
    return ", ".join(classifiers) or free_text or "see the package"


def text() -> str:
    """The whole page."""
    locked = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    rows = [
        f"| {name} | {version} | {licence(name)} |"
        for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", locked, re.MULTILINE)
    ]
    return HEAD + "\n".join(rows) + "\n" + TAIL


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
