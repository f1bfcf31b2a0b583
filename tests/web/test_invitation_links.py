"""Links of invitations: who follows one joins, an outsider with an account made on the way, once."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_twisted
from web_site import GOOD, HOST

from ccm import records as r
from ccm.testing.contracts import together

TOKEN = "token-of-the-link"
LINK = f"/i/{TOKEN}"


@pytest.fixture
def joined(site):
    """What the bus tells of those who joined."""
    heard = []
    pytest_twisted.blockon(
        pytest_twisted.defer.ensureDeferred(
            site.stores.state.subscribe("invitee-joined", lambda message: heard.append(json.loads(message)))
        )
    )
    return heard


@pytest.fixture
def invite(site):
    """Invites an address to a topic of Ann's."""

    async def make(address="tom.adler@mail.example", token=TOKEN, **changes):
        now = site.clock.moment()
        stores = site.stores
        if not stores.accounts.exists(f"ann@{HOST}"):
            await stores.accounts.create(f"ann@{HOST}", "Ann Visser", "ann@mail.example", ())
        room, members = f"t1@conference.{HOST}", (f"ann@{HOST}",)
        topic = r.Topic(
            "t1",
            "Data <portal>",
            room,
            f"ann@{HOST}",
            "planned",
            now + timedelta(days=2),
            60,
            "UTC",
            "en",
            now,
            members,
        )
        topic_changes = {k: v for k, v in changes.items() if k in ("visibility", "start")}
        if "topic_state" in changes:
            topic_changes["state"] = changes["topic_state"]
        await stores.topics.save(replace(topic, **topic_changes))
        invitee = r.Invitee(
            f"i-{token}",
            "t1",
            address,
            changes.get("name", ""),
            f"ann@{HOST}",
            changes.get("state", "offered"),
            token_hash=hashlib.sha256(token.encode()).digest(),
            expires=now + timedelta(days=7),
        )
        await stores.topics.save_invitee(invitee)

    return make


@pytest_twisted.ensureDeferred
async def test_the_page_tells_who_invites_to_what_and_when_and_uses_nothing_up(site, invite, joined):
    await invite()
    for _ in range(3):
        page = await site.browser().get(LINK)
        assert page.status == 200
    assert "Ann Visser invites you to talk about Data &lt;portal&gt;" in page.text
    assert "Sat 3 Jan, 00:00 UTC, in 2 days" in page.text
    assert page.value("name") == "Tom Adler"
    assert "for everybody" in page.text
    assert joined == []
    assert len(await site.stores.accounts.all()) == 1


@pytest_twisted.ensureDeferred
async def test_a_stranger_needs_only_a_password_and_has_a_proven_address(site, invite, joined):
    await invite()
    page = await site.browser().fill(LINK, {"name": "", "local": "", "password": GOOD})
    assert page.status == 200
    assert 'href="/#/t/t1"' in page.text
    account = await site.stores.accounts.find("tom.adler@mail.example")
    assert (account.jid, account.name) == (f"tom.adler@{HOST}", "Tom Adler")
    assert joined == [{"invitee": f"i-{TOKEN}", "jid": f"tom.adler@{HOST}"}]
    assert await site.mails() == []


@pytest_twisted.ensureDeferred
async def test_who_has_an_account_joins_with_one_button(site, invite, joined):
    await site.stores.accounts.create(f"kim@{HOST}", "Kim", "kim@mail.example", ())
    await invite("Kim@mail.example")
    page = await site.browser().get(LINK)
    assert 'name="password"' not in page.text
    assert f"kim@{HOST}" in page.text
    done = await site.browser().fill(LINK, {})
    assert done.status == 200
    assert joined == [{"invitee": f"i-{TOKEN}", "jid": f"kim@{HOST}"}]
    kept = await site.stores.topics.invitee(f"i-{TOKEN}")
    assert (kept.state, kept.jid) == ("joined", f"kim@{HOST}")  # also where nobody listens to the bus
    assert site.hashed == []


