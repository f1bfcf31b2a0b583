"""The page behind a document's mail: a GET changes nothing, a POST leaves the answer for the reporter."""

import hashlib
import json
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

TALK = ("ACTION: ann to publish <b>the text</b> by Friday", "ACTION: ben to call", "ACTION: ann and ben to sing")
SECRET = "s3cret"


@pytest.fixture
def published(site):
    """A topic of ann and ben with a document, and ann's token."""

    async def make(visibility="public", names=("ann",), days=90):
        stores, now = site.stores, site.clock.moment()
        members = ("ann@example.org", "ben@example.org")
        topic = r.Topic(
            "t1", "Data", "t1@rooms", members[0], "published", None, 60, "UTC", "en", now, members, visibility
        )
        await stores.topics.save(topic)
        context, state, log = Context(Templates.load()), new_state(), []
        for n, text in enumerate(TALK, 1):
            log.append(Message(f"m{n}", "ann", text, time=now))
            state, _ = step(state, log[-1], context)
        document = build(state, log, Meta(title="Data", topic="t1"), context)
        body = render_json.dumps(document)
        await stores.documents.publish(r.DocumentRecord("t1", 1, "data", "Data", "", body, "t1:1", visibility, now), ())
        scope = json.dumps({"topic": "t1", "address": "ann@mail.example", "names": list(names)})
        hash_ = hashlib.sha256(SECRET.encode()).digest()
        await stores.tokens.issue(r.Token(hash_, "outcome", members[0], scope, now + timedelta(days=days), 1000))
        return topic

    return make


async def answers(site):
    return [json.loads(job.payload) for job in await site.stores.outbox.claim("outcome-answer", 10, 60)]


@pytest_twisted.ensureDeferred
async def test_the_page_shows_ones_own_actions_and_a_get_changes_nothing(site, published):
    await published()
    page = await site.browser().get(f"/outcome/{SECRET}")
    assert page.status == 200
    assert "Publish &lt;b&gt;the text&lt;/b&gt;" in page.text
    assert "A3" in page.text
    assert "Call" not in page.text
    assert "<script" not in page.text
    assert page.header("Referrer-Policy") == "no-referrer"
    for do in ("done", "not-me", "date"):
        one = await site.browser().get(f"/outcome/{SECRET}/A1?do={do}")
        assert one.status == 200
        assert 'class="btn prime big"' in one.text
    assert await answers(site) == []


@pytest_twisted.ensureDeferred
async def test_an_answer_is_left_for_the_reporter_once(site, published):
    await published()
    browser = site.browser()
    for fields in ({"do": "done"}, {"do": "done"}, {"do": "date", "due": "2027-01-05"}):
        assert (await browser.post(f"/outcome/{SECRET}/A1", fields)).status == 200
    assert (await browser.post(f"/outcome/{SECRET}/A3", {"do": "not-me"})).status == 200
    mine = {"topic": "t1", "jid": "ann@example.org"}
    assert await answers(site) == [
        {**mine, "item": "A1", "do": "done"},
        {**mine, "item": "A1", "do": "date", "due": "2027-01-05"},
        {**mine, "item": "A3", "do": "not-me"},
    ]


@pytest_twisted.ensureDeferred
async def test_what_is_not_ones_own_or_no_answer_is_refused_in_words(site, published):
    await published()
    browser = site.browser()
    assert (await browser.post(f"/outcome/{SECRET}/A2", {"do": "done"})).status == 409
    assert (await browser.post(f"/outcome/{SECRET}/A1", {"do": "rm"})).status == 400
    assert (await browser.post(f"/outcome/{SECRET}/A1", {"do": "date", "due": "tomorrow\r\n#drop A1"})).status == 400
    assert (await browser.get("/outcome/wrong")).status == 404
    assert (await browser.post("/outcome/wrong/A1", {"do": "done"})).status == 404
    assert await answers(site) == []


@pytest_twisted.ensureDeferred
async def test_who_takes_no_part_any_more_or_waits_too_long_has_a_dead_link(site, published):
    topic = await published(days=1)
    kept = await site.stores.topics.get("t1")
    await site.stores.topics.save(
        r.Topic(**{**{f: getattr(kept, f) for f in r.Topic.__slots__}, "members": topic.members[1:]})
    )
    assert (await site.browser().get(f"/outcome/{SECRET}")).status == 404
    kept = await site.stores.topics.get("t1")
    await site.stores.topics.save(
        r.Topic(**{**{f: getattr(kept, f) for f in r.Topic.__slots__}, "members": topic.members})
    )
    assert (await site.browser().get(f"/outcome/{SECRET}")).status == 200
    site.clock.advance(90_000)
    assert (await site.browser().get(f"/outcome/{SECRET}")).status == 404


@pytest_twisted.ensureDeferred
async def test_the_mails_end_with_one_post_and_come_again_if_asked(site, published):
    await published()
    browser, has = site.browser(), site.stores.suppression.has
    assert (await browser.get(f"/outcome/{SECRET}/stop")).status == 200
    assert not await has("outcome ann@mail.example")
    await browser.post(f"/outcome/{SECRET}/stop", {"List-Unsubscribe": "One-Click"})
    assert await has("outcome ann@mail.example")
    assert not await has("ann@mail.example")  # invitations are another matter
    await browser.post(f"/outcome/{SECRET}/stop", {"again": "1"})
    assert not await has("outcome ann@mail.example")
