"""The rules of ``docs/architecture.md`` about who imports whom, read from the source itself."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import ccm

ROOT = Path(ccm.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)
MAX_LINES = 400

ONE_PAGE = {"interfaces.py", "records.py"}  # what all share, on one page each, is worth more than its length
VOCABULARY = {"errors", "bounds", "interfaces", "records", "config", "address", "namespaces", "wokkel_imports"}
LAYER = dict.fromkeys(VOCABULARY, 0) | {
    "wire": 1,
    "session": 2,
    "router": 3,
    "reporter": 3,
    "pubsub": 3,
    "threads": 3,
    "passwords": 3,
    "people": 3,
    "media": 3,
    "networks": 3,
    "certificate_names": 3,
    "modules": 4,
    "muc": 4,
    "components": 4,
    "publish": 4,
    "summarizers": 4,
    "store": 4,
    "web": 4,
    "transports": 4,
    "federation": 4,
}
ASSEMBLY = {
    "service",
    "house",
    "virtual_hosts",
    "doors",
    "website",
    "departures",
    "component_service",
    "federation_service",
    "durability",
    "certificate_doubts",
    "listening",
    "rehearsal",
    "load",
    "settings",
    "running",
    "state_folder",
    "twistd",
    "cli",
}
FOR_TESTS = "testing"
TOP = 5
LAYER |= dict.fromkeys(ASSEMBLY, TOP)
UNLAYERED = {"__init__", FOR_TESTS}
ROW_4 = {name for name, layer in LAYER.items() if layer == 4}
PURE = {name for name, layer in LAYER.items() if layer < 4} | {"muc"}
CLOCKS = {
    f"time.{name}" for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
}
CLOCKS |= {f"datetime.{name}" for name in ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")}


def package_of(path: Path) -> str:
    """``"wire"`` for ``ccm/wire/stanza.py``, ``"errors"`` for ``ccm/errors.py``."""
    part = path.relative_to(ROOT).parts[0]
    return part.removesuffix(".py")


def imports(path: Path, *, with_type_checking: bool) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a file imports, also inside functions."""

    def walk(node: ast.AST) -> Iterator[tuple[int, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                if with_type_checking:
                    yield from walk(child)
                for other in child.orelse:
                    yield from walk(other)
            elif isinstance(child, ast.Import):
                yield from ((child.lineno, alias.name) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}:{child.lineno}: imports are absolute"
                yield from ((child.lineno, f"{child.module}.{alias.name}") for alias in child.names)
            else:
                yield from walk(child)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")))


def clocks_read(source: str) -> set[str]:
    """Dotted names of the clocks a source speaks of, called or handed on, whatever it calls them."""
    tree = ast.parse(source)
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, dot, rest = ast.unparse(node).partition(".")
            found.add(known.get(first, "") + dot + rest)
    return found & CLOCKS


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 30
    assert {package_of(path) for path in FILES} >= {"wire", "session", "router", "modules", "muc", "store"}


def test_every_file_and_package_has_its_layer() -> None:
    packages = {package_of(path) for path in FILES} - UNLAYERED
    assert packages == set(LAYER), "say in LAYER, and in docs/architecture.md, where a new one belongs"


def test_the_picture_shows_every_file_and_package_of_the_house() -> None:
    page = (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    picture = page.split("```")[1]
    for name in LAYER:
        shown = f"{name}/" if (ROOT / name).is_dir() else f"{name}.py"
        assert re.search(rf"(?:\s|ccm/){re.escape(shown)}", picture), f"{shown} is missing"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_imports_point_downward_and_row_4_never_sideways(path: Path) -> None:
    own = package_of(path)
    for line, name in imports(path, with_type_checking=True):
        parts = name.split(".")
        if parts[0] != "ccm" or len(parts) < 2:
            continue
        other = parts[1]
        place = f"{ids(path)}:{line} imports {name}"
        if own == FOR_TESTS:
            continue
        assert other != FOR_TESTS or own == "cli", f"{place}: product code knows no test code"
        if own in UNLAYERED or other not in LAYER:  # a name of ccm/__init__.py
            continue
        assert LAYER[other] <= LAYER[own], f"{place}: upward"
        if own in ROW_4 and other in ROW_4:
            assert other == own, f"{place}: packages of row 4 meet through interfaces, records and the router"


@pytest.mark.parametrize("path", [path for path in FILES if package_of(path) in PURE], ids=ids)
def test_pure_layers_import_no_reactor(path: Path) -> None:
    for line, name in imports(path, with_type_checking=False):
        assert not name.startswith("twisted.internet"), f"{ids(path)}:{line} imports {name}"


@pytest.mark.parametrize("path", [path for path in FILES if package_of(path) in PURE], ids=ids)
def test_pure_layers_read_no_clock(path: Path) -> None:
    assert not clocks_read(path.read_text(encoding="utf-8")), f"{ids(path)} reads a clock"


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.monotonic()",
        "import time as t\nnow = t.perf_counter",
        "from time import monotonic\nmonotonic()",
        "from time import time as now\ndef f(clock=now): pass",
        "from datetime import datetime\ndatetime.now(None)",
        "from datetime import date as day\nday.today()",
        "import datetime\ndatetime.datetime.utcnow()",
    ],
)
def test_a_clock_is_seen_under_every_name(source: str) -> None:
    assert clocks_read(source)


def test_shapes_of_time_are_no_clock() -> None:
    source = "from datetime import datetime, time\ntime(9)\ndatetime(2026, 1, 1).time()\ndatetime.fromtimestamp(0)"
    assert not clocks_read(source)


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "__init__.py"], ids=ids)
def test_an_init_file_holds_a_docstring_and_all_only(path: Path) -> None:
    allowed = {"__all__", "__version__"} if path.parent == ROOT else {"__all__"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{ids(path)} has no docstring"
    for node in tree.body[1:]:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        assert names and names <= allowed, f"{ids(path)}:{node.lineno} is more than a docstring and __all__"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_no_file_is_over_400_lines_and_each_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES or path.name in ONE_PAGE
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{ids(path)} has no docstring"


def test_every_file_of_tests_has_a_name_of_its_own() -> None:
    names = Counter(path.name for path in (ROOT.parent / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
