"""Trees are written as Twisted writes them, whatever namespaces, prefixes and texts they have."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.wire.stanza import parse_element, serialise

URIS = [ns.CLIENT, "urn:a", "urn:b"]
NAMES = st.sampled_from(["one", "two", "three"])
TEXTS = st.text(alphabet="ab <>&'\"é\u2028", max_size=6)


@st.composite
def trees(draw: Any, depth: int = 3, parent: Element | None = None) -> Element:
    """An element as code makes it: of its parent's namespace or another, now and then with attributes of a third."""
    name, uri = draw(NAMES), draw(st.sampled_from([None, *URIS]))
    element = Element((uri, name)) if parent is None else parent.addElement(name if uri is None else (uri, name))
    for key in draw(st.sets(NAMES, max_size=2)):
        element[key] = draw(TEXTS)
    if draw(st.integers(0, 5)) == 0:
        element.attributes["urn:c", "odd"] = draw(TEXTS)
    if draw(st.integers(0, 5)) == 0:
        element[(ns.XML, "lang")] = "de"
    for _ in range(draw(st.integers(0, 2))):
        if depth and draw(st.booleans()):
            draw(trees(depth - 1, element))
        else:
            element.addContent(draw(TEXTS))
    return element


def facts(element: Element) -> Any:
    """What a reader of the XML knows of it."""
    children = [facts(each) if isinstance(each, Element) else each for each in element.children]
    return element.uri, element.name, dict(element.attributes), [each for each in children if each != ""]


@given(trees())
def test_what_is_written_reads_as_what_twisted_writes(element: Element) -> None:
    default = ns.CLIENT if element.uri in (None, ns.CLIENT) else None
    theirs = str(element.toXml(defaultUri=default))
    read = [parse_element(f"<x xmlns='{ns.CLIENT}'>{text}</x>".encode()) for text in (serialise(element), theirs)]
    assert facts(read[0]) == facts(read[1])


def test_a_line_break_in_an_attribute_stays_one() -> None:
    element = Element(("urn:a", "one"))
    element["text"] = "first\nsecond"
    assert parse_element(serialise(element).encode())["text"] == "first\nsecond"
