"""The rules of ``docs/architecture.md`` about who imports whom, read from the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ccm

ROOT = Path(ccm.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)
MAX_LINES = 400

ONE_PAGE = "interfaces.py"  # every interface on one page is worth more than its length
VOCABULARY = {"errors", "interfaces", "records", "config", "address", "namespaces", "wokkel_imports"}
LAYER = dict.fromkeys(VOCABULARY, 0) | {
    "wire": 1,
    "session": 2,
    "router": 3,
    "reporter": 3,
    "threads": 3,
    "modules": 4,
    "muc": 4,
    "components": 4,
    "publish": 4,
    "store": 4,
    "web": 4,
    "transports": 4,
}
ROW_4 = {name for name, layer in LAYER.items() if layer == 4}
PURE = {name for name, layer in LAYER.items() if layer < 4} | {"muc"}
TOP = 5  # service.py, cli and what only they use
FOR_TESTS = "testing"
CLOCKS = {("time", "time"), ("time", "monotonic"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}


def package_of(path: Path) -> str:
    """``"wire"`` for ``ccm/wire/stanza.py``, ``"errors"`` for ``ccm/errors.py``."""
    part = path.relative_to(ROOT).parts[0]
    return part.removesuffix(".py")


def layer_of(package: str) -> int:
    return LAYER.get(package, TOP)


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


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 30
    assert {package_of(path) for path in FILES} >= {"wire", "session", "router", "modules", "muc", "store"}


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_imports_point_downward_and_row_4_never_sideways(path: Path) -> None:
    own = package_of(path)
    for line, name in imports(path, with_type_checking=True):
        parts = name.split(".")
        if parts[0] != "ccm" or len(parts) < 2:
            continue
        other = parts[1]
        place = f"{ids(path)}:{line} imports {name}"
        if own in ("service", "cli", FOR_TESTS):
            continue
        assert other != FOR_TESTS, f"{place}: product code knows no test code"
        if own not in LAYER:
            continue
        assert layer_of(other) <= layer_of(own), f"{place}: upward"
        if own in ROW_4 and other in ROW_4:
            assert other == own, f"{place}: packages of row 4 meet through interfaces, records and the router"


@pytest.mark.parametrize("path", [path for path in FILES if package_of(path) in PURE], ids=ids)
def test_pure_layers_import_no_reactor(path: Path) -> None:
    for line, name in imports(path, with_type_checking=False):
        assert not name.startswith("twisted.internet"), f"{ids(path)}:{line} imports {name}"


@pytest.mark.parametrize("path", [path for path in FILES if package_of(path) in PURE], ids=ids)
def test_pure_layers_read_no_clock(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).rpartition(".")[2]
            assert (owner, node.func.attr) not in CLOCKS, f"{ids(path)}:{node.lineno} reads a clock"


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
    assert len(text.splitlines()) <= MAX_LINES or path.name == ONE_PAGE
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{ids(path)} has no docstring"
