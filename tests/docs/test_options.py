"""The files in ``etc/`` and the options of the code say the same."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ccm.config import Config
from ccm.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "etc" / "ccm.toml"
#: What ships otherwise than its default, since defaults are for trying it out.
OTHERWISE = {("server", "state"): "/var/lib/ccm", ("state", "url"): "redis://127.0.0.1:6379/0"}


def defaults() -> dict[str, dict[str, Any]]:
    shapes = Settings(Config("defaults", {})).shapes
    return {name: msgspec.json.decode(msgspec.json.encode(shape())) for name, shape in shapes.items()}


def in_file(section: str) -> Any:
    found: Any = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    for part in section.split("."):
        found = found.get(part, {})
    return found


def sections(table: dict[str, Any], prefix: str = "") -> set[str]:
    names = set()
    for key, value in table.items():
        if isinstance(value, dict) and (value or prefix + key not in {"components.secret_files"}):
            names |= {prefix + key, *sections(value, f"{prefix}{key}.")}
    return names


@pytest.mark.parametrize("section", sorted(defaults()))
def test_the_shipped_file_has_every_option_with_its_default_and_nothing_else(section: str) -> None:
    expected = {key: OTHERWISE.get((section, key), value) for key, value in defaults()[section].items()}
    below = {name.rpartition(".")[2] for name in defaults() if name.rpartition(".")[0] == section}
    found = {key: value for key, value in in_file(section).items() if key not in below}
    assert found == expected


def test_the_shipped_file_has_no_section_that_nobody_reads() -> None:
    known = set(defaults())
    parents = {name.partition(".")[0] for name in known}
    assert sections(tomllib.loads(SHIPPED.read_text(encoding="utf-8"))) <= known | parents


def test_every_option_and_section_is_explained() -> None:
    before = ""
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        if re.match(r"[a-z_]+ = |\[", line):
            assert re.fullmatch(r"# .*\.", before), f"no sentence above: {line}"
        before = line


@pytest.mark.parametrize("path", sorted((ROOT / "etc").glob("*.toml")), ids=lambda path: path.name)
def test_every_file_is_accepted(path: Path) -> None:
    Settings(Config.load(path))


def test_every_option_is_read_somewhere() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "ccm").rglob("*.py"))
    unread = [
        f"{section}.{key}" for section, keys in defaults().items() for key in keys if not re.search(rf"\.{key}\b", code)
    ]
    assert not unread
