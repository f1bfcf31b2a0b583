"""Documents for those who take part: read by a key, for as long as its person takes part."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_twisted

from ccm import records as r
from ccm.reporter import render_json
from ccm.reporter.context import Context
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import Meta, build
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message
from ccm.web.readers import keyed

ANN, BEN = "ann@example.org", "ben@example.org"


@pytest.fixture
def inside(site):
    """A topic of ann and ben with two versions of a document for them alone; answers a key of ann's."""

    async def make(purpose="reading", topic="t1", days=1):
        stores, now = site.stores, site.clock.moment()
        known = r.Topic("t1", "Data", "t1@rooms", ANN, "published", None, 60, "UTC", "en", now, (ANN, BEN), "members")
        await stores.topics.save(known)
        context, state, log = Context(Templates.load()), new_state(), []
        for version, line in ((1, "ACTION: ann to publish the text"), (2, "DECISION: One licence")):
            log.append(Message(f"m{version}", "ann", line, time=now))
            state, _ = step(state, log[-1], context)
            body = render_json.dumps(build(state, log, Meta(title="Data", topic="t1", version=version), context))
            record = r.DocumentRecord("t1", version, "data", "Data", "", body, f"t1:{version}", "members", now)
            await stores.documents.publish(record, ())
        scope = json.dumps({"topic": topic, "address": "ann@mail.example", "names": ["ann"]})
        token = r.Token(hashlib.sha256(b"k3y").digest(), purpose, ANN, scope, now + timedelta(days=days), 1000)
        await stores.tokens.issue(token)
        return "k3y"

    return make


@pytest.mark.parametrize("purpose", ["reading", "outcome"])
@pytest_twisted.ensureDeferred
async def test_a_key_opens_the_document_and_every_link_of_it_works(site, inside, purpose):
    key = await inside(purpose)
    browser, left, seen = site.browser(), [f"/archive/data?key={key}"], set()
    while left:
        path = left.pop()
        page = await browser.get(path)
        assert page.status == 200, path
        assert page.header("Cache-Control") == "private, max-age=0, must-revalidate"
        assert page.header("X-Robots-Tag") == "noindex"
        assert page.header("Referrer-Policy") == "no-referrer"
        seen.add(path)
        links = re.findall(r'href="(/archive/data[^"]*)"', page.text)
        left += {link.replace("&amp;", "&").partition("#")[0] for link in links} - seen - set(left)
    parts = {re.sub(r"[?&]key=k3y", "", path) for path in seen}
    assert {"/archive/data", "/archive/data.md", "/archive/data.json", "/archive/data.ics"} <= parts
    assert {"/archive/data/versions", "/archive/data/changes?from=1&to=2", "/archive/data?v=1"} <= parts


@pytest_twisted.ensureDeferred
async def test_the_forms_that_people_pass_on_hold_no_key(site, inside):
    key = await inside()
    for form in ("md", "json", "ics"):
        assert key not in (await site.browser().get(f"/archive/data.{form}?key={key}")).text


@pytest.mark.parametrize("key", ["", "wrong", "k3y" * 100])
@pytest_twisted.ensureDeferred
async def test_a_wrong_key_opens_nothing(site, inside, key):
    await inside()
    for path in ("/archive/data", "/archive/data.md", "/archive/data/versions", "/archive/data/changes"):
        assert (await site.browser().get(f"{path}?key={key}")).status == 403


@pytest.mark.parametrize("given", [{"topic": "t2"}, {"purpose": "invite"}, {"days": -1}])
@pytest_twisted.ensureDeferred
async def test_a_key_of_something_else_or_one_that_has_ended_opens_nothing(site, inside, given):
    key = await inside(**given)
    assert (await site.browser().get(f"/archive/data?key={key}")).status == 403


@pytest_twisted.ensureDeferred
async def test_whoever_takes_part_no_longer_reads_no_longer(site, inside):
    key = await inside()
    topic = await site.stores.topics.get("t1")
    await site.stores.topics.save(replace(topic, members=(BEN,), owner=BEN))
    assert (await site.browser().get(f"/archive/data?key={key}")).status == 403


@pytest_twisted.ensureDeferred
async def test_the_page_behind_a_mail_leads_to_the_document(site, inside):
    key = await inside("outcome")
    page = await site.browser().get(f"/outcome/{key}")
    links = re.findall(r'href="(/archive/data[^"]*)"', page.text)
    assert len(links) == 2  # the action's message, and the whole
    for link in links:
        assert (await site.browser().get(link.partition("#")[0])).status == 200


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("/archive/a", "/archive/a?key=x%2Fy"),
        ("/archive/a?v=1", "/archive/a?v=1&key=x%2Fy"),
        ("/archive/a#m1", "/archive/a?key=x%2Fy#m1"),
    ],
)
def test_a_key_goes_into_the_query(url, made):
    assert keyed(url, "x/y") == made
    assert keyed(url, "") == url
