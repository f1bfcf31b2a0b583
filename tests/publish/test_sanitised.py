"""What leaves as HTML or Markdown does nothing, whatever was typed where."""

import json

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from ccm.publish import sanitised
from ccm.reporter import render_json, render_markdown
from ccm.testing.active import active_nodes
from ccm.testing.contracts_publish import document

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><iframe src=javascript:alert(1)>',
    "</title></p><style>*{x:y}</style>",
    "<!--><script>alert(1)</script-->",
    "javascript:alert(1) see https://x.example/\"onmouseover='alert(1)'",
    "[x](javascript:alert(1)) ![x](data:text/html,<script>alert(1)</script>)",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u2028<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "```\n<script>alert(1)</script>\n```",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<form action=//evil.example><input name=password>",
)


def attacked(attack):
    talk = (
        f"DECISION: {attack}",
        f"ACTION: ann to do {attack}",
        f"What about {attack}?",
        f"{attack}",
        f"#link {attack}",
    )
    made = document("t", talk=talk, title=attack)
    log = tuple(replace(line, nick=attack) for line in made.log)
    return replace(made, headline=attack, chair=attack, present=(attack,), language=f"en{attack}", log=log)


@pytest.mark.parametrize("attack", ATTACKS)
def test_html_has_no_active_node(attack):
    made = attacked(attack)
    assert active_nodes(sanitised.fragment(made)) == []
    assert active_nodes(sanitised.page(made)) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_has_no_active_node_where_html_is_let_through(attack):
    text = render_markdown.text(attacked(attack))
    assert active_nodes(MarkdownIt("commonmark", {"html": True}).render(text)) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_json_ends_no_script_element(attack):
    text = render_json.dumps(attacked(attack))
    assert json.loads(text)["title"] == attack


def test_a_page_is_ascii_and_reads_the_same():
    made = document("t", talk=("DECISION: Größe \N{GRINNING FACE}",), title="Überblick")
    page = sanitised.page(made)
    assert page.isascii()
    assert "<title>&#220;berblick</title>" in page
    assert "Gr&#246;&#223;e &#128512;" in page


def test_the_reporters_own_markup_passes():
    fragment = sanitised.fragment(document("t"))
    assert '<section id="decisions"><h2>Decisions</h2>' in fragment
    assert active_nodes("<p onclick=x>") == ["p onclick"]
    assert active_nodes('<a href="java\nscript:x">') == ["a href=java\nscript:x"]
