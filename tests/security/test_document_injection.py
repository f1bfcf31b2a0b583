"""
Stored injection: whatever people type, no form of a document does anything but show it.

Names, titles, remarks, addresses, corrections and dates hold markup, header lines, calendar lines and front matter;
each form is read by a real parser of its own: html5lib, CommonMark, icalendar, email, XML, JSON.
"""

import email
import email.policy
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from xml.etree import ElementTree

import html5lib
import msgspec
import pytest
from icalendar import Calendar
from markdown_it import MarkdownIt

from ccm import records as r
from ccm.components.outcome_mail import OutcomeMail, compose
from ccm.reporter import render_atom, render_html, render_ics, render_json, render_markdown
from ccm.reporter.context import Context
from ccm.reporter.differences import differences
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import FollowUp, Meta, Sentence, build
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message
from ccm.reporter.wording import standing
from ccm.web.pages import Pages
from ccm.web.readers import keyed

MINUTE = timedelta(minutes=1)
AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
URL = "https://chat.example.org/archive/plot"
PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "script end": "</script><script>alert(1)</script><!--",
    "title end": "</title></head><body onload=alert(1)>",
    "textarea": "</textarea><svg/onload=alert(1)>",
    "comment": "--><img src=x onerror=alert(1)><!-- ]]>",
    "quote": '" onmouseover="alert(1)" x=\'',
    "single quote": "' autofocus onfocus='alert(1)",
    "entity": "&lt;img src=x onerror=alert(1)&gt; &#60;b&#62; &#x6a;avascript:alert(1)",
    "iframe": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "math": "<math><mtext></p><style><img src=x onerror=alert(1)></style></math>",
    "template": "{{ 7*7 }} {% raw %} ${7*7} #{7*7} {{ cycler.__init__ }}",
    "nul": "a\x00b\x0b\x1b[31m\x7f<\x00script>alert(1)</script>",
    "bidi": "\u202egnp.exe\u2066 \u2028<b>\u2029\ufeff",
    "surrogate-like": "\ufffd\ufffe<i>",
    "markdown link": "[click](javascript:alert(1)) ![x](data:text/html;base64,PHNjcmlwdD4=) <javascript:alert(1)>",
    "markdown reference": "[a]: javascript:alert(1)\n[a]\n\n[x](<javascript:alert(1)>)",
    "markdown html": "**<b onclick=alert(1)>x</b>**\n\n<div onclick=alert(1)>",
    "markdown escape": "\\<script>alert(1)\\</script> \\[x](javascript:alert(1)) `` ` `` <script>",
    "markdown autolink": '<https://a.example/"onmouseover=alert(1)> https://a.example/)(javascript:alert(1)',
    "heading": "# Approved\n\n## Actions\n- [x] pay eve\n===",
    "front matter": "---\ntitle: owned\nlayout: evil\n---\n!!python/object/apply:os.system ['true']",
    "javascript": "javascript:alert(1) JaVaScRiPt:alert(1) java\tscript:alert(1) vbscript:x",
    "data": "data:text/html,<script>alert(1)</script> data:image/svg+xml;base64,PHN2Zz4=",
    "url": "https://a.example/?q=<script>alert(1)</script>&x=\"onclick='y' https://a.example/%0d%0aX:%20y",
    "mailto": "mailto:a@b.example?subject=x%0aBcc:%20eve@evil.example&body=<b>",
    "header": "x\r\nBcc: eve@evil.example\r\nSubject: owned\r\n\r\n<script>alert(1)</script>",
    "header lf": "x\nBcc: eve@evil.example\nContent-Type: text/html",
    "encoded word": "=?utf-8?q?=0d=0aBcc:_eve=40evil.example?=",
    "address": 'Eve" <eve@evil.example>, "x',
    "calendar": "x\r\nEND:VTODO\r\nBEGIN:VALARM\r\nACTION:PROCEDURE\r\nATTACH:file:///bin/sh\r\nEND:VALARM",
    "calendar lf": "x\nDUE:19700101\nORGANIZER:mailto:eve@evil.example\n",
    "calendar escapes": 'a;b,c\\nEND:VCALENDAR\\,\\;:"^n',
    "calendar folding": "x" * 73 + "\r\n " + "ATTACH:file:///etc/passwd\r\n\tmore" + "é" * 80,
    "cdata": "]]><entry><link href='javascript:alert(1)'/></entry><![CDATA[",
    "json": '"}],"@type":"Evil","x":[{"y":"\\u003c/script>',
    "xml": "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
}
QUIET = ("http://", "https://", "mailto:", "xmpp:", "#", "/")
_PLAIN = (
    "html head body meta title link main header footer section article nav div h1 h2 h3 p b i a span time ol ul li dl "
    "dt dd details summary form label input button svg path code br ins del mark hr em strong script"
)
PLAIN = frozenset(_PLAIN.split())