@pytest_twisted.ensureDeferred
async def test_the_same_link_twice_makes_no_second_account(site, invite, joined):
    await invite()
    await site.browser().fill(LINK, {"password": GOOD})
    again = await site.browser().get(LINK)
    assert 'name="password"' not in again.text
    assert (await site.browser().fill(LINK, {"local": "mallory", "password": "another password of four"})).status == 200
    assert len(await site.stores.accounts.all()) == 2
    assert {who["jid"] for who in joined} == {f"tom.adler@{HOST}"}
    account = await site.stores.accounts.find("tom.adler@mail.example")
    assert account.verifiers[0].stored_key == GOOD.encode()


@pytest_twisted.ensureDeferred
async def test_a_race_of_two_posts_makes_one_account_and_both_are_let_in(site, invite, joined):
    await invite()
    browsers = [site.browser() for _ in range(2)]
    tokens = [(await browser.get(LINK)).token for browser in browsers]
    site.clock.advance(5)
    typed = [{"form": token, "local": f"tom{n}", "password": GOOD} for n, token in enumerate(tokens)]
    answers = await together(*(browser.post(LINK, fields) for browser, fields in zip(browsers, typed, strict=True)))
    assert [answer.status for answer in answers] == [200, 200]
    assert len(await site.stores.accounts.all()) == 2
    assert len({who["jid"] for who in joined}) == 1


@pytest_twisted.ensureDeferred
async def test_revoked_unknown_and_expired_links_take_nobody_in(site, invite, joined):
    await invite(state="revoked")
    revoked, unknown = await site.browser().get(LINK), await site.browser().get("/i/another")
    assert revoked.status == unknown.status == 404
    assert revoked.text == unknown.text
    await invite(token="late")
    browser = site.browser()
    token = (await browser.get("/i/late")).token
    site.clock.advance(7 * 86_400 + 1)
    late = await browser.get("/i/late")
    assert late.status == 410
    assert "This link ended on 8 January" in late.text
    assert (await browser.post("/i/late", {"form": token, "password": GOOD})).status == 410
    assert (await browser.post(LINK, {"form": token, "password": GOOD})).status == 404
    assert joined == []
    assert len(await site.stores.accounts.all()) == 1


@pytest_twisted.ensureDeferred
async def test_a_taken_name_and_a_weak_password_keep_what_was_typed(site, invite, joined):
    await invite()
    page = await site.browser().fill(LINK, {"name": "Tom", "local": "ann", "password": GOOD})
    assert page.status == 400
    assert f"ann2@{HOST} is free" in page.text
    assert (page.value("name"), page.value("local")) == ("Tom", "ann")
    page = await site.browser().fill(LINK, {"name": "Tom", "local": "tom", "password": "short"})
    assert page.status == 400
    assert (page.value("name"), page.value("local"), page.value("password")) == ("Tom", "tom", "")
    assert joined == []


@pytest_twisted.ensureDeferred
async def test_an_invitation_is_taken_even_where_registration_is_closed(open_site, site, invite):
    closed = await open_site(registration="closed")
    await invite()
    assert (await closed.browser().fill(LINK, {"password": GOOD})).status == 200


@pytest_twisted.ensureDeferred
async def test_a_post_from_another_site_is_refused(site, invite, joined):
    await invite()
    browser = site.browser()
    token = (await browser.get(LINK)).token
    site.clock.advance(5)
    answer = await browser.post(LINK, {"form": token, "password": GOOD}, Origin="https://evil.example")
    assert answer.status == 400
    assert joined == []


@pytest_twisted.ensureDeferred
async def test_guesses_are_limited_by_the_minute(open_site, site, invite):
    strict = await open_site(attempts_per_minute=2)
    await invite()
    for n in range(2):
        assert (await strict.browser().get(f"/i/guess{n}")).status == 404
    assert (await strict.browser().get(LINK)).status == 429
    site.clock.advance(61)
    assert (await strict.browser().get(LINK)).status == 200


@pytest.mark.parametrize(
    ("state", "words"), [("live", "It is on now"), ("ended", "It has ended"), ("planned", "in 2 days")]
)
@pytest_twisted.ensureDeferred
async def test_the_page_says_how_the_talk_stands(site, invite, state, words):
    await invite(topic_state=state)
    assert words in (await site.browser().get(LINK)).text


@pytest_twisted.ensureDeferred
async def test_a_talk_without_a_time_starts_with_the_first_guest(site, invite):
    await invite(start=None, visibility="members")
    page = await site.browser().get(LINK)
    assert "It starts when the first guest arrives" in page.text
    assert "for those who took part" in page.text
