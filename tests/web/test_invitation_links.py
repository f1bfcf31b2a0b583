"""Links of invitations: who follows one joins, once: an account by signing in, a stranger as a guest."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote, unquote

import pytest
import pytest_twisted
from web_site import HOST

from ccm import records as r
from ccm.session.guests import Scope
from ccm.session.tokens import Tokens
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
        topic_changes = {k: v for k, v in changes.items() if k in ("visibility", "start", "document")}
        if "topic_state" in changes:
            topic_changes["state"] = changes["topic_state"]
        known = await stores.topics.get("t1")
        revision = known.revision if known else topic.revision
        await stores.topics.save(replace(topic, revision=revision, **topic_changes))
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


GUEST = f"i-{TOKEN}@guests.{HOST}"


def entered(site, answer):
    """Guest and code in the fragment that a redirect leads to."""
    assert answer.status == 303, answer.text
    found = re.fullmatch(r"/#/guest/([^/]+)/([^/]+)/t/t1", answer.header("Location"))
    assert found, answer.header("Location")
    return unquote(found[1]), found[2]


@pytest_twisted.ensureDeferred
async def test_a_stranger_comes_in_as_a_guest_with_a_code_for_one_sign_in(site, invite, joined):
    await invite()
    jid, code = entered(site, await site.browser().fill(LINK, {"name": "Tom A"}, wait_seconds=0.2))
    assert jid == GUEST
    assert (await site.stores.accounts.get(jid)).name == "Tom A"
    assert joined == [{"invitee": f"i-{TOKEN}", "jid": GUEST}]
    kept = await site.stores.topics.invitee(f"i-{TOKEN}")
    assert (kept.state, kept.jid) == ("joined", GUEST)  # also where nobody listens to the bus
    tokens = Tokens(site.stores.tokens, site.clock.moment)
    bearer = await tokens.admit(code)
    scope = Scope.parse(bearer.scope)
    assert (bearer.jid, scope.room, scope.topic) == (GUEST, f"t1@conference.{HOST}", "t1")
    meeting = (await site.stores.topics.get("t1")).start
    assert scope.until == meeting + timedelta(minutes=60, hours=24)
    assert await tokens.admit(code) is None
    assert await site.mails() == []
    assert site.hashed == []


@pytest_twisted.ensureDeferred
async def test_the_name_is_prefilled_and_needs_no_typing(site, invite):
    await invite()
    entered(site, await site.browser().fill(LINK, {}))
    assert (await site.stores.accounts.get(GUEST)).name == "Tom Adler"


@pytest.mark.parametrize("name", ["ann VISSER", "\u0410nn Visser", "\uff21nn Visser", "Ann\u115f Visser", "AnnVisser"])
@pytest_twisted.ensureDeferred
async def test_no_guest_passes_for_somebody_who_takes_part(site, invite, name):
    await invite()
    entered(site, await site.browser().fill(LINK, {"name": name}))
    assert (await site.stores.accounts.get(GUEST)).name == f"{name} (guest)"


@pytest_twisted.ensureDeferred
async def test_everybody_who_takes_part_has_a_name_of_their_own(site, invite):
    await invite()
    crowd = [f"p{n}@{HOST}" for n in range(120)]
    for jid in crowd:
        await site.stores.accounts.create(jid, jid.partition("@")[0], None, ())
    topic = await site.stores.topics.get("t1")
    await site.stores.topics.save(replace(topic, members=(*topic.members, *crowd)))
    entered(site, await site.browser().fill(LINK, {"name": "P119"}))
    assert (await site.stores.accounts.get(GUEST)).name == "P119 (guest)"


@pytest_twisted.ensureDeferred
async def test_no_secret_is_in_a_page_nor_in_a_cookie_for_more_than_the_form(site, invite):
    await invite()
    browser = site.browser()
    answer = await browser.fill(LINK, {})
    assert answer.text == ""
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("Set-Cookie") == ""
    assert set(browser.cookies) == {"/i/"}


@pytest_twisted.ensureDeferred
async def test_a_code_ends_after_two_minutes(site, invite):
    await invite()
    _, code = entered(site, await site.browser().fill(LINK, {}))
    site.clock.advance(121)
    assert await Tokens(site.stores.tokens, site.clock.moment).admit(code) is None


@pytest_twisted.ensureDeferred
async def test_who_has_an_account_goes_on_to_sign_in_with_the_address_filled_in(site, invite, joined):
    await site.stores.accounts.create(f"kim@{HOST}", "Kim", "kim@mail.example", ())
    await invite("Kim@mail.example")
    page = await site.browser().get(LINK)
    assert 'name="name"' not in page.text
    assert f"kim@{HOST}" in page.text
    done = await site.browser().fill(LINK, {})
    assert (done.status, done.header("Location")) == (303, "/#/as/kim%40mail.example/t/t1")
    assert joined == [{"invitee": f"i-{TOKEN}", "jid": f"kim@{HOST}"}]
    kept = await site.stores.topics.invitee(f"i-{TOKEN}")
    assert (kept.state, kept.jid) == ("joined", f"kim@{HOST}")
    again = await site.browser().get(LINK)
    assert "has brought you in before" in again.text
    assert "/#/as/kim%40mail.example/t/t1" in again.text


@pytest_twisted.ensureDeferred
async def test_a_link_works_once_and_then_mails_another_one_to_its_owner(site, invite, joined):
    await invite()
    entered(site, await site.browser().fill(LINK, {"name": "Tom"}))
    back = await site.browser().get(LINK)  # the browser that came in by it goes on, any other one comes back
    assert (back.status, back.header("Location")) == (303, f"/#/back/{quote(GUEST, safe='')}/{TOKEN}/t/t1")
    page = await site.browser().get(f"{LINK}?again=1")
    assert "has brought you in before" in page.text
    answer = await site.browser().fill(f"{LINK}?again=1", {"name": "Mallory"})
    assert "A new link is on its way to tom.adler@mail.example" in answer.text
    assert len(joined) == 1
    other = await site.link()
    assert other != LINK
    assert entered(site, await site.browser().fill(other, {}))[0] == GUEST  # the same guest comes back
    assert (await site.stores.accounts.get(GUEST)).name == "Tom"


@pytest_twisted.ensureDeferred
async def test_the_browser_that_came_in_goes_on_when_the_link_has_ended(site, invite):
    await invite()
    entered(site, await site.browser().fill(LINK, {}))
    site.clock.advance(8 * 86400)
    assert (await site.browser().get(LINK)).header("Location").startswith("/#/back/")
    assert (await site.browser().get(f"{LINK}?again=1")).status == 410


@pytest.mark.parametrize(
    ("start", "stay"),
    [
        (timedelta(days=2), "Sun 4 Jan, 01:00 UTC"),
        (None, "Fri 2 Jan, 01:00 UTC"),
        (timedelta(days=-3), "Thu 1 Jan, 12:00 UTC"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_guest_stays_until_a_day_after_the_meeting_and_twelve_hours_at_least(site, invite, start, stay):
    await invite(start=start and site.clock.moment() + start)
    assert f"in this browser you stay until {stay}" in (await site.browser().get(LINK)).text
    _, code = entered(site, await site.browser().fill(LINK, {}))
    scope = Scope.parse((await Tokens(site.stores.tokens, site.clock.moment).admit(code)).scope)
    assert f"{scope.until:%a %-d %b, %H:%M} UTC" == stay


@pytest_twisted.ensureDeferred
async def test_new_links_are_mailed_three_times_a_day(site, invite):
    await invite()
    await site.browser().fill(LINK, {})
    statuses = [(await site.browser().fill(f"{LINK}?again=1", {})).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert len(await site.mails()) == 3


@pytest_twisted.ensureDeferred
async def test_of_parallel_posts_one_redeems(site, invite, joined):
    await invite()
    browsers = [site.browser() for _ in range(4)]
    tokens = [(await browser.get(LINK)).token for browser in browsers]
    fields = [{"form": token} for token in tokens]
    answers = await together(*(browser.post(LINK, typed) for browser, typed in zip(browsers, fields, strict=True)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 303]
    assert len(joined) == 1


@pytest_twisted.ensureDeferred
async def test_a_double_click_lets_in_what_it_let_in(site, invite, joined):
    await invite()
    browser = site.browser()
    form = {"form": (await browser.get(LINK)).token}
    answers = await together(browser.post(LINK, form), browser.post(LINK, form))
    assert {entered(site, answer)[0] for answer in answers} == {GUEST}
    assert len(joined) == 1


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
    assert (await browser.post("/i/late", {"form": token})).status == 410
    assert (await browser.post(LINK, {"form": token})).status == 404
    assert joined == []
    assert len(await site.stores.accounts.all()) == 1


@pytest_twisted.ensureDeferred
async def test_a_name_that_cannot_be_shown_is_asked_for_again(site, invite, joined):
    await invite()
    page = await site.browser().fill(LINK, {"name": "x" * 81})
    assert page.status == 400
    assert "at most 80 characters" in page.text
    assert joined == []


@pytest_twisted.ensureDeferred
async def test_guests_come_in_even_where_registration_is_closed(open_site, site, invite):
    closed = await open_site(registration="closed")
    await invite()
    assert (await closed.browser().fill(LINK, {})).status == 303


@pytest_twisted.ensureDeferred
async def test_a_post_from_another_site_is_refused(site, invite, joined):
    await invite()
    browser = site.browser()
    token = (await browser.get(LINK)).token
    site.clock.advance(5)
    answer = await browser.post(LINK, {"form": token}, Origin="https://evil.example")
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


@pytest.mark.parametrize("visibility", ["link", "members"])
@pytest_twisted.ensureDeferred
async def test_what_was_published_before_its_time_has_not_ended(site, invite, visibility):
    await invite(topic_state="published", document="/archive/data-portal", visibility=visibility)
    text = (await site.browser().get(LINK)).text
    assert "in 2 days. What was said so far is published already" in text
    assert "It has ended" not in text
    assert ('href="/archive/data-portal"' in text) == (visibility == "link")
    site.clock.advance(3 * 86400)
    assert "It has ended" in (await site.browser().get(LINK)).text


@pytest_twisted.ensureDeferred
async def test_a_talk_without_a_time_starts_with_the_first_guest(site, invite):
    await invite(start=None, visibility="members")
    page = await site.browser().get(LINK)
    assert "It starts when the first guest arrives" in page.text
    assert "for those who took part" in page.text


@pytest_twisted.ensureDeferred
async def test_the_page_of_a_talk_that_is_on_says_who_is_there(site, invite):
    await invite(topic_state="live")
    browser = site.browser()
    assert "There now" not in (await browser.get(LINK)).text
    site.here = {f"t1@conference.{HOST}": ("Kim", "<b>Ann</b>"), f"t2@conference.{HOST}": ("Tom",)}
    assert "There now: &lt;b&gt;Ann&lt;/b&gt;, Kim<" in (await browser.get(LINK)).text
    await invite(topic_state="planned")
    assert "There now" not in (await browser.get(LINK)).text


@pytest_twisted.ensureDeferred
async def test_the_page_says_what_is_kept_before_its_button_and_leads_people_with_accounts_on(site, invite):
    await invite(topic_state="live")
    text = (await site.browser().get(LINK)).text
    assert text.index("A reporter listens") < text.index("Join the conversation")
    assert "I have an account" in text
    assert re.search(r"It is on now</span>, planned \d\d:\d\d to \d\d:\d\d [A-Z]+<", text)
