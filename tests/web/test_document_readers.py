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

    async def make(purpose="reading", topic="t1", days=1, kinds=("members", "members")):
        stores, now = site.stores, site.clock.moment()
        known = r.Topic("t1", "Data", "t1@rooms", ANN, "published", None, 60, "UTC", "en", now, (ANN, BEN), "members")
        await stores.topics.save(known)
        context, state, log = Context(Templates.load()), new_state(), []
        lines = ("ACTION: ann to publish the text", "DECISION: One licence", "DECISION: Two copies")
        for version, (kind, line) in enumerate(zip(kinds, lines, strict=False), 1):
            log.append(Message(f"m{version}", "ann", line, time=now))
            state, _ = step(state, log[-1], context)
            body = render_json.dumps(build(state, log, Meta(title="Data", topic="t1", version=version), context))
            head = f"Headline {version}"
            record = r.DocumentRecord("t1", version, "data", "Data", head, body, f"t1:{version}", kind, now)
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


@pytest_twisted.ensureDeferred
async def test_a_version_for_those_who_take_part_stays_theirs_when_a_later_one_is_for_all(site, inside):
    await inside(kinds=("members", "public", "public"))
    for key in ("", "&key=wrong"):
        browser = site.browser()
        assert (await browser.get(f"/archive/data?v=1{key}")).status == 403
        for path in ("changes?from=1&to=2", "changes?from=2&to=1", "changes?to=2", "changes?to=1", "changes?from=1"):
            page = await browser.get(f"/archive/data/{path}{key}")
            assert page.status == 404, path
            assert "to publish the text" not in page.text
        page = await browser.get(f"/archive/data/versions?x=1{key}")
        assert page.status == 200
        assert "Headline 2" in page.text
        assert "Headline 1" not in page.text
        left, seen = [f"/archive/data?x=1{key}"], set()
        while left:
            path = left.pop()
            page = await browser.get(path)
            assert page.status == 200, path
            assert "key=" not in page.text
            seen.add(path)
            links = re.findall(r'href="(/archive/data[^"]*)"', page.text)
            left += {link.replace("&amp;", "&").partition("#")[0] for link in links} - seen - set(left)
        assert {"/archive/data/changes?from=2&to=3", "/archive/data?v=2", "/archive/data/versions"} <= seen


@pytest_twisted.ensureDeferred
async def test_whoever_takes_part_reads_the_earlier_versions_of_what_is_for_all_now(site, inside):
    key = await inside(kinds=("members", "public"))
    browser = site.browser()
    newest = await browser.get(f"/archive/data?key={key}")
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/archive/data[^"]*)"', newest.text)]
    assert f"/archive/data?v=1&key={key}" in links
    assert f"/archive/data/changes?from=1&to=2&key={key}" in links
    for link in links:
        assert (await browser.get(link.partition("#")[0])).status == 200
    page = await browser.get(f"/archive/data/changes?from=1&to=2&key={key}")
    assert page.header("Cache-Control") == "private, max-age=0, must-revalidate"
    assert "Headline 1" in (await browser.get(f"/archive/data/versions?key={key}")).text


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
