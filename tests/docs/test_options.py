"""The files in ``etc/`` and the options of the code say the same."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_twisted
from twisted.internet import reactor

from ccm.config import Config
from ccm.rehearsal import rehearse
from ccm.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "etc" / "ccm.toml"
#: What ships otherwise than its default, since defaults are for trying it out.
OTHERWISE = {("server", "state"): "/var/lib/ccm", ("state", "url"): "redis://127.0.0.1:6379/0"}
#: Tables whose keys the operator chooses.
OPEN = {"components.secret_files", "federation.routes", "web.folders"}


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
        if isinstance(value, dict) and (value or prefix + key not in OPEN):
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
@pytest_twisted.ensureDeferred
async def test_a_server_can_start_from_every_file(path: Path) -> None:
    written = tomllib.loads(path.read_text(encoding="utf-8"))
    settings = await rehearse(reactor, Config.load(path))
    for section, table in written.items():
        plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
        kept = msgspec.json.decode(msgspec.json.encode(settings[section])) if plain else {}
        assert {key: kept[key] for key in plain} == plain


#: What code calls the options it was given; a field of anything else is no option.
GIVEN = {"options", "_options", "limits", "_limits", "wire", "sasl", "o"}


def fields_read(source: str) -> set[tuple[str, str]]:
    """Owner and name of every attribute that a source reads; of a longer owner its last part."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute))
    loads = (node for node in nodes if isinstance(node.ctx, ast.Load))
    return {(ast.unparse(node.value).rpartition(".")[2], node.attr) for node in loads}


def options_read(section: str, shape: type, sources: dict[str, str]) -> set[str]:
    """
    The fields of a section that code reads where it can have that section: in the package of its class, where the
    class is imported or asked of a transport's factory, and where the section itself is taken out of the settings.
    """
    package = shape.__module__.split(".")[1]
    found = set()
    for name, source in sources.items():
        imported = re.search(rf"\b{shape.__name__}\b", source) or f"factory.{section}.options." in source
        own = imported or package == name.removesuffix(".py").split("/")[0]
        taken = f'settings["{section}"]' in source
        for owner, field in fields_read(source) if own or taken else ():
            if (own and owner in GIVEN) or (taken and owner != "self"):
                found.add(field)
    return found


def test_every_option_is_read_from_its_own_section() -> None:
    folder = ROOT / "ccm"
    sources = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.py")}
    shapes = Settings(Config("defaults", {})).shapes
    options = defaults()
    unread = [
        f"{section}.{key}"
        for section, shape in shapes.items()
        for key in sorted(options[section].keys() - options_read(section, shape, sources))
    ]
    assert not unread


def test_a_field_of_something_else_is_no_option() -> None:
    class Shape:
        pass

    Shape.__module__ = "ccm.muc.options"
    sources = {
        "muc/room.py": "self.options.read; self.own; room.other; self.options.set = 1",
        "web/pages.py": "options.elsewhere",
        "website.py": 'mine = settings["muc"]\nmine.taken',
    }
    assert options_read("muc", Shape, sources) == {"read", "taken"}
