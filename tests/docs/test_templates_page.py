"""docs/templates.md, followed to the letter in an empty folder, block after block."""

import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ccm.reporter.template_shape import SHAPES, Attribute, Template

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)(?: title=([^\n]+))?\n(.*?)```", PAGE, re.DOTALL)


def run(command: list[str], folder: Path, path: str) -> str:
    """What a ``ccm`` command prints, errors included."""
    assert command[0] == "ccm"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((path, str(ROOT))), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "ccm.cli.main", *command[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def test_everything_on_the_page_works_in_its_order(tmp_path: Path) -> None:
    for language, title, text in BLOCKS:
        if title:
            (tmp_path / title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / title).write_text(text, encoding="utf-8")
        if title.startswith("acme_ccm/"):
            for package in ("acme_ccm", "acme_ccm/types"):
                (tmp_path / package / "__init__.py").touch()
        if language == "console":
            command, *wanted = text.splitlines()
            # The package of the last part is installed only there: before, nothing of it may be in the way.
            plugins = str(tmp_path) if (tmp_path / "twisted").is_dir() else str(tmp_path / "types")
            printed = run(shlex.split(command.removeprefix("$ ")), tmp_path, plugins)
            place = 0
            for line in wanted:
                found = printed.find(line.rstrip(), place)
                assert found >= 0, f"{command}\n{line}\n---\n{printed}"
                place = found + len(line)


def test_the_table_names_every_key_and_every_shape() -> None:
    table = PAGE.partition("| key | of | means |")[2].partition("\n\n")[0]
    named = set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))
    fields = {*Template.__struct_fields__, *Attribute.__struct_fields__} - {"attribute"}
    assert named == fields
    assert all(f"`{shape}`" in table for shape in SHAPES if shape)


@pytest.mark.long
def test_the_types_in_a_wheel_are_found(tmp_path: Path) -> None:
    for _, title, text in BLOCKS:
        if title and title.startswith(("acme_ccm/", "twisted/", "setup.py", "risk.log")):
            (tmp_path / title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / title).write_text(text, encoding="utf-8")
    for package in ("acme_ccm", "acme_ccm/types"):
        (tmp_path / package / "__init__.py").touch()
    command = [sys.executable, "setup.py", "-q", "bdist_wheel"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    elsewhere.mkdir()
    (elsewhere / "risk.log").write_text((tmp_path / "risk.log").read_text())
    assert "Risk · Approved by kim" in run(["ccm", "replay", "risk.log"], elsewhere, str(installed))
