"""The pages below docs/ are current, complete, and name only what there is."""

import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ccm.config import Config
from ccm.settings import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md")) + [DOCS.parent / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]


def test_the_list_of_specifications_is_current() -> None:
    text = runpy.run_path(str(DOCS / "make_xeps.py"))["text"]()
    assert (DOCS / "xeps.md").read_text(encoding="utf-8") == text, "run docs/make_xeps.py"


def test_the_doap_file_is_current_and_names_what_the_page_names() -> None:
    made = runpy.run_path(str(DOCS / "make_xeps.py"))
    text = (DOCS / "ccm.doap").read_text(encoding="utf-8")
    assert text == made["doap"](), "run docs/make_xeps.py"
    doap = "{http://usefulinc.com/ns/doap#}"
    named = {
        xep.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource", "").rpartition("/")[2].removesuffix(".html")
        for xep in ElementTree.fromstring(text).iter("{https://linkmauve.fr/ns/xmpp-doap#}xep")
    }
    page = (DOCS / "xeps.md").read_text(encoding="utf-8")
    assert named == {name.lower() for name in re.findall(r"XEP-\d{4}", page)}
    assert ElementTree.fromstring(text).find(f"{doap}Project/{doap}name") is not None


def test_the_list_of_licences_names_every_dependency() -> None:
    listed = set(re.findall(r"^\| ([\w.-]+) \|", (DOCS / "licences.md").read_text(encoding="utf-8"), re.MULTILINE))
    locked = (DOCS.parent / "requirements" / "run.txt").read_text(encoding="utf-8")
    missing = set(re.findall(r"^([\w.-]+)==", locked, re.MULTILINE)) - listed
    assert not missing, "run docs/make_licences.py"


def test_what_only_trains_the_model_is_named_as_a_tool_and_never_installed() -> None:
    listed, _, tools = (DOCS / "licences.md").read_text(encoding="utf-8").partition("\nTools ")
    assert "scikit-learn" in tools
    assert "scikit-learn" not in listed
    for locked in (DOCS.parent / "requirements").glob("*.txt"):
        assert "scikit-learn" not in locked.read_text(encoding="utf-8")


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for path in DOCS.glob("*.*"):
        if path.suffix in (".md", ".json") and path.name != "README.md":
            assert f"]({path.name})" in index, f"docs/README.md lacks {path.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_option_that_a_page_names_is_there(page: Path) -> None:
    shapes = Settings(Config("defaults", {})).shapes
    options = {f"{name}.{field}" for name, shape in shapes.items() for field in shape.__struct_fields__}
    for word in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)\b[^`]*`", page.read_text(encoding="utf-8")):
        section = word.rpartition(".")[0]
        if section in shapes and section not in ("state",):
            assert word in options, f"{page.name}: {word}"