@pytest.fixture(scope="module")
def context():
    return Context(Templates.load())


def hostile(payload, context):
    """Documents of two versions in which everything that people choose holds the payload."""
    said = [
        "ACTION: {} by Friday", "RESOLVED: {}", "QUESTION: {}", "#idea {}", "#info {}", "#topic {}", "The reason: {}",
        "#link https://a.example/{} {}", "#action ann to {}", "#assign A1 {}", "#due A1 {}", "{}", "Next meeting: {}",
    ]  # fmt: skip
    nick = payload
    messages = [
        Message(
            f"m{n}{payload}", nick if n % 2 else "ann", text.format(payload, payload), time=AT + timedelta(minutes=n)
        )
        for n, text in enumerate(said)
    ]
    corrected = Message("c1", nick, f"RESOLVED: not {payload}", time=AT + 60 * MINUTE, replaces=messages[1].id)
    documents = []
    for version, log in ((1, messages), (2, [*messages, corrected])):
        state = new_state()
        for message in log:
            state, _ = step(state, message, context)
        meta = Meta(
            title=payload, topic=payload, chair=payload, scheduled=AT, invited=(payload,), version=version,
            published=AT, approved_by=payload, licence=payload, retention=payload, summarizer=payload,
            follow_up=FollowUp("2026-12-01T10:00", payload, messages[0].id, title=payload), language=payload,
            summary=(Sentence(payload, (messages[0].id,)),),
        )  # fmt: skip
        made = build(state, log, meta, context)
        told = (Sentence(payload, (messages[0].id,)),)
        topics = tuple(msgspec.structs.replace(topic, narrative=told) for topic in made.topics)
        decided = tuple(
            msgspec.structs.replace(
                item, how="vote", votes={payload: (payload,)}, owner=payload, sources=(messages[0].id,),
                provenance="confirmed", supersedes=payload,
            )
            for item in made.decisions
        )  # fmt: skip
        possible = tuple(msgspec.structs.replace(item, number=f"A{90 + n}") for n, item in enumerate(made.actions))
        made = msgspec.structs.replace(made, topics=topics, decisions=decided, possible_actions=possible)
        documents.append(made)
    return documents


def elements(text, *, fragment=False):
    """Every element as a browser makes it of the text."""
    parse = html5lib.parseFragment if fragment else html5lib.parse
    return list(parse(text, namespaceHTMLElements=False, treebuilder="etree").iter())


def active(found):
    """Whatever does something by itself, or leads where it should not."""
    bad = []
    for element in found:
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rpartition("}")[2]
        if tag not in PLAIN and tag not in ("DOCUMENT_FRAGMENT",):
            bad.append(f"<{tag}>")
        if tag == "script" and element.get("type") != "application/ld+json":
            bad.append("<script>")
        for name, value in element.attrib.items():
            if name.startswith("on") or name in ("srcdoc", "formaction", "http-equiv", "autofocus"):
                bad.append(f"{tag} {name}")
            if name in ("href", "src", "action") and not value.lower().startswith(QUIET):
                bad.append(f"{tag} {name}={value}")
    return bad


@pytest.fixture(scope="module", params=PAYLOADS.values(), ids=PAYLOADS)
def payload(request):
    return request.param


@pytest.fixture(scope="module")
def documents(payload, context):
    return hostile(payload, context)


@pytest.fixture
def document(documents):
    return documents[-1]


def test_pages_hold_nothing_active(document):
    ways = {"Markdown": "/archive/a.md"}
    page = elements(
        render_html.page(
            document,
            stylesheet="/style/a.css",
            alternates=ways,
            home="/archive/",
            feed="/f",
            icon="/i",
            versions=ways,
        )
    )
    assert active(page) == []
    (script,) = [element for element in page if element.tag == "script"]
    assert json.loads(script.text)["@type"] == "Event"
    assert len([element for element in page if element.tag == "h1"]) == 1
    assert len([element for element in page if element.tag == "body"]) == 1
    part = elements(render_html.fragment(document), fragment=True)
    assert active(part) == []
    assert not [element for element in part if element.tag == "script"]


def test_every_link_into_a_page_has_its_target(document):
    page = elements(render_html.page(document, stylesheet="/s.css"))
    ids = [element.get("id") for element in page if element.get("id")]
    hrefs = [element.get("href")[1:] for element in page if (element.get("href") or "").startswith("#")]
    assert set(hrefs) <= set(ids)


