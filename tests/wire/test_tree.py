"""Trees are those that Twisted's own parser makes, and what it refuses is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.words.xish import domish

from ccm.wire.tree import MAX_ELEMENTS, parse_element

PIECES = st.lists(
    st.sampled_from(
        [
            *("<a>", "</a>", "<b xmlns='urn:b'>", "</b>", "<p:c xmlns:p='urn:p' p:x='1' y='2'>", "</p:c>", "<p:d/>"),
            *("<e xmlns=''/>", "<f xml:lang='de'/>", "words", "&lt;", "&#65;", "\r\n", "é", "<![CDATA[<]]>", "&no;"),
            *("<!-- -->", "<?x y?>", "<!DOCTYPE a>", "</wrap>", "<", "\0"),
        ]
    ),
    max_size=8,
)


def theirs(data: bytes) -> domish.Element:
    found: list[domish.Element] = []
    stream = domish.elementStream()
    stream.DocumentStartEvent = lambda _: None
    stream.ElementEvent = found.append
    stream.DocumentEndEvent = lambda: None
    try:
        stream.parse(b"<wrap>" + data + b"</wrap>")
    except domish.ParserError as error:
        raise ValueError(str(error)) from error
    if len(found) != 1:
        raise ValueError(f"{len(found)} elements")
    return found[0]


def facts(element: domish.Element) -> Any:
    """All that the tree is, and that parents are right."""
    children = []
    for child in element.children:
        if isinstance(child, domish.Element):
            assert child.parent is element
            children.append(facts(child))
        else:
            children.append(child)
    names = element.uri, element.name, element.defaultUri
    return *names, element.attributes, element.localPrefixes, children


def outcome(parse: Any, data: bytes) -> Any:
    try:
        element = parse(data)
    except ValueError:
        return "refused"
    assert element.parent is None
    return facts(element), element.toXml()


@given(PIECES)
def test_a_tree_is_what_twisted_makes_of_the_same_bytes(pieces: list[str]) -> None:
    for data in ("".join(pieces).encode(), f"<a>{''.join(pieces)}</a>".encode()):
        assert outcome(parse_element, data) == outcome(theirs, data)


def test_an_element_that_does_not_end_is_refused() -> None:
    for data in (b"<wrap>", b"<a>", b"<a/></wrap><wrap>", b"", b"words"):
        with pytest.raises(ValueError, match=r"well-formed|got 0"):
            parse_element(data)


def test_long_texts_are_one() -> None:
    words = "wörter & " * 20_000
    element = parse_element(f"<a>{words.replace('&', '&amp;')}</a>".encode())
    assert element.children == [words]


def test_too_many_elements_are_refused() -> None:
    with pytest.raises(ValueError, match="elements"):
        parse_element(b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>")
