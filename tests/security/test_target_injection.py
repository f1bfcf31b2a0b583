"""
Stored injection at the targets: what publishers send does nothing but show what was typed.

WordPress, JCR and Hippo get HTML, read by html5lib; git gets front matter and Markdown, read as YAML and CommonMark
read them. What the targets themselves make of it is tried with real ones in ``tests/real``.
"""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from security.test_document_injection import PAYLOADS, active, elements, hostile

from ccm.publish import jcr, sanitised
from ccm.publish.front_matter import front_matter, quoted
from ccm.publish.git import _facts, _message
from ccm.publish.hippo import Hippo, HippoOptions
from ccm.publish.multipart import Part, encoded
from ccm.publish.naming import name_of
from ccm.publish.wordpress import WordPress
from ccm.reporter import render_markdown
from ccm.reporter.context import Context
from ccm.reporter.templates import Templates
from ccm.testing.active import active_nodes

_ESCAPED = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))")
_NAMED = {"n": "\n", "r": "\r", "t": "\t"}


@pytest.fixture(scope="module")
def context():
    return Context(Templates.load())


@pytest.fixture(scope="module", params=PAYLOADS.values(), ids=PAYLOADS)
def document(request, context):
    return hostile(request.param, context)[-1]


def read_quoted(text):
    """A double-quoted YAML scalar, as YAML 1.2 §5.7 reads it."""
    assert text[0] == text[-1] == '"'

    def char(found):
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else _NAMED.get(found[3], found[3])

    return _ESCAPED.sub(char, text[1:-1])


def test_html_for_other_sites_holds_nothing_active(document):
    for text, part in ((sanitised.fragment(document), True), (sanitised.page(document), False)):
        assert active_nodes(text) == []
        found = elements(text, fragment=part)
        assert active(found) == []
        assert not [element for element in found if element.tag in ("script", "form", "input", "svg", "link")]


def test_a_wordpress_post_holds_nothing_active_in_any_field(document):
    post = WordPress()._post(document, "ccm-x", f"key {document.title}")
    for field in ("title", "excerpt", "content"):
        assert active(elements(post[field], fragment=True)) == []
        assert active_nodes(post[field]) == []
    assert post["content"].count("<!--") == 1


def test_properties_in_a_repository_stay_within_their_values(document):
    wanted = jcr._properties(document, document.title)
    for name, value in wanted.items():
        line = f"^{name} : {jcr._json(value)}"
        assert line.isascii()
        assert "\n" not in line
        assert "\r" not in line
        assert json.loads(line.partition(" : ")[2]) == value
    assert re.fullmatch(r"[a-z0-9-]+", name_of(document))


def test_a_package_for_hippo_holds_nothing_active(document):
    content = Hippo(None, HippoOptions())._content(document, "/content/documents/site/minutes/x", "x")
    (html,) = content["nodes"][0]["properties"][0]["values"]
    assert active(elements(html)) == []
    assert {each["name"] for each in content["properties"]} == {
        *("site:title", "site:introduction", "hippotranslation:locale", "hippotranslation:id"),
        *("jcr:path", "jcr:localizedName"),
    }


def test_front_matter_holds_its_own_keys_alone(document):
    facts = _facts(document, document.title)
    lines = front_matter(facts).split("\n")
    assert (lines[0], lines[-2], lines[-1]) == ("---", "---", "")
    assert [line.partition(":")[0] for line in lines[1:-2]] == list(facts)
    for line, value in zip(lines[1:-2], facts.values(), strict=True):
        if isinstance(value, str):
            assert read_quoted(line.partition(": ")[2]) == value


def test_markdown_for_a_site_that_lets_html_through_holds_nothing_active(document):
    text = MarkdownIt("commonmark", {"html": True}).render(render_markdown.text(document))
    assert active(elements(text, fragment=True)) == []


def test_a_commit_has_one_trailer(document):
    subject, empty, trailer, end = _message(document, document.title).split("\n")
    assert subject.isprintable()
    assert (empty, end) == ("", "")
    assert trailer.startswith("CCM-Key: ")


@given(st.text())
def test_any_text_is_one_line_of_yaml_and_comes_back(text):
    line = quoted(text)
    assert len(line.splitlines()) == 1
    assert all(char.isprintable() or ord(char) >= 0xA0 for char in line)
    assert read_quoted(line) == text


@given(st.binary(), st.binary())
def test_a_part_of_a_form_does_not_end_before_its_content(one, two):
    kind, body = encoded([Part("a", one), Part("b", two, "x.zip", "application/zip")])
    boundary = kind.partition("boundary=")[2].encode()
    assert body.count(b"--" + boundary) == 3
    first, second = body.split(b"--" + boundary)[1:3]
    assert first.partition(b"\r\n\r\n")[2] == one + b"\r\n"
    assert second.partition(b"\r\n\r\n")[2] == two + b"\r\n"


@pytest.mark.parametrize("name", ['a"; filename="x', "a\r\nX: y"])
def test_names_of_fields_cannot_become_headers(name):
    with pytest.raises(ValueError, match="cannot be the name"):
        encoded([Part(name, b"")])