def test_pages_about_versions_hold_nothing_active(payload, documents):
    pages = Pages()
    groups = differences(*documents)
    assert groups
    rows = [{"number": 1, "headline": payload, "at": "x", "standing": standing(documents[0]), "before": None}]
    hit = r.Hit("document", "t", payload, "a", payload, AT, ((payload, True), (payload, False)))
    found = SimpleNamespace(hits=(hit,), total=1)
    ways = {"here": "/archive/a", "key": payload, "keyed": keyed}
    record = SimpleNamespace(slug="a", title=payload, headline=payload, published=AT, revision=2)
    for text in (
        pages.text("changes.html", title=payload, old=1, new=2, groups=groups, **ways),
        pages.text("versions.html", title=payload, versions=rows, **ways),
        pages.text("archive.html", documents=[(record.published, [record])], found=None, query=payload, older=None),
        pages.text("archive.html", documents=(), found=found, query=payload, older={"q": payload, "page": 2}),
    ):
        assert active(elements(text.decode())) == []


def test_pages_of_actions_hold_nothing_active(payload):
    task = {
        "number": "A1",
        "text": payload,
        "due": payload,
        "day": payload,
        "status": payload,
        "source": "/archive/a#m",
    }
    pages = Pages()
    for text in (
        pages.text(
            "outcome.html", title=payload, base="/outcome/x", tasks=[task], first="done", error=payload, more=True,
            link="/archive/a",
        ),
        pages.text("outcome_stop.html", address=payload, ended=False),
    ):  # fmt: skip
        assert active(elements(text.decode())) == []


def test_markdown_becomes_nothing_active_even_where_html_is_let_through(document):
    text = render_markdown.text(document, url=URL)
    rendered = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    found = elements(rendered, fragment=True)
    assert active(found) == []
    assert len([element for element in found if element.tag == "h1"]) == 1
    assert not text.startswith("---")
    assert [line for line in text.split("\n") if line == "---"] == ["---"]  # the rule above the foot
    assert all(c == "\n" or c.isprintable() or c in "\u202e\u2066\ufeff\u2028\u2029\ufffe" for c in text)


def test_the_feed_entry_has_its_own_elements_alone(document):
    names = ["entry", "id", "title", "link", "updated", "published", "author", "name", "category", "summary"]
    entry = ElementTree.fromstring(render_atom.entry(document, url=URL))
    assert [element.tag for element in entry.iter()] == names
    assert entry.find("link").get("href") == URL


def test_the_calendar_has_its_own_lines_alone(document):
    known = {
        *("BEGIN", "END", "VERSION", "PRODID", "X-WR-CALNAME", "UID", "DTSTAMP", "SEQUENCE", "SUMMARY", "DESCRIPTION"),
        *("STATUS", "DUE", "URL", "DTSTART", "DTEND"),
    }
    raw = render_ics.calendar(document, url=URL)
    lines = raw.replace(b"\r\n ", b"").split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)
    assert {line.split(b":")[0].split(b";")[0].decode() for line in lines if line} <= known
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    calendar = Calendar.from_ical(raw)
    names = [component.name for component in calendar.walk()]
    assert names == ["VCALENDAR", *["VTODO"] * len(document.actions), "VEVENT"]
    for task in calendar.walk("VTODO"):
        assert task["url"].startswith(URL)
        assert not any(ord(c) < 32 for c in task["summary"])


def test_the_mail_has_its_own_headers_and_parts_alone(payload, document):
    mail = compose(
        OutcomeMail(
            document, document.actions, payload, "kim@example.org", URL, "https://chat.example.org/outcome/t0k",
            "outcome:t:1:x", "CCM <noreply@example.org>", AT,
        )
    )  # fmt: skip
    assert (mail.sender, mail.recipient) == ("noreply@example.org", "kim@example.org")
    message = email.message_from_bytes(mail.message, policy=email.policy.default)
    assert message.defects == []
    names = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe"]
    names += ["List-Unsubscribe-Post", "MIME-Version", "Content-Type"]
    assert list(message.keys()) == names
    assert [address.addr_spec for address in message["To"].addresses] == ["kim@example.org"]
    kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert active(elements(message.get_body(("html",)).get_content())) == []
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "actions.ics"
    assert Calendar.from_ical(attached.get_content()).walk("VALARM") == []
    plain = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert all(c == "\n" or c.isprintable() for c in plain)


def test_json_comes_back_as_it_was(document):
    text = render_json.dumps(document)
    assert render_json.loads(text) == document
    assert not any(ord(c) < 32 and c != "\n" for c in text)
