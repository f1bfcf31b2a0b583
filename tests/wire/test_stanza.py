"""Stanzas and fan-out templates: what is written reads as what was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.words.xish import domish

from ccm.errors import StanzaError
from ccm.wire.fanout import FanOut, quoted
from ccm.wire.stanza import Stanza, parse_element

values = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30)


@given(st.dictionaries(st.sampled_from(["to", "from", "id", "type", "xml:lang"]), values), values)
def test_any_value_survives_writing_and_reading(attrs: dict[str, str], said: str) -> None:
    body = domish.Element((None, "body"))
    body.addContent(said)
    stanza = Stanza("message", attrs, body.toXml().encode(), (("jabber:client", "body"),))
    element = parse_element(stanza.to_bytes(declared=True))
    lang = "http://www.w3.org/XML/1998/namespace", "lang"
    for name, value in attrs.items():
        assert element.attributes[lang if name == "xml:lang" else name] == value
    assert str(element.body or "") == said
    assert stanza.child_text("body") == said


@given(values, values)
def test_a_template_gives_each_what_a_stanza_of_his_own_would(to: str, nick: str) -> None:
    stanza = Stanza("message", {"type": "groupchat", "to": "room@x", "from": "ann@x/1"}, b"<body>x</body>")
    template = FanOut(stanza, f"room@x/{nick}")
    for head, declared in ((template.head, False), (template.declared_head, True)):
        joined = head + quoted(to) + template.tail
        wanted = stanza.copy(to=None, from_=f"room@x/{nick}").copy(to=to).to_bytes(declared=declared)
        declare = (
            (lambda data: data)
            if declared
            else (lambda data: data.replace(b"<message", b"<message xmlns='jabber:client'", 1))
        )
        assert parse_element(declare(joined)).toXml() == parse_element(declare(wanted)).toXml()


def test_an_error_goes_back_where_the_stanza_came_from() -> None:
    stanza = Stanza("iq", {"type": "get", "id": "7", "to": "b@c", "from": "a@c/1"}, b"<q xmlns='u'/>", (("u", "q"),))
    error = stanza.error(StanzaError("forbidden", "Only <owners> may.", by="b@c"), echo=True)
    assert error.attrs == {"type": "error", "id": "7", "to": "a@c/1", "from": "b@c"}
    assert error.children == (("u", "q"), ("jabber:client", "error"))
    element = next(error.element.elements("jabber:client", "error"))
    assert (element["type"], element["by"]) == ("auth", "b@c")
    assert str(element.text) == "Only <owners> may."


def test_a_tree_becomes_a_stanza_and_a_tree_again() -> None:
    source = (
        "<message xmlns='jabber:client' to='a@b' xml:lang='de' xmlns:p='urn:p' p:mark='1'>"
        "<body>x &lt; y</body><x xmlns='urn:x'><y/></x></message>"
    )
    stanza = Stanza.from_element(parse_element(source.encode()))
    assert stanza.children == (("jabber:client", "body"), ("urn:x", "x"))
    again = stanza.element
    assert again.toXml() == parse_element(source.encode()).toXml() or [c.name for c in again.elements()] == [
        "body",
        "x",
    ]
    assert again.attributes["urn:p", "mark"] == "1"
    with pytest.raises(ValueError, match="no stanza"):
        Stanza.from_element(domish.Element(("urn:x", "message")))


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        (b"<body>x</body>", "x"),
        (b"<body/>", ""),
        (b"<body xml:lang='de'>x &amp; y</body>", "x & y"),
        (b"<body>&#65;</body>", "A"),
        (b"<x xmlns='u'><body>no</body></x><body>yes</body>", "yes"),
        (b"<bodyx xmlns='u'/><body>yes</body>", "yes"),
    ],
)
def test_the_text_of_a_child_is_that_of_the_child_itself(inner: bytes, found: str) -> None:
    element = parse_element(b"<message xmlns='jabber:client'>" + inner + b"</message>")
    children = tuple((child.uri, child.name) for child in element.elements())
    assert Stanza("message", {}, inner, children).child_text("body") == found
